"""What is wrong in an article, where, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz, process


class Severity(StrEnum):
    """An error keeps a push from going live; a warning is only said."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding in one file. `line` counts from 1; `rule` is a stable name for machines."""

    path: str
    line: int
    rule: str
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        label = "" if self.severity is Severity.ERROR else "warning: "
        return f"{self.path}:{self.line}: {label}{self.message}"


def did_you_mean(value: object, known: Iterable[str]) -> str:
    """A sentence with the one or two nearest known values, ending in a space-free full stop; empty if none is near."""
    near = process.extract(str(value), sorted(known), scorer=fuzz.ratio, processor=str.casefold, limit=2, score_cutoff=60)
    if not near:
        return ""
    return f" Did you mean {' or '.join(repr(choice) for choice, _, _ in near)}?"


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Only the problems that keep a push from going live, in file and line order."""
    return sorted(problem for problem in problems if problem.severity is Severity.ERROR)
