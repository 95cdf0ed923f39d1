"""Drills of a team: the questions about its changed rules, who knows the answers, and what is known worst."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from api.database import Database, drill_results, moment_text
from api.digests.desk import Desk
from api.digests.document import DigestLine
from api.events.event import new_id
from api.guidance import NotFoundError, RequestError
from api.reader import Reader
from kb.teams import DigestPlan, Team
from retriever.snapshot import Snapshot

_OFFERED: Final = timedelta(days=30)  # for which a drill is offered after its rule was told


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
    """One drill, and the reader's best score in it; None if there is none yet."""

    line: DigestLine
    best: int | None
    certified: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """How an answer was marked. answers: the right ones."""

    score: int
    certified: bool
    answers: Sequence[int]


@dataclass(frozen=True, slots=True)
class Mastery:
    """How a team knows one drill. scores: each member's best, None for none. weak: question → how many first got it wrong."""

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
        best = _best([it for it in self._results(space, team_id) if it.reader == reader.id])
        found = [(line, best.get((reader.id, line.id, line.blob))) for line in self._lines(space, team_id, snapshot)]
        return [Offer(line, score, score is not None and score >= _needed(team)) for line, score in found]

    def answer(self, space: str, team_id: str, reader: Reader, article: str, version: str, answers: Sequence[int]) -> Marked:
        """Mark and keep the answers. Raises NotFoundError, RequestError or StoreError."""
        team, snapshot = self._desk.team(space, team_id, reader)
        lines = self._lines(space, team_id, snapshot)
        line = next((line for line in lines if (line.id, line.blob) == (article, version)), None)
        if line is None:
            raise NotFoundError(f"There is no drill for {article!r} in this version. Ask for the drills again.")
        right = [question.answer for question in line.drill]
        if len(answers) != len(right):
            raise RequestError(f"answers has {len(answers)} entries; expected {len(right)}, one for each question.")
        wrong = [number for number, (given, wanted) in enumerate(zip(answers, right, strict=True)) if given != wanted]
        score = round(100 * (len(right) - len(wrong)) / len(right))
        now = datetime.now(UTC)
        row = {
            "id": new_id(now), "space": space, "team": team_id, "reader": reader.id, "article": article, "version": version,
            "score": score, "wrong": json.dumps(wrong), "at": moment_text(now),
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(drill_results.insert().values(row))
        return Marked(score, score >= _needed(team), right)

    def mastery(self, space: str, team_id: str, reader: Reader) -> list[Mastery]:
        """How the team knows each drill, the least known first. Raises NotFoundError."""
        team, snapshot = self._desk.team(space, team_id, reader)
        people = self._desk.people(space, team_id, team, datetime.now(UTC))
        results = self._results(space, team_id)
        best = _best(results)
        found = []
        for line in self._lines(space, team_id, snapshot):
            own = [[best.get((id_, line.id, line.blob), -1) for id_ in person.readers] for person in people]
            scores = [(person.name, max(each, default=-1)) for person, each in zip(people, own, strict=True)]
            weak = _weak([it for it in results if (it.article, it.version) == (line.id, line.blob)])
            found.append(Mastery(line, [(name, None if score < 0 else score) for name, score in scores], weak, _needed(team)))
        return sorted(found, key=lambda it: (sum(score or 0 for _, score in it.scores), it.line.id))

    def _lines(self, space: str, team_id: str, snapshot: Snapshot) -> list[DigestLine]:
        """The changed rules that are still as they were told, each once."""
        since = datetime.now(UTC) - _OFFERED
        lines: dict[str, DigestLine] = {}
        for document in self._desk.outbox.documents(space, team_id, since=since, limit=400):
            for _, line in document.lines():
                article = snapshot.articles.get(line.id)
                if line.drill and article is not None and article.blob == line.blob:
                    lines.setdefault(line.id, line)
        return list(lines.values())

    def _results(self, space: str, team_id: str) -> list[Result]:
        its = (drill_results.c.space == space) & (drill_results.c.team == team_id)
        rows = self._database.rows(drill_results.select().where(its).order_by(drill_results.c.id))
        return [
            Result(row["reader"], row["article"], row["version"], row["score"], frozenset(json.loads(row["wrong"])))
            for row in rows
        ]


def _needed(team: Team) -> int:
    return (team.digest or DigestPlan()).certified


def _best(results: Sequence[Result]) -> dict[tuple[str, str, str], int]:
    best: dict[tuple[str, str, str], int] = {}
    for it in results:
        key = (it.reader, it.article, it.version)
        best[key] = max(best.get(key, 0), it.score)
    return best


def _weak(results: Sequence[Result]) -> list[tuple[int, int]]:
    """How many readers got each question wrong at their first try, the most first."""
    first: dict[str, Result] = {}
    for it in results:
        first.setdefault(it.reader, it)
    counts = Counter(number for it in first.values() for number in it.wrong)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
