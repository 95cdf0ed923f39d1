"""`kb search`."""

from dataclasses import replace
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from api.answering import respond
from api.cli.options import FolderOption, JsonOption, KbOption, RefOption, RepoOption, SpaceOption, WorktreeOption, settings_of
from api.cli.progress import announce, watching
from api.composition import begin_loading, open_models, open_space, spaces_of
from api.fact_text import old_and_new
from api.guidance import Guidance, RequestError
from api.live import LiveSpace
from api.reader import LOOPBACK
from api.schema import HitOut, SearchQuery, SearchResponse
from api.space_config import chosen
from retriever.language import language_of


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
    """Rank the guidance in force for an issue. Indexes the commit first if it is not indexed yet."""
    settings = settings_of(repo, ref, folder, kb)
    name = chosen(spaces_of(settings), space)
    query = parse_query(
        space=name, q=text, products=product, jurisdiction=jurisdiction, tier=tier, lang=lang, limit=limit, as_of=as_of,
        effective_on=effective_on, explain=explain,
    )  # fmt: skip
    models = open_models(settings, announce)
    begin_loading(models, language_of(query.q))
    opened = open_space(settings, models, name)
    with watching() as watch:
        tip = None if worktree else opened.tip()
        snapshot = opened.working_snapshot(watch) if tip is None else opened.at_hand(tip) or opened.snapshot(tip, watch)
    guidance = Guidance({name: LiveSpace.held(opened, snapshot)}, models)
    response = respond(query, replace(LOOPBACK, spaces=frozenset({name})), guidance)
    if json_:
        typer.echo(response.model_dump_json())
    else:
        _print(response)


def _print(response: SearchResponse) -> None:
    console = Console(highlight=False, soft_wrap=False)
    scope = response.scope
    place = scope.jurisdiction or "no place"
    inferred = " (inferred)" if response.query.inferred.jurisdiction else ""
    commit = response.index.commit[:12] if response.index.commit else "working tree"
    console.print(Text(f"{place}{inferred} · tier {scope.tier} · {scope.effective_on:%Y-%m-%d} · commit {commit}", style="dim"))
    if response.query.redacted:
        kinds = ", ".join(kind.replace("_", " ") for kind in response.query.redacted)
        console.print(Text(f"Struck out before it was searched: {kinds}. Searched: {response.query.text}", style="yellow"))
    if response.query.mended:
        read = ", ".join(f"{typed} as {other}" for typed, other in response.query.mended.items())
        console.print(Text(f"Read {read}.", style="dim"))
    if response.reason:
        console.print(Text(response.reason, style="yellow"))
    if response.varies_by_jurisdiction:
        console.print(Text(f"Differs by place: {', '.join(response.varies_by_jurisdiction)}. Ask for one.", style="yellow"))
    if response.above_tier:
        to = f" Escalate to {response.above_tier.escalate_to}." if response.above_tier.escalate_to else ""
        console.print(Text(f"{response.above_tier.message}{to}", style="yellow"))
    for number, hit in enumerate(response.hits, 1):
        _print_hit(console, number, hit)
    for lead in response.leads:
        console.print(Text(f"Outside your scope ({'; '.join(lead.outside)}): {lead.title} [{lead.id}]", style="dim"))


def _print_hit(console: Console, number: int, hit: HitOut) -> None:
    console.print()
    console.print(Text.assemble((f"{number}. ", "bold"), (hit.title, "bold"), (f"  {hit.score:.2f}", "dim")))
    facts = [hit.id, hit.jurisdiction.why, *([" > ".join(hit.heading)] if hit.heading else [])]
    if hit.translation.state == "behind":
        lacks = "; ".join(old_and_new(fact) for fact in hit.translation.facts)
        facts.append(f"its source has changed since it was translated{f': {lacks}' if lacks else ''}")
    if hit.review.state == "overdue":
        facts.append(f"review was due on {hit.review.by}")
    console.print(Padding(Text(" · ".join(facts), style="dim"), (0, 0, 0, 3)))
    snippet = Text(hit.snippet)
    for start, end in hit.highlights:
        snippet.stylize("bold", start, end)
    console.print(Padding(snippet, (0, 0, 0, 3)))
    if hit.explain:
        lists = ", ".join(
            f"{name} {leg['score']} (rank {leg['rank'] or 'beyond its list'})" for name, leg in hit.explain["lists"].items()
        )
        exact = "; exact match" if hit.explain["exact"] else ""
        console.print(Padding(Text(f"fused {hit.explain['fused']} from {lists}{exact}", style="dim"), (0, 0, 0, 3)))


def parse_query(**values: object) -> SearchQuery:
    """The same checks as over HTTP. Raises RequestError with every value that does not fit."""
    try:
        return SearchQuery.model_validate(values)
    except ValidationError as error:
        said = [f"{'.'.join(map(str, d['loc']))}: {d['msg'].removeprefix('Value error, ')}" for d in error.errors()]
        raise RequestError("; ".join(said)) from None
