"""An answer as `kb search` prints it."""

from typing import Final

from rich.console import Console
from rich.text import Text

from api.fact_text import old_and_new
from api.schema import HitOut, SearchResponse
from retriever.leg import MULTILINGUAL

_INDENT: Final = 3
_ENGLISH_ONLY: Final = (
    "The multilingual model has not read every article yet. A running service goes on with it; `kb index` does it now."
)


def print_answer(response: SearchResponse) -> None:
    """What applies to all of it first, then each hit, then the leads."""
    console = Console(highlight=False)
    console.soft_wrap = not console.is_terminal  # a program wants each line whole
    scope = response.scope
    place = scope.jurisdiction or "no place"
    inferred = " (inferred)" if response.query.inferred.jurisdiction else ""
    commit = response.index.commit[:12] if response.index.commit else "working tree"
    console.print(Text(f"{place}{inferred} · tier {scope.tier} · {scope.effective_on:%Y-%m-%d} · commit {commit}", style="dim"))
    if MULTILINGUAL not in response.index.models:
        console.print(Text(_ENGLISH_ONLY, style="yellow"))
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
    _print_indented(console, Text(" · ".join(facts), style="dim"))
    snippet = Text(hit.snippet)
    for start, end in hit.highlights:
        snippet.stylize("bold", start, end)
    _print_indented(console, snippet)
    if hit.explain:
        lists = ", ".join(
            f"{name} {leg['score']} (rank {leg['rank'] or 'beyond its list'})" for name, leg in hit.explain["lists"].items()
        )
        exact = "; exact match" if hit.explain["exact"] else ""
        _print_indented(console, Text(f"fused {hit.explain['fused']} from {lists}{exact}", style="dim"))


def _print_indented(console: Console, text: Text) -> None:
    """Below a title: wrapped on a terminal, and nowhere filled up with spaces."""
    for line in text.wrap(console, console.width - _INDENT) if console.is_terminal else [text]:
        line.rstrip()
        console.print(Text(" " * _INDENT).append_text(line), soft_wrap=True)
