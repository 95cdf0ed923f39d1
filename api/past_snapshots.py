"""Snapshots of other moments and branches: built when somebody asks, a few of them kept in memory."""

from collections import OrderedDict
from concurrent.futures import Future
from threading import Lock
from typing import Final

from api.space import SILENT, Space
from kb.tree import Commit
from retriever.snapshot import Snapshot

IN_MEMORY: Final = 4


class PastSnapshots:
    """The snapshots of one space that are not live. Never in the way of the live one: it has no part in these locks."""

    def __init__(self, space: Space, *, most: int = IN_MEMORY) -> None:
        """most: how many stay in memory; those on the disk have a budget of their own."""
        self._space = space
        self._most = most
        self._lock = Lock()
        self._building = Lock()  # one build at a time: each takes a core and memory that questions want
        self._kept: OrderedDict[str, Future[Snapshot]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, commit: Commit, before: Snapshot) -> Snapshot:
        """The snapshot of a commit, built from `before` where it has to be. Whoever asks meanwhile waits for the same build.

        Raises what Space.snapshot raises; the next one who asks tries again.
        """
        with self._lock:
            found = self._kept.get(commit.sha)
            mine = found is None
            future: Future[Snapshot] = found or Future()
            self._kept[commit.sha] = future
            self._kept.move_to_end(commit.sha)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        if mine:
            self._build(commit, before, future)
        return future.result()

    def _build(self, commit: Commit, before: Snapshot, future: "Future[Snapshot]") -> None:
        try:
            with self._building:
                future.set_result(self._space.snapshot(commit, SILENT, before))
        except BaseException as error:  # noqa: BLE001 - whoever waits for this build is told what ended it
            with self._lock:
                if self._kept.get(commit.sha) is future:
                    del self._kept[commit.sha]
            future.set_exception(error)
