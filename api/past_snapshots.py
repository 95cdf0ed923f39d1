"""Snapshots of other moments and branches: built when somebody asks, a few of them kept in memory.

One budget for the whole service: how many spaces it has changes nothing about what their past may take.
"""

from collections import OrderedDict
from concurrent.futures import Future
from threading import Lock
from typing import Final, TypeAlias

from api.queue import Queue
from api.space import Space
from api.watch import SILENT
from kb.tree import Commit
from retriever.snapshot import Snapshot

IN_MEMORY: Final = 4

_Key: TypeAlias = tuple[str, str, bool]  # a space's name, a commit, and whether what is live has every leg


class PastSnapshots:
    """The snapshots of all spaces that are not live. Never in the way of the live ones: those have no part in these locks."""

    def __init__(self, *, most: int = IN_MEMORY) -> None:
        """most: how many stay in memory; those on the disk have a budget of their own."""
        self._most = most
        self._lock = Lock()
        self._building = Lock()  # one build at a time: each takes a core and memory that questions want
        self._kept: OrderedDict[_Key, Future[Snapshot]] = OrderedDict()
        self._queue = Queue("Other moments are being prepared.", ", or without as_of")

    def kept(self, space: str) -> int:
        """How many of a space's snapshots are in memory, or on their way there."""
        with self._lock:
            return sum(key[0] == space for key in self._kept)

    def waiting(self, space: str) -> int:
        """How many requests of a space wait for a build."""
        return self._queue.waiting(space)

    def get(self, space: Space, commit: Commit, before: Snapshot) -> Snapshot:
        """The snapshot of a commit, built from `before` where it has to be. Whoever asks meanwhile waits for the same build.

        before: what is live. As long as it lacks its multilingual leg, so may what is built from it.
        Raises what Snapshots.of raises, and the next one who asks tries again; BusyError where too many wait already.
        """
        key = (space.name, commit.sha, before.is_whole)  # what has fewer legs is not looked at again once there are more
        with self._lock:
            future = self._kept.get(key)
            if future is not None and future.done():
                self._kept.move_to_end(key)
                return future.result()
        with self._queue.place(space.name):
            with self._lock:
                mine = key not in self._kept
                future = self._kept.setdefault(key, Future())
            if mine:
                self._build(space, commit, before, future)
            return future.result()

    def _build(self, space: Space, commit: Commit, before: Snapshot, future: "Future[Snapshot]") -> None:
        try:
            with self._building:
                snapshot = space.snapshots.soonest(commit, SILENT, before)
        except BaseException as error:  # noqa: BLE001 - whoever waits for this build is told what ended it
            with self._lock:
                del self._kept[space.name, commit.sha, before.is_whole]
            future.set_exception(error)
        else:
            future.set_result(snapshot)
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Keep no more than may be kept; what is still being built is no one's yet."""
        with self._lock:
            built = [key for key, future in self._kept.items() if future.done()]
            for key in built[: -self._most]:
                del self._kept[key]
