"""`kb search`."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import FolderOption, JsonOption, KbOption, RefOption, RepoOption, SpaceOption, WorktreeOption, settings_of

if TYPE_CHECKING:
    from api.schema import SearchQuery
    from retriever.snapshot import Snapshot


def search(
    text: Annotated[str, typer.Argument(help="The customer's issue in a few words.")],
    product: Annotated[list[str] | None, typer.Option("--product", help="Product; may be given several times.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="Where the customer is, as US or US-CA.")] = None,
    tier: Annotated[int | None, typer.Option(help="Agent level to ask at. Default: the lowest.")] = None,
    lang: Annotated[str | None, typer.Option(help="Language to show articles in. Default: the question's.")] = None,
    limit: Annotated[int, typer.Option(help="Most articles to return, 1 to 50.")] = 10,
    as_of: Annotated[str | None, typer.Option(help="What was live then: a date, an instant, or a commit id.")] = None,
    effective_on: Annotated[str | None, typer.Option(help="Which day's rules apply: a date or an instant.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show how each hit came to its place.")] = False,
    json_: JsonOption = False,
    repo: RepoOption = None,
    ref: RefOption = None,
    folder: FolderOption = None,
    kb: KbOption = None,
    space: SpaceOption = None,
    worktree: WorktreeOption = False,
) -> None:
    """Rank the guidance in force for an issue. Indexes the commit first if it is not indexed yet.

    If the newest commit has errors, what was served before answers. Where much is to be indexed, only the English model
    reads it before the answer. The figure behind a title is its score: 0 to 1, to be compared within one answer only.
    """
    query = _query(
        q=text, products=product, jurisdiction=jurisdiction, tier=tier, lang=lang, limit=limit, as_of=as_of,
        effective_on=effective_on, explain=explain,
    )  # fmt: skip
    settings = settings_of(repo, ref, folder, kb)
    from api.cli.progress import announce, watching  # here and below, because whoever mistyped something waits for none of it
    from api.composition import open_space, require_commit, space_name
    from api.loading import load_for_question, open_models

    name = space_name(settings, space)
    if not worktree:
        require_commit(settings, name)
    models = open_models(settings, announce)
    opened = open_space(settings, models, name)
    load_for_question(models, text)

    from api.answering import respond
    from api.guidance import Guidance
    from api.last_live import newest_good
    from api.live import LiveSpace
    from api.reader import LOOPBACK

    with watching() as watch:
        snapshot, refused = (
            (opened.snapshots.working_tree(watch, soonest=True), None) if worktree else newest_good(opened, watch)
        )
    if refused is not None:
        typer.echo(_instead(snapshot, refused), err=True)
    guidance = Guidance({name: LiveSpace.held(opened, snapshot)}, models)
    query = query.model_copy(update={"space": name})
    response = respond(query, replace(LOOPBACK, spaces=frozenset({name})), guidance)
    if json_:
        typer.echo(response.model_dump_json())
    else:
        from api.cli.answer import print_answer

        print_answer(response)


def _instead(snapshot: "Snapshot", refused: Exception) -> str:
    """Why the newest commit does not answer, and which one does."""
    from kb.errors import ContentError

    answers = f"{(snapshot.manifest.commit or '')[:12]} answers instead"
    if isinstance(refused, ContentError):
        return f"The newest commit has {refused.counted} and is not served: {answers}. `kb check` tells where."
    return f"The newest commit is not served: {answers}. {refused}"


def _query(**values: object) -> "SearchQuery":
    """The same checks as over HTTP. Raises RequestError with every value that does not fit."""
    from pydantic import ValidationError

    from api.guidance import RequestError
    from api.schema import SearchQuery
    from api.unfit_values import told, unfit_values

    try:
        return SearchQuery.model_validate(values)
    except ValidationError as error:
        raise RequestError(told(unfit_values(error.errors()))) from None
