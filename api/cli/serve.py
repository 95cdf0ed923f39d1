"""`kb serve`."""

import sys
from typing import Annotated, Final

import typer

from api.cli.logs import log_as_json
from api.cli.options import FolderOption, KbOption, RefOption, RepoOption, settings_of
from api.listening import hold, listen
from api.shared_folder import shared_folder
from api.workers import ALONE, Crew

SWITCH_SECONDS: Final = 0.0005  # a question that comes back from numpy or a model waits so long for an update's thread


def serve(
    host: Annotated[str | None, typer.Option(help="Address to serve on; only loopback without tokens. [KB_HOST]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on; 0 lets the system choose. [KB_PORT]")] = None,
    repo: RepoOption = None,
    ref: RefOption = None,
    folder: FolderOption = None,
    kb: KbOption = None,
) -> None:
    """Index the articles and answer questions over HTTP, on this machine only, until stopped.

    If the newest commit has errors, what was served before keeps serving, and /readyz says why.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    settings = settings_of(repo, ref, folder, kb, host=host, port=port)
    worker, listening = ALONE, (listen if settings.workers == 1 else hold)(settings.host, settings.port)
    log_as_json()
    if settings.workers > 1:
        worker = Crew(settings.workers, shared_folder(settings.data_dir)).divide()
        listening = listen(settings.host, listening.getsockname()[1], shared=True)

    from api.cli.worker import answer  # not before: onnxruntime starts a thread, with which no process can be divided

    answer(worker, settings, listening)
