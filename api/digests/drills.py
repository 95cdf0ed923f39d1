"""Drills of a team: the questions about its changed rules, who knows the answers, and what is known worst."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from api.database import Database, drill_results, fetch, moment_text
from api.digests.desk import Desk
from api.digests.document import DigestLine
from api.events.event import new_id
from api.guidance import NotFoundError, RequestError
from api.reader import Reader
from kb.article import is_in_force
from kb.teams import DigestPlan, Team
from retriever.snapshot import Snapshot

_OFFERED: Final = timedelta(days=30)  # for which a drill is offered after its rule was told
_KEPT: Final = 2  # tries of one reader in one version: the first, which counts, and the best of the practice after it


@dataclass(frozen=True, slots=True)
class Result:
    """What one reader answered to one drill. wrong: the numbers of the questions. score: per cent."""

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
    """The drills of every team. Safe from several threads."""

    def __init__(self, desk: Desk, database: Database) -> None:
        self._desk = desk
        self._database = database

    def offers(self, space: str, team_id: str, reader: Reader) -> list[Offer]:
        """What the reader can be drilled in, the newest first. Raises NotFoundError."""
        team, snapshot = self._desk.team(space, team_id, reader)
        own: dict[tuple[str, str], list[int]] = {}
        for it in self._results(space, team_id):
            if it.reader == reader.id:
                own.setdefault((it.article, it.version), []).append(it.score)
        found = [(line, own.get((line.id, line.blob), [])) for line in self._lines(space, team_id, team, snapshot)]
        return [
            Offer(line, max(scores, default=None), bool(scores) and scores[0] >= _needed(team), practice=bool(scores))
            for line, scores in found
        ]

    def answer(self, space: str, team_id: str, reader: Reader, article: str, version: str, answers: Sequence[int]) -> Marked:
        """Mark and keep the answers; the first try certifies. Raises NotFoundError, RequestError or StoreError."""
        team, snapshot = self._desk.team(space, team_id, reader)
        lines = self._lines(space, team_id, team, snapshot)
        line = next((line for line in lines if (line.id, line.blob) == (article, version)), None)
        if line is None:
            raise NotFoundError(f"There is no drill for {article!r} in this version. Ask for the drills again.")
        right = [question.answer for question in line.drill]
        if len(answers) != len(right):
            raise RequestError(f"answers has {len(answers)} entries; expected {len(right)}, one for each question.")
        wrong = [number for number, (given, wanted) in enumerate(zip(answers, right, strict=True)) if given != wanted]
        score = round(100 * (len(right) - len(wrong)) / len(right))
        its = {"space": space, "team": team_id, "reader": reader.id, "article": article, "version": version}
        first = self._keep(its, score, wrong)
        return Marked(score, (score if first is None else first) >= _needed(team), practice=first is not None, answers=right)

    def _keep(self, its: Mapping[str, str], score: int, wrong: Sequence[int]) -> int | None:
        """Keep a try, beside the first one the best alone; the score of the first one before it, None if there is none."""
        with self._database.writing() as connection:
            own = [drill_results.c[name] == value for name, value in its.items()]
            tries = fetch(connection, drill_results.select().where(*own).order_by(*_ORDER))
            marked, now = {"score": score, "wrong": json.dumps(wrong)}, datetime.now(UTC)
            if len(tries) < _KEPT:
                row = {"id": new_id(now), **its, **marked, "at": moment_text(now)}
                connection.execute(drill_results.insert().values(row))
            elif score > tries[-1]["score"]:
                connection.execute(drill_results.update().where(drill_results.c.id == tries[-1]["id"]).values(marked))
            return int(tries[0]["score"]) if tries else None

    def mastery(self, space: str, team_id: str, reader: Reader) -> list[Mastery]:
        """How the team knows each drill, the least known first. Raises NotFoundError."""
        team, snapshot = self._desk.team(space, team_id, reader)
        people = self._desk.people(space, team_id, team, datetime.now(UTC))
        results = self._results(space, team_id)
        found = []
        for line in self._lines(space, team_id, team, snapshot):
            its = [it for it in results if (it.article, it.version) == (line.id, line.blob)]
            firsts = [next((it.score for it in its if it.reader in person.readers), None) for person in people]
            scores = [(person.name, first) for person, first in zip(people, firsts, strict=True)]
            found.append(Mastery(line, scores, _weak(its), _needed(team)))
        return sorted(found, key=lambda it: (sum(score or 0 for _, score in it.scores), it.line.id))

    def _lines(self, space: str, team_id: str, team: Team, snapshot: Snapshot) -> list[DigestLine]:
        """The changed rules that are in force as they were told, and the team's to see, each once."""
        now = datetime.now(UTC)
        lines: dict[str, DigestLine] = {}
        for document in self._desk.documents(space, team_id, team, snapshot, since=now - _OFFERED, limit=400):
            for _, line in document.lines():
                article = snapshot.articles.get(line.id)
                if line.drill and article is not None and article.blob == line.blob and is_in_force(article, now):
                    lines.setdefault(line.id, line)
        return list(lines.values())

    def _results(self, space: str, team_id: str) -> list[Result]:
        its = (drill_results.c.space == space) & (drill_results.c.team == team_id)
        rows = self._database.rows(drill_results.select().where(its).order_by(*_ORDER))
        return [
            Result(row["reader"], row["article"], row["version"], row["score"], frozenset(json.loads(row["wrong"])))
            for row in rows
        ]


_ORDER: Final = (drill_results.c.at, drill_results.c.id)  # in which tries were made


def _needed(team: Team) -> int:
    return (team.digest or DigestPlan()).certified


def _weak(results: Sequence[Result]) -> list[tuple[int, int]]:
    """How many readers got each question wrong at their first try, the most first."""
    first: dict[str, Result] = {}
    for it in results:
        first.setdefault(it.reader, it)
    counts = Counter(number for it in first.values() for number in it.wrong)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
