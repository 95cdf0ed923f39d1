"""Changes for people: as lines for a terminal, and as Markdown."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from api.fact_schema import FactOut
from api.fact_text import NOTHING, old_and_new
from api.past_schema import ChangeOut, CommitOut, MomentOut, VersionOut

_ALIKE: Final = 5  # articles of which the same is told, from which on it is told once


def as_lines(old: MomentOut, new: MomentOut, changes: Sequence[ChangeOut]) -> list[str]:
    """What matters most first: one article, its facts old and new, who stands behind it."""
    lines = [headline(old, new, changes)]
    for alike in _together(changes):
        change, named = alike[0], [f"{change.title} [{change.id}, {change.lang}]" for change in alike]
        alone = len(alike) == 1
        lines += ["", f"{change.severity.upper()}  {named[0] if alone else f'{len(alike)} articles, alike'}"]
        lines += [f"  {detail}" for detail in details(change)]
        lines += [] if alone else [f"    {name}" for name in named]
    return lines


def as_markdown(old: MomentOut, new: MomentOut, changes: Sequence[ChangeOut]) -> list[str]:
    """The same as Markdown; text of articles is escaped, so that it is only text."""
    lines = [f"# {headline(old, new, changes)}"]
    for alike in _together(changes):
        change, alone = alike[0], len(alike) == 1
        lines += [
            "",
            f"## {change.severity.capitalize()}: {escaped(change.title) if alone else f'{len(alike)} articles, alike'}",
            "",
        ]
        lines += [f"`{change.id}` · {change.lang}", ""] if alone else []
        lines += [f"- {escaped(detail)}" for detail in details(change)]
        lines += [] if alone else ["", *(f"- {escaped(change.title)} `{change.id}` · {change.lang}" for change in alike)]
    return lines


def _together(changes: Sequence[ChangeOut]) -> Iterator[list[ChangeOut]]:
    """The changes in their order, with those of which the same is to be told as one: a deletion of 500 is one piece of news."""
    alike: dict[tuple[str, ...], list[ChangeOut]] = defaultdict(list)
    for change in changes:
        alike[(change.severity, *details(change))].append(change)
    for change in changes:
        group = alike[(change.severity, *details(change))]
        if len(group) < _ALIKE:
            yield [change]
        elif group[0] is change:
            yield group


def headline(old: MomentOut, new: MomentOut, changes: Sequence[ChangeOut]) -> str:
    """The window, and how much happened in it."""
    counts = ", ".join(f"{sum(c.severity == name for c in changes)} {name}" for name in ("rule", "clarified", "editorial"))
    window = f"{_utc(old.at)} ({old.commit[:12]}) to {_utc(new.at)} ({new.commit[:12]})"
    return f"{window}: {len(changes)} article{'' if len(changes) == 1 else 's'}: {counts}"


def details(change: ChangeOut) -> list[str]:
    """What happened to one article, line by line."""
    declared = "; its commits say how much it matters" if change.declared else ""
    return [
        f"{', '.join(change.events)}{declared}",
        *map(fact_line, change.facts),
        *(f"{field.name}: {field.old or NOTHING} → {field.new or NOTHING}" for field in change.fields),
        *([f"superseded by {', '.join(change.superseded_by)}"] if change.superseded_by else []),
        *(f"{lag.id} ({lag.lang}) is behind: {'; '.join(map(old_and_new, lag.facts))}" for lag in change.behind),
        *map(commit_line, change.commits),
    ]


def fact_line(fact: FactOut) -> str:
    """One fact old and new, and where it stands."""
    where = f" ({' > '.join(fact.heading)})" if fact.heading else ""
    return f"{old_and_new(fact)}{where}"


def commit_line(commit: CommitOut) -> str:
    """One commit: when, by whom, approved by whom."""
    approved = f", approved by {', '.join(commit.approvers)}" if commit.approvers else ""
    review = f" ({commit.review})" if commit.review else ""
    return f"{_utc(commit.at)} {commit.commit[:12]} by {', '.join(commit.authors)}{approved}{review}"


def _utc(at: datetime) -> str:
    """Commits, dates and authors are of many time zones; side by side only one can be compared."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}Z"


def version_lines(version: VersionOut, subject: str) -> list[str]:
    """One version: number, commit, who, what changed."""
    commit = CommitOut(
        commit=version.commit, at=version.at, authors=version.authors, approvers=version.approvers, review=version.review
    )
    current = "  CURRENT" if version.current else ""
    lines = [f"version {version.number}  {commit_line(commit)}{current}"]
    declared = ", as its commit says" if version.declared else ""
    lines += [f"  {subject}", f"  {version.severity}{declared}: {', '.join(version.events)}"]
    lines += [f"  {fact_line(fact)}" for fact in version.facts]
    return lines + [f"  {field.name}: {field.old or NOTHING} → {field.new or NOTHING}" for field in version.fields]


def escaped(text: str) -> str:
    """The text as Markdown that shows it and does nothing else."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|" else char for char in " ".join(text.split()))


def joined(lines: Iterable[str]) -> str:
    """The lines without control characters: what an article or a commit says must not drive a terminal."""
    return "\n".join("".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line) for line in lines)
