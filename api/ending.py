"""The signals that end the service, and an end by one of them: what called it sees the same as if nothing had been closed."""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
LONGEST: Final = 20.0  # seconds for what is being answered, and for closing what is open


def end_by(wanted: int) -> NoReturn:
    """End as the signal ends a process that does not know it: the caller learns which one it was."""
    sys.stdout.flush()
    sys.stderr.flush()
    signal.signal(wanted, signal.SIG_DFL)
    signal.raise_signal(wanted)
    os._exit(128 + wanted)  # the first process of a container is not ended by a signal of its own


def end_children() -> None:
    """End the programs that were started: the service is no more, and git may wait for another machine for long."""
    for child in children(os.getpid()):
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)


def children(process: int) -> list[int]:
    """What a process has started; nothing of a thread, or of a process, that is gone."""
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):  # it has ended since it was listed
                found += map(int, (thread / "children").read_text().split())
    return found
