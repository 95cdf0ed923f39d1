"""What a team has been told, who has read it, and what each of its readers was shown: the use cases of its pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from api.access import Action, may
from api.database import Database
from api.digests.document import DigestDocument, DigestLine
from api.digests.exposure import Exposure, Showings, in_every_language
from api.digests.outbox import Outbox
from api.digests.roster import STAYS, Person, known_readers, roster
from api.digests.sight import as_seen
from api.events.ledger import Ledger
from api.events.readers_table import met_in
from api.events.readings_table import Reading, acknowledged, readers_of
from api.guidance import Ask, Guidance, NotFoundError
from api.membership import belongs, high_enough
from api.must_read import MustRead, must_reads
from api.reader import Reader
from api.token_table import all_tokens
from kb.teams import Team
from retriever.scope import Scope
from retriever.snapshot import Snapshot

REMINDED: Final = timedelta(days=14)  # a team is reminded of what it was told to acknowledge for so long
_REMINDERS: Final = tuple(timedelta(days=days) for days in (1, 3, 7))  # after it was told, if nothing else is new meanwhile
_TOLD: Final = timedelta(days=365)  # what was told earlier has to be acknowledged no more


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One article that a team has to acknowledge. read: by whom and when; waiting: who has not."""

    wanted: MustRead
    read: Sequence[tuple[str, datetime]]
    waiting: Sequence[str]


@dataclass(frozen=True, slots=True)
class Unread:
    """What somebody has not acknowledged yet. at: when the team was told of it."""

    line: DigestLine
    at: datetime

    def reminds(self, since: datetime, until: datetime) -> bool:
        """Whether this window is one of those in which the team is reminded even if nothing else is new."""
        return any(since < self.at + gap <= until for gap in _REMINDERS)


class Desk:
    """Digests as their readers meet them. Safe from several threads."""

    def __init__(self, guidance: Guidance, database: Database) -> None:
        self._guidance = guidance
        self._database = database
        self.outbox = Outbox(database)
        self.exposure = Exposure(Ledger(database))

    def team(self, space: str, team_id: str, reader: Reader) -> tuple[Team, Snapshot]:
        """A team whose digests the reader may see: one's own, or any for who has insight; of one's own tier.

        Raises NotFoundError for all others alike.
        """
        view = self._guidance.view(Ask("", space=space), reader)
        taxonomy = view.snapshot.library.taxonomy
        team = taxonomy.teams.get(team_id)
        if team is not None and high_enough(reader, team, taxonomy):
            mine = belongs(reader, team_id, team, taxonomy)
            if mine or may(reader.role, Action.INSIGHTS):
                return team, view.snapshot
        raise NotFoundError(f"There is no team {team_id!r} whose digests you may read.")

    def past(self, space: str, team_id: str, reader: Reader, limit: int) -> list[DigestDocument]:
        """What the team was told, newest first, with how often the reader was shown each article. Raises NotFoundError."""
        team, snapshot = self.team(space, team_id, reader)
        showings = in_every_language(self.exposure.showings(space, {reader.id}, datetime.now(UTC)), snapshot)
        documents = self.documents(space, team_id, team, snapshot, limit=limit)
        return [_for(document.without_drills(), showings) for document in documents]

    def documents(
        self, space: str, team_id: str, team: Team, snapshot: Snapshot, *, since: datetime | None = None, limit: int
    ) -> list[DigestDocument]:
        """What the team was told, newest first, as far as it may see it now."""
        found = self.outbox.documents(space, team_id, since=since, limit=limit)
        return [seen for document in found if (seen := as_seen(document, team, snapshot))]

    def told(self, space: str, teams: Sequence[str]) -> frozenset[tuple[str, str]]:
        """The (article, version) that these teams were told to acknowledge."""
        since = datetime.now(UTC) - _TOLD
        documents = (it for team in teams for it in self.outbox.documents(space, team, since=since, limit=400))
        return frozenset(
            (line.id, line.version) for it in documents for _, line in it.lines() if line.must_read and line.version
        )

    def acknowledgements(self, space: str, team_id: str, team: Team, snapshot: Snapshot) -> list[Acknowledgement]:
        """What the team has to acknowledge as it stands now, and who has."""
        now = datetime.now(UTC)
        scope = Scope(None, None, team.tier, now)
        wanted = list(must_reads(snapshot, scope, [team], team.lang("en"), self.told(space, [team_id])))
        done = acknowledged(self._database, space, sorted({version for it in wanted for version in it.versions}))
        people = self.people(space, team_id, team, snapshot, now)
        return [_acknowledgement(it, done, people) for it in wanted]

    def people(self, space: str, team_id: str, team: Team, snapshot: Snapshot, now: datetime) -> list[Person]:
        """The team's members."""
        met, read = met_in(self._database, space), readers_of(self._database, space, now - STAYS)
        known = known_readers(space, all_tokens(self._database), met, read, now)
        return roster(team_id, team, snapshot.library.taxonomy, known)

    def showings(self, space: str, team_id: str, team: Team, snapshot: Snapshot, now: datetime) -> Showings:
        """What was shown to the team's members."""
        readers = {reader for person in self.people(space, team_id, team, snapshot, now) for reader in person.readers}
        return in_every_language(self.exposure.showings(space, readers, now), snapshot)

    def unread(self, space: str, team_id: str, team: Team, snapshot: Snapshot, now: datetime) -> list[Unread]:
        """What the team was told to acknowledge lately and somebody has not: what it is reminded of."""
        told = {}
        for document in self.outbox.documents(space, team_id, since=now - REMINDED, limit=400):  # what told it first goes last
            told.update({(it.id, it.version): (it, document.to.at) for _, it in reversed(document.lines()) if it.must_read})
        if not told:
            return []
        waiting = {
            version: it.waiting
            for it in self.acknowledgements(space, team_id, team, snapshot)
            for version in it.wanted.versions
        }
        found = [(line, at, waiting.get((name, version or ""), ())) for (name, version), (line, at) in told.items()]
        bare = {"facts": [], "fields": [], "events": [], "must_read": False}
        return [Unread(line.model_copy(update={**bare, "waits_for": list(names)}), at) for line, at, names in found if names]


def _for(document: DigestDocument, showings: Showings) -> DigestDocument:
    """The document with the reader's own showings, most shown first among rules."""
    sections = []
    for section in document.sections:
        lines = [line.model_copy(update={"shown": _shown(line, showings)}) for line in section.lines]
        if section.name == "rules":
            lines.sort(key=lambda line: -line.shown)
        sections.append(section.model_copy(update={"lines": lines}))
    return document.model_copy(update={"sections": sections, "personal": True})


def _shown(line: DigestLine, showings: Showings) -> int:
    return showings.of(line.id, {tuple(fact.heading) for fact in line.facts})


def _acknowledgement(wanted: MustRead, done: Sequence[Reading], people: Sequence[Person]) -> Acknowledgement:
    """A person has read it who has acknowledged any text of it, under any of the person's ids."""
    first: dict[str, datetime] = {}
    for reading in done:
        if (reading.article, reading.version) in wanted.versions and reading.acknowledged_at:
            first.setdefault(reading.reader, reading.acknowledged_at)
    moments = {person.name: [first[reader] for reader in person.readers if reader in first] for person in people}
    read = sorted(((name, min(found)) for name, found in moments.items() if found), key=lambda pair: (pair[1], pair[0]))
    return Acknowledgement(wanted, read, [name for name, found in moments.items() if not found])
