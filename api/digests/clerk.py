"""Makes the digests that are due: one for each team and window, whatever happened since the last one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Final

import structlog

from api.digests.desk import Desk, Unread
from api.digests.document import DigestDocument
from api.digests.drawing import Drawn, Frame, document
from api.digests.outbox import Outbox, Told
from api.live import LiveSpace
from kb.digest import Digest, Digests
from kb.errors import RepositoryError
from kb.moment import Moment
from kb.schedule import Schedule
from kb.taxonomy import Taxonomy
from kb.teams import DigestPlan, Team
from kb.tree import Commit
from kb.window import read_window
from retriever.snapshot import Snapshot

REGULAR: Final = "regular"
IMMEDIATE: Final = "immediate"
_AHEAD: Final = timedelta(days=1)  # a window that ends further ahead was closed by a clock that was wrong

log = structlog.get_logger()


@dataclass
class Clerk:
    """Closes the windows of one space. One pass looks at what is served now; a repository is read once for each window."""

    live: LiveSpace
    desk: Desk
    site: str

    @property
    def outbox(self) -> Outbox:
        """Where digests are kept."""
        return self.desk.outbox

    def work(self, now: datetime) -> int:
        """Close what is due; how many digests were made. Raises StoreError, SnapshotError or RepositoryError."""
        snapshot = self.live.current()
        commit = snapshot.library.commit
        if commit is None:
            return 0
        run = _Pass(self, snapshot, snapshot.library.taxonomy, commit, now)
        return sum(run.team(name, team, team.digest) for name, team in run.taxonomy.teams.items() if team.digest)


@dataclass
class _Pass:
    clerk: Clerk
    snapshot: Snapshot
    taxonomy: Taxonomy
    commit: Commit
    now: datetime
    _windows: dict[tuple[Moment, Moment], tuple[Digests, Drawn]] = field(default_factory=dict)
    _versions: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def space(self) -> str:
        return self.clerk.live.space.name

    def team(self, name: str, team: Team, plan: DigestPlan) -> int:
        """How many digests were made for the team."""
        plan_schedule = schedule_of(plan, self.taxonomy)
        made = self._immediate(name, team, plan, plan_schedule) if plan.immediately else 0
        slot = plan_schedule.last_slot(self.now)
        return made + (self._regular(name, team, plan, slot) if slot else 0)

    def _regular(self, name: str, team: Team, plan: DigestPlan, slot: datetime) -> int:
        told = self.clerk.outbox.told(self.space, name, REGULAR)
        if told is None or told.until > self.now + _AHEAD:  # the first look, or the clock was set back
            sha = told.commit if told else self.commit.sha
            self.clerk.outbox.close((self.space, name, REGULAR), told, Told(slot, sha), None, ())
            return 0
        if told.until >= slot:
            return 0
        made = self._digest(name, team, told, slot, REGULAR)
        return self._close(name, plan, told, Told(slot, self.commit.sha), made if made.news else None, REGULAR)

    def _immediate(self, name: str, team: Team, plan: DigestPlan, schedule: Schedule) -> int:
        told = self.clerk.outbox.told(self.space, name, IMMEDIATE)
        now = self.now.replace(microsecond=0)
        if told is not None and (told.commit == self.commit.sha or schedule.is_quiet(now)):
            return 0
        if told is None:
            self.clerk.outbox.close((self.space, name, IMMEDIATE), None, Told(now, self.commit.sha), None, ())
            return 0
        made = self._digest(name, team, told, max(now, told.until), IMMEDIATE)
        return self._close(name, plan, told, Told(made.to.at, self.commit.sha), made if made.sections else None, IMMEDIATE)

    def _close(self, name: str, plan: DigestPlan, told: Told, now: Told, made: DigestDocument | None, kind: str) -> int:
        key = (self.space, name, kind)
        return int(self.clerk.outbox.close(key, told, now, made, plan.channels) and made is not None)

    def _digest(self, name: str, team: Team, told: Told, until: datetime, kind: str) -> DigestDocument:
        old, new = Moment(self._known(told), told.until), Moment(self.commit, until)
        if (old, new) not in self._windows:
            space = self.clerk.live.space
            source = space.source
            window = read_window(space.repository, source.folder, source.outside, old, new)
            self._windows[old, new] = (Digests(window), {})
        digests, drawn = self._windows[old, new]
        digest = digests.of(team)
        unread = self._unread(name, team) if kind == REGULAR else ()
        frame = Frame(
            self.space,
            name,
            team,
            self.taxonomy,
            self.clerk.site,
            kind=kind,
            drawn=drawn,
            shown=self.clerk.desk.showings(self.space, name, team, self.snapshot, self.now),
            unread=[it.line for it in unread],
            reminds=any(it.reminds(told.until, until) for it in unread),
            versions=self._known_versions(),
            told=self._told_at_once(name, told.until) if kind == REGULAR else frozenset(),
        )
        return document(_rules_alone(digest) if kind == IMMEDIATE else digest, digests.window, frame)

    def _unread(self, name: str, team: Team) -> Sequence[Unread]:
        return self.clerk.desk.unread(self.space, name, team, self.snapshot, self.now)

    def _known(self, told: Told) -> Commit:
        """The commit up to which the team was told; if the history was rewritten, what was live at that moment."""
        space = self.clerk.live.space
        try:
            return space.repository.resolve(told.commit)
        except RepositoryError:
            log.warning("a digest's commit is gone; what was live at its end stands in", space=self.space, commit=told.commit)
            return space.repository.at(space.source.ref, told.until)

    def _known_versions(self) -> Mapping[tuple[str, str], str]:
        if not self._versions:
            found = {(it.id, it.blob): it.changed.sha for it in self.snapshot.library.articles if it.changed}
            self._versions.update(found)
        return self._versions

    def _told_at_once(self, name: str, since: datetime) -> frozenset[tuple[str, str]]:
        documents = self.clerk.outbox.documents(self.space, name, kind=IMMEDIATE, since=since, limit=1000)
        return frozenset((line.id, line.blob) for document in documents for _, line in document.lines())


def schedule_of(plan: DigestPlan, taxonomy: Taxonomy) -> Schedule:
    """When the plan's windows close."""
    zone = replace(taxonomy, time_zone=plan.time_zone).zone if plan.time_zone else taxonomy.zone
    quiet = (time.fromisoformat(plan.quiet[0]), time.fromisoformat(plan.quiet[1])) if plan.quiet else None
    return Schedule(plan.schedule, time.fromisoformat(plan.at), plan.day, zone, quiet)


def _rules_alone(digest: Digest) -> Digest:
    """What is told at once; everything else can wait for the morning."""
    return Digest(
        rules=digest.rules, begun=(), ended=(), added=(), opened=(), resolved=(), behind=(), coming=(), ending=(),
        overdue=(), clarified=0, editorial=0, news=bool(digest.rules),
    )  # fmt: skip
