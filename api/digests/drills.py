"""Drills of a team: the questions about its changed rules, who knows the answers, and what is known worst."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from api.digests.desk import Desk
from api.digests.document import DigestLine
from api.events.event import Kind
from api.events.ledger import Wanted
from api.events.records import Records
from api.guidance import NotFoundError, RequestError
from api.reader import Reader
from kb.article import is_in_force
from kb.teams import DigestPlan, Team
from retriever.snapshot import Snapshot

_OFFERED: Final = timedelta(days=30)  # for which a drill is offered after its rule was told
_COUNTS: Final = timedelta(days=365)  # what was answered earlier may be tried anew


@dataclass(frozen=True, slots=True)
class Result:
    """What one reader answered to one drill. id: of the event that says so. wrong: questions' numbers. score: per cent."""

    id: str
    reader: str
    article: str
    version: str
    score: int
    wrong: frozenset[int]


@dataclass(frozen=True, slots=True)
class Offer:
    """One drill, and the reader's best score in it, None if there is none yet. practice: a further try certifies nothing."""

    line: DigestLine
    best: int | None
    certified: bool
    practice: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """How an answer was marked. certified: by the first try. practice: it was a later one. answers: the right ones."""

    score: int
    certified: bool
    practice: bool
    answers: Sequence[int]


@dataclass(frozen=True, slots=True)
class Mastery:
    """How a team knows one drill. scores: each member's first, None for none. weak: question → how many first got it wrong."""

    line: DigestLine
    scores: Sequence[tuple[str, int | None]]
    weak: Sequence[tuple[int, int]]
    needed: int


class Drills:
    """The drills of every team. Each try that counts is an event of the space's chain, and nothing else is believed."""

    def __init__(self, desk: Desk, records: Records) -> None:
        self._desk = desk
        self._records = records

    def offers(self, space: str, team_id: str, reader: Reader) -> list[Offer]:
        """What the reader can be drilled in, the newest first. Raises NotFoundError."""
        team, snapshot = self._desk.team(space, team_id, reader)
        own = self._results(space, team_id, reader.id)
        offers = []
        for lines in self._lines(space, team_id, team, snapshot):
            tries = _of(lines, own)
            last = tries[-1].article if tries else None
            line = min(lines, key=lambda it: (it.id != last, it.lang != reader.lang))
            best = max((it.score for it in tries), default=None)
            offers.append(Offer(line, best, bool(tries) and tries[0].score >= _needed(team), practice=bool(tries)))
        return offers

    def answer(self, space: str, team_id: str, reader: Reader, article: str, version: str, answers: Sequence[int]) -> Marked:
        """Mark and keep the answers; the first try certifies. Raises NotFoundError, RequestError or StoreError."""
        team, snapshot = self._desk.team(space, team_id, reader)
        drills = self._lines(space, team_id, team, snapshot)
        found = [(line, lines) for lines in drills for line in lines if (line.id, line.blob) == (article, version)]
        if not found:
            raise NotFoundError(f"There is no drill for {article!r} in this version. Ask for the drills again.")
        line, lines = found[0]
        right = [question.answer for question in line.drill]
        if len(answers) != len(right):
            raise RequestError(f"answers has {len(answers)} entries; expected {len(right)}, one for each question.")
        wrong = [number for number, (given, wanted) in enumerate(zip(answers, right, strict=True)) if given != wanted]
        score = round(100 * (len(right) - len(wrong)) / len(right))
        tries = _of(lines, self._results(space, team_id, reader.id))
        kept = None
        if score > max((it.score for it in tries), default=-1):
            tried = {"team": team_id, "article": line.id, "version": line.blob, "score": score, "wrong": wrong}
            kept = self._records.drilled(space, reader, tried)
            tries = _of(lines, self._results(space, team_id, reader.id))  # of two at once, the chain says which was first
        return Marked(score, tries[0].score >= _needed(team), practice=tries[0].id != kept, answers=right)

    def mastery(self, space: str, team_id: str, reader: Reader) -> list[Mastery]:
        """How the team knows each drill, the least known first. Raises NotFoundError."""
        team, snapshot = self._desk.team(space, team_id, reader)
        people = self._desk.people(space, team_id, team, snapshot, datetime.now(UTC))
        results = self._results(space, team_id)
        found = []
        for lines in self._lines(space, team_id, team, snapshot):
            its = _of(lines, results)
            firsts = [next((it.score for it in its if it.reader in person.readers), None) for person in people]
            scores = [(person.name, first) for person, first in zip(people, firsts, strict=True)]
            found.append(Mastery(lines[0], scores, _weak(its), _needed(team)))
        return sorted(found, key=lambda it: (sum(score or 0 for _, score in it.scores), it.line.id))

    def _lines(self, space: str, team_id: str, team: Team, snapshot: Snapshot) -> list[list[DigestLine]]:
        """The changed rules that are in force as they were told, and the team's to see: each once, in every language."""
        now = datetime.now(UTC)
        lines: dict[str, DigestLine] = {}
        for document in self._desk.documents(space, team_id, team, snapshot, since=now - _OFFERED, limit=400):
            for _, line in document.lines():
                article = snapshot.articles.get(line.id)
                if line.drill and article is not None and article.blob == line.blob and is_in_force(article, now):
                    lines.setdefault(line.id, line)
        drills: dict[object, list[DigestLine]] = {}
        for line in lines.values():
            drills.setdefault((snapshot.articles[line.id].group, *_answers(line)), []).append(line)
        return list(drills.values())

    def _results(self, space: str, team_id: str, reader: str | None = None) -> list[Result]:
        """What was answered, of everybody or of one reader, in the order of the chain."""
        self._records.recorder.flush()
        wanted = Wanted(space, since=datetime.now(UTC) - _COUNTS, reader=reader, kind=Kind.DRILLED)
        links = ((link, link.facts()) for link in self._records.recorder.ledger.links(wanted))
        return [
            Result(link.id, link.reader, said["article"], said["version"], said["score"], frozenset(said["wrong"]))
            for link, said in links
            if said["team"] == team_id
        ]


def _of(lines: Sequence[DigestLine], results: Sequence[Result]) -> list[Result]:
    """What was answered to one drill, in whatever language."""
    texts = {(line.id, line.blob) for line in lines}
    return [it for it in results if (it.article, it.version) in texts]


def _answers(line: DigestLine) -> list[tuple[str, str]]:
    """What is asked and the right figures: the same of an article and its translation where the same changed in both."""
    return [(it.asks, "".join(filter(str.isdigit, it.options[it.answer] * (it.asks == "figure")))) for it in line.drill]


def _needed(team: Team) -> int:
    return (team.digest or DigestPlan()).certified


def _weak(results: Sequence[Result]) -> list[tuple[int, int]]:
    """How many readers got each question wrong at their first try, the most first."""
    first: dict[str, Result] = {}
    for it in results:
        first.setdefault(it.reader, it)
    counts = Counter(number for it in first.values() for number in it.wrong)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
