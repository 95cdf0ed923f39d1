"""Front matter: from the YAML at the top of a file to checked values, with the line of every key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from typing import Annotated, ClassVar, Final, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints, TypeAdapter
from rapidfuzz import fuzz

from kb.article import Escalation, IdentityCheck, Kind, Status
from kb.language_tag import LanguageTag
from kb.problem import Problem, Severity, did_you_mean
from kb.schema import Layer
from kb.yaml import Document, Key, Value, parse_mapping

YEARS: Final = range(1900, 2201)  # of any moment: at the calendar's own ends another time zone is an error
ALIASES: Final = {
    "publishDate": "effective_from",
    "effectiveDate": "effective_from",
    "expiryDate": "effective_until",
    "aliases": "redirect_from",
}
OWN_KEYS: Final = frozenset(
    {"id", "title", "translation_of", "overrides", "supersedes", "redirect_from", "answers"}
)  # these belong to one article, so a folder cannot set them
SCOPE_KEYS: Final = ("products", "jurisdictions", "tier", "lang")

_VISIBILITY: Final = ("products", "jurisdictions", "tier", "effective_from", "effective_until", "status")
_SAME_KEY: Final = 75  # per cent alike, of `teir` and `tier`: a default would stand in for what the writer meant
_OTHER_NAMES: Final = {"draft": "status", "published": "status"}  # what other generators call it

_MARK: Final = re.compile(r"\ufeff?---[ \t]*\r?\n")
_UNCLOSED: Final = re.compile(r"\ufeff?---[ \t]*\r?\n[\w-]+:(?:\s|$)")
_END: Final = re.compile(r"(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|$)")

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
_Names = Annotated[tuple[_Text, ...], Field(min_length=1)]


def _no_truth(value: object) -> object:
    """`tier: true` is no level, though Python counts True as 1."""
    if isinstance(value, bool):
        raise ValueError("expected a whole number")  # noqa: TRY004  # pydantic explains ValueError
    return value


def _calendar_day(value: object) -> object:
    """Only a written date: pydantic would read 20260301 as seconds since 1970."""
    if not (isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value))):
        raise ValueError("expected a date such as 2026-03-01")
    return value


_Level = Annotated[int, BeforeValidator(_no_truth)]
_Day = Annotated[date, BeforeValidator(_calendar_day)]


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The closed schema. Dates are still text here: what they mean depends on the space's time zone."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    title: _Text
    products: _Names
    jurisdictions: _Names
    tier: _Level
    lang: LanguageTag
    id: _Id | None = None
    description: _Text | None = None
    kind: Kind = Kind.REFERENCE
    translation_of: _Id | None = None
    effective_from: _Text | None = None
    effective_until: _Text | None = None
    status: Status = Status.ACTIVE
    supersedes: tuple[_Id, ...] = ()
    overrides: _Id | None = None
    owner: _Text | None = None
    review_by: _Day | None = None
    keywords: tuple[_Text, ...] = ()
    answers: tuple[_Text, ...] = ()
    escalation: Escalation | None = None
    identity_check: IdentityCheck = IdentityCheck.NONE
    sources: tuple[_Text, ...] = ()
    must_read: StrictBool = False
    redirect_from: tuple[_Text, ...] = ()


KEYS: Final = tuple(entry.name for entry in fields(FrontMatter))
SCHEMA: Final = TypeAdapter(FrontMatter)


def split(text: str) -> tuple[str, str, int] | None:
    """The front matter, the body, and the line (from 1) on which the body begins; None if the file has none.

    The body is the rest of the text, unchanged. Front matter that is not closed is None too.
    """
    begun = _MARK.match(text)
    if begun is None:
        return None
    ended = _END.search(text, begun.end() - 1)
    if ended is None:
        return None
    return text[begun.end() : ended.start() + 1], text[ended.end() :], text.count("\n", 0, ended.end()) + 1


def is_unclosed(text: str) -> bool:
    """Whether the text begins with front matter that never ends: a `---`, then a key."""
    return split(text) is None and _UNCLOSED.match(text) is not None


def read_layer(path: str, yaml_text: str, *, first_line: int, defaults: bool) -> tuple[Layer, list[Problem]]:
    """Keys of one file under their own names, with what is wrong in the keys themselves.

    Raises YamlError if the text is not YAML.
    """
    document = parse_mapping(yaml_text, first_line=first_line)
    problems = []
    values: dict[str, Value] = {}
    lines = dict(document.lines)
    for name, value in document.values.items():
        key = ALIASES.get(name, name)
        line = document.line(name)
        if key not in KEYS:
            problems.append(_unknown_key(path, line, name, document.values))
        elif defaults and key in OWN_KEYS:
            message = f"{name!r} belongs to one article and cannot be a folder's default. Move it into the article."
            problems.append(Problem(path, line, "own-key", message))
        elif key in values:
            message = f"{name!r} says {key!r} a second time. Keep one of them."
            problems.append(Problem(path, line, "alias", message))
        elif value is not None:  # `key:` with nothing after it means: not said here
            values[key] = value
            lines.update({(key, *rest): at for (head, *rest), at in _keyed(document.lines) if head == name})
    return Layer(path, Document(values, lines, first_line)), problems


def _unknown_key(path: str, line: int, name: str, said: Mapping[str, Value]) -> Problem:
    """A warning; an error where the key looks like one that decides who may see the text, and no such key is there."""
    meant = _OTHER_NAMES.get(name.casefold()) or next(
        (key for key in _VISIBILITY if fuzz.ratio(name.casefold(), key) >= _SAME_KEY), None
    )
    if meant is not None and meant not in {ALIASES.get(key, key) for key in said}:
        message = f"unknown key {name!r}; expected {meant!r}, which decides who may see the text. Correct or remove it."
        return Problem(path, line, "unknown-key", message)
    message = f"unknown key {name!r} is ignored.{did_you_mean(name, (*KEYS, *ALIASES))} Correct or remove it."
    return Problem(path, line, "unknown-key", message, Severity.WARNING)


def _keyed(lines: Mapping[Key, int]) -> list[tuple[Key, int]]:
    return [(key, line) for key, line in lines.items() if key]


_EDGE = Literal["effective_from", "effective_until"]
EDGES: Final[tuple[_EDGE, ...]] = get_args(_EDGE)


def edge(key: _EDGE, text: str, zone: ZoneInfo) -> datetime | None:
    """Where an article's time begins or ends; None for always and never, which people also write as the years 1 and 9999.

    Raises ValueError as `instant` does, and for a beginning or an end that no time zone could tell.
    """
    moment = instant(text, zone)
    if moment.year in YEARS:
        return moment
    if (moment.year > YEARS[-1]) != (key == "effective_until"):
        raise ValueError(f"the year is {moment.year}; expected {YEARS[0]} to {YEARS[-1]}")
    return None


def instant(text: str, zone: ZoneInfo) -> datetime:
    """A date (midnight in the zone, when its day begins) or an RFC 3339 instant, as an aware datetime.

    Raises ValueError if the text is neither, or is an instant without an offset.
    """
    if _DAY.fullmatch(text):
        return datetime.combine(date.fromisoformat(text), time.min, zone)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return moment
