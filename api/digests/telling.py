"""The sentences of a digest, the same in every channel: what changed from what to what, where, and who did it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from api.digests.document import DigestDocument, DigestFact, DigestLine, DigestSection
from api.digests.words import LANGUAGES, say
from kb.changes import Event
from kb.jurisdiction import ALL, place_name

MOST_LISTED: Final = 25  # articles of one list in a message; the page has more
_MOST_FACTS: Final = 8  # of one article
_MOST_PLACES: Final = 4
_LONGEST_FACT: Final = 200  # characters: a sentence to be said word for word can be long
_ENDINGS: Final = (Event.REMOVED, Event.RETIRED, Event.EXPIRED, Event.WITHDRAWN)
_SUBJECT: Final = 5  # lists that a subject names


@dataclass(frozen=True, slots=True)
class Figure:
    """What changed: what is now, what was, the sentence that says it, and what it is; empty where there is none."""

    text: str
    sentence: str = ""
    label: str = ""
    old: str = ""

    @property
    def labelled(self) -> str:
        """The figure, old → new, with the words before it."""
        changed = f"{self.old} → {self.text}" if self.old else self.text
        return f"{self.label}: {changed}" if self.label else changed

    def __str__(self) -> str:
        return f"{self.labelled}: “{self.sentence}”" if self.sentence else self.labelled


@dataclass(frozen=True, slots=True)
class Told:
    """One article in words. where, who, shown: what stands around its figures; empty where nothing is to be said."""

    name: str
    line: DigestLine
    title: str
    figures: tuple[Figure, ...]
    where: str
    who: str
    shown: str


def headline(document: DigestDocument) -> str:
    """What happened, in one line: the subject of a message."""
    lang = document.lang
    parts = [say(lang, f"n_{section.name}", section.found) for section in document.sections]
    if not parts and document.reworded:
        parts = [reworded(document)]
    shown = ", ".join(parts[:_SUBJECT]) or say(lang, "nothing")
    return f"{document.team_name}: {shown}"


def window(document: DigestDocument) -> str:
    """From when to when, in the team's own time."""
    zone = ZoneInfo(document.time_zone)
    old, new = (_local(moment, zone) for moment in (document.from_.at, document.to.at))
    return f"{say(document.lang, 'window', old=old, new=new)} ({document.time_zone})"


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def reworded(document: DigestDocument) -> str:
    """How many articles only have other words; empty if none."""
    return say(document.lang, "n_reworded", document.reworded) if document.reworded else ""


def remarks(document: DigestDocument) -> list[str]:
    """What is only counted."""
    told = say(document.lang, "n_told", document.told) if document.told else ""
    return [remark for remark in (reworded(document), told) if remark]


def title_of(section: DigestSection, lang: str) -> str:
    """The list's title, with how many there are."""
    return f"{say(lang, section.name)} ({section.found})"


def beyond(section: DigestSection, lang: str, most: int = MOST_LISTED) -> str:
    """What is said of the articles that are not listed; empty if all are."""
    left = section.found - min(most, len(section.lines))
    if left <= 0:
        return ""
    counts = dict(section.by_product)
    for line in section.lines[most:]:
        for product in line.products:
            counts[product] = counts.get(product, 0) + 1
    shown = ", ".join(
        f"{product} {count}" for product, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:6]
    )
    return f"{say(lang, 'more', left)}{f' ({shown})' if shown else ''}"


def told(document: DigestDocument, section: DigestSection, most: int = MOST_LISTED) -> list[Told]:
    """The articles of a list in words."""
    return [_told(document, section.name, line) for line in section.lines[:most]]


def _told(document: DigestDocument, name: str, line: DigestLine) -> Told:
    lang = document.lang
    figures = [*map(Figure, _edges(name, line, lang))]
    figures += [_figure(fact, lang, behind=name == "behind") for fact in line.facts[:_MOST_FACTS]]
    if len(line.facts) > _MOST_FACTS:
        figures.append(Figure(say(lang, "more", len(line.facts) - _MOST_FACTS)))
    figures += [Figure(field.new or "–", old=field.old or "–", label=_field(field.name, lang)) for field in line.fields]
    if line.waits_for:
        figures.append(Figure(say(lang, "waits", names=", ".join(line.waits_for))))
    where = " · ".join(
        [places(line.places, lang), say(lang, "level", tier=line.tier), *([line.lang] if line.lang != lang else [])]
    )
    who = ", ".join(part for part in (_by(line, lang), _approved(line, lang)) if part)
    shown = say(lang, "shown_you" if document.personal else "shown", line.shown) if line.shown else ""
    return Told(name, line, line.title, tuple(figures), where, who, shown)


def _edges(name: str, line: DigestLine, lang: str) -> Iterable[str]:
    phrase = {"today": "from", "coming": "from", "ending": "until", "overdue": "due"}.get(name, line.edge)
    if phrase and line.on:
        yield say(lang, phrase, on=line.on)
    if line.superseded_by:
        yield say(lang, "superseded", ids=", ".join(line.superseded_by))
    elif name in ("ended", "resolved"):
        yield from (say(lang, event) for event in _ENDINGS if event in line.events)


def _figure(fact: DigestFact, lang: str, *, behind: bool) -> Figure:
    old, new = (_short(text) for text in (fact.old, fact.new))
    where = f" ({fact.heading[-1]})" if not fact.sentence and fact.heading else ""
    label = say(lang, "lacks") if behind else ""
    if old and new:
        return Figure(f"{new}{where}", fact.sentence or "", label, old)
    alone = f"{say(lang, 'new')}: {new}" if new else f"{say(lang, 'gone')}: {old}"
    return Figure(f"{alone}{where}", fact.sentence or "", label)


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LONGEST_FACT else f"{text[:_LONGEST_FACT].rstrip()}…"


def _field(name: str, lang: str) -> str:
    return say(lang, name) if name in LANGUAGES["en"] else name


def places(codes: Iterable[str], lang: str) -> str:
    """The places by their names; beyond a few, counted."""
    names = [say(lang, "everywhere") if code == ALL else place_name(code, lang) for code in codes]
    left = len(names) - _MOST_PLACES
    return ", ".join(names[:_MOST_PLACES]) + (f" {say(lang, 'more', left)}" if left > 0 else "")


def _by(line: DigestLine, lang: str) -> str:
    return say(lang, "by", names=", ".join(line.authors)) if line.authors else ""


def _approved(line: DigestLine, lang: str) -> str:
    return say(lang, "approved", names=", ".join(line.approvers)) if line.approvers else ""
