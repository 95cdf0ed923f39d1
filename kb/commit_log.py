"""What a commit's message and trailers tell: who wrote a change, who approved it, and how much they say it changes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from kb.tree import Commit


class Declared(StrEnum):
    """What a writer says of a change with a trailer `Change: …`; it goes before what the texts tell."""

    MINOR = "minor"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Touch:
    """One file in one commit: its blob before and after; None where it was not there."""

    path: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One commit of the first-parent history, and the files below the folder that it changed from its first parent."""

    commit: Commit
    parents: tuple[str, ...]
    author: str
    authored_at: datetime
    message: str
    touches: tuple[Touch, ...]

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.strip().partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Credit:
    """Who stands behind a commit.

    approvers: who is named by Reviewed-by, Approved-by or Acked-by, or who merged the request; nobody if nothing names one.
    review:    the request that the message names, as `#12` or `!12`.
    """

    authors: tuple[str, ...]
    approvers: tuple[str, ...] = ()
    review: str | None = None
    declared: Declared | None = None


_TRAILER: Final = re.compile(r"^(reviewed-by|approved-by|acked-by|co-authored-by|change):[ \t]*(\S[^\n]*?)[ \t]*$", re.I | re.M)
_GITHUB: Final = re.compile(r"Merge pull request (#\d+) from \S+")
_GITHUB_SQUASH: Final = re.compile(r"\((#\d+)\)$")
_GITLAB: Final = re.compile(r"^See merge request (?:[^\s!]*)(!\d+)$", re.M)
_APPROVING: Final = ("reviewed-by", "approved-by", "acked-by")


def credit(entry: LogEntry, merged: Sequence[LogEntry] = ()) -> Credit:
    """Who wrote and approved what the commit brought. merged: the commits that a merge brought, newest first."""
    said = [(key.casefold(), value) for each in (entry, *merged) for key, value in _TRAILER.findall(_below(each.message))]
    wrote = [each.author for each in reversed(merged)] or [entry.author]
    authors = _once([*wrote, *(_name(value) for key, value in said if key == "co-authored-by")])
    approvers = _once(_name(value) for key, value in said if key in _APPROVING)
    review = _review(entry)
    if not approvers and review and len(entry.parents) > 1 and entry.author not in authors:
        approvers = (entry.author,)
    return Credit(authors, approvers, review, _declared(entry, merged))


def _below(message: str) -> str:
    """The message without its first line."""
    return message.strip().partition("\n")[2]


def _name(text: str) -> str:
    """`Ana Ruiz <ana@example.com>` as the name alone: an address is nobody's business."""
    return re.sub(r"\s*<[^<>]*>\s*$", "", text).strip() or "somebody without a name"


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _review(entry: LogEntry) -> str | None:
    found = _GITHUB.match(entry.subject) or _GITHUB_SQUASH.search(entry.subject) or _GITLAB.search(entry.message)
    return found[1] if found else None


def _declared(entry: LogEntry, merged: Sequence[LogEntry]) -> Declared | None:
    """The commit's own word; of a merge that says none, `rule` if one of its commits says so, `minor` if each of them does."""
    own = _said(entry)
    if own is not None or not merged:
        return own
    return together([_said(each) for each in merged])


def _said(entry: LogEntry) -> Declared | None:
    values = [value.casefold() for key, value in _TRAILER.findall(_below(entry.message)) if key.casefold() == "change"]
    return next((Declared(value) for value in reversed(values) if value in set(Declared)), None)


def together(declared: Sequence[Declared | None]) -> Declared | None:
    """What several commits say of one article: `rule` if one does, `minor` only if every one does."""
    if Declared.RULE in declared:
        return Declared.RULE
    return Declared.MINOR if declared and all(each is Declared.MINOR for each in declared) else None
