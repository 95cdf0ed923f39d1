"""How far the multilingual leg of what is served has come."""

from time import monotonic
from typing import Final

from api.snapshots import Snapshots
from api.watch import Step
from retriever.snapshot import Snapshot

COUNTED_SECONDS: Final = 10.0  # for which a count is good enough: 10,000 passages take 0.1 s


class LegProgress:
    """By the steps of this process and by what others have left: an earlier one, or one that embeds beside it."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._stepped: tuple[Snapshot, Step] | None = None
        self._counted: tuple[Snapshot, int, float] | None = None

    def note(self, snapshot: Snapshot, step: Step) -> None:
        """Remember the last step of this process."""
        self._stepped = snapshot, step

    def forget(self) -> None:
        """Hold no snapshot that is served no more."""
        self._stepped = self._counted = None

    def step(self, snapshot: Snapshot | None) -> Step | None:
        """How far this process has come with a snapshot, if it has begun."""
        stepped = self._stepped
        return stepped[1] if stepped is not None and stepped[0] is snapshot else None

    def embedded(self, snapshot: Snapshot) -> int:
        """So many passages of a snapshot's leg are embedded. Raises VectorCacheError."""
        if snapshot.is_whole:
            return snapshot.manifest.passages
        step, counted = self.step(snapshot), self._counted
        if counted is None or counted[0] is not snapshot or (step is None and monotonic() >= counted[2]):
            counted = snapshot, self._snapshots.embedded(snapshot), monotonic() + COUNTED_SECONDS
            self._counted = counted
        return max(step.done if step else 0, counted[1])
