"""Content rules for the parts of one article: fenced blocks, and trees of steps."""

from collections.abc import Iterator, Sequence
from typing import Final

from kb.article import BlockKind, PartScope, Step
from kb.article_file import Entry
from kb.jurisdiction import narrow
from kb.problem import Problem, did_you_mean
from kb.shelf import Shelf
from kb.steps import check_tree
from kb.taxonomy import Taxonomy

_NAMELESS: Final = (BlockKind.SAY, BlockKind.DONT_SAY, BlockKind.INTERNAL)


def block_arguments(shelf: Shelf) -> Iterator[Problem]:
    """`:::tier` names a tier above the article's, `:::only` places inside the article's."""
    taxonomy = shelf.taxonomy
    for entry in shelf.entries:
        article = entry.article
        for block in article.blocks:
            if block.kind is BlockKind.TIER and block.argument not in map(str, taxonomy.tiers):
                tiers = ", ".join(map(str, taxonomy.tiers))
                yield _at(entry, block.start, "block-tier", f"`:::tier {block.argument}`; expected one of {tiers}.")
            elif block.kind is BlockKind.ONLY:
                yield from _check_only(entry, block.argument.split(), block.start, taxonomy)
            elif block.kind in _NAMELESS and block.argument:
                message = f"`:::{block.kind} {block.argument}`; expected nothing after the name. Put the text on its own line."
                yield _at(entry, block.start, "block-argument", message)


def _check_only(entry: Entry, places: Sequence[str], start: int, taxonomy: Taxonomy) -> Iterator[Problem]:
    if not places:
        yield _at(entry, start, "block-only", "`:::only` names no place; expected codes, as in `:::only US-CA CA-QC`.")
    for place in places:
        if place not in taxonomy.jurisdictions:
            near = did_you_mean(place, taxonomy.jurisdictions)
            yield _at(
                entry,
                start,
                "block-only",
                f"jurisdiction {place!r} is not known.{near} Correct it, or add it to kb.yml.",
            )
        elif not narrow(entry.article.scope.jurisdictions, frozenset({place})):
            own = ", ".join(sorted(entry.article.scope.jurisdictions))
            message = f"`:::only {place}` lies outside the article's own places ({own}), so nobody would see it. Correct one."
            yield _at(entry, start, "block-only", message)


def step_trees(shelf: Shelf) -> Iterator[Problem]:
    """Every guided path ends in a resolution or an escalation."""
    for entry in shelf.entries:
        starts = {block.argument: block.start for block in entry.article.blocks if block.kind is BlockKind.STEP}
        for name, complaint in check_tree(entry.article.steps, list(shelf.taxonomy.queues)):
            yield _at(entry, starts.get(name, 0), "step-tree", complaint)
        for name, complaint in _hidden_ends(entry.article.steps):
            yield _at(entry, starts.get(name, 0), "step-hidden", complaint)


def _hidden_ends(steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    """Answers whose reader may not see the step they lead to: the path would end in nothing, and hint at what is hidden."""
    by_name = {step.name: step for step in steps}
    for step in steps:
        for answer in step.answers:
            target = by_name.get(answer.step or "")
            if target is not None and not _covers(target.scope, step.scope):
                message = (
                    f"step {step.name!r} leads to {target.name!r}, which not everybody who sees the one may see. "
                    "Put both into the same `:::tier` or `:::only` part, or escalate instead."
                )
                yield step.name, message


def _covers(outer: PartScope, inner: PartScope) -> bool:
    return outer.tier <= inner.tier and narrow(outer.jurisdictions, inner.jurisdictions) == inner.jurisdictions


def _at(entry: Entry, offset: int, rule: str, message: str) -> Problem:
    """A problem at an offset of the body."""
    body = entry.article.body
    first_line = entry.first_line
    return Problem(entry.article.path, first_line + body.count("\n", 0, offset), rule, message)
