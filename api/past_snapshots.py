"""Snapshots of other moments and branches: built when somebody asks, a few of them kept in memory."""

from collections import OrderedDict
from concurrent.futures import Future
from threading import Lock
from typing import Final

from api.space import SILENT, Space
from kb.tree import Commit
from retriever.snapshot import Snapshot

IN_MEMORY: Final = 4
WAITING: Final = 3  # requests of one space that may wait for a build; each holds one of the 40 threads that answer
AGAIN_SECONDS: Final = 5  # until whoever was sent away asks again


class BusyError(Exception):
    """Too many wait for snapshots of the past already. seconds: after which to ask again."""

    def __init__(self, seconds: int = AGAIN_SECONDS) -> None:
        self.seconds = seconds
        super().__init__(f"Other moments of this space are being prepared. Ask again in {seconds} seconds, or without as_of.")


class PastSnapshots:
    """The snapshots of one space that are not live. Never in the way of the live one: it has no part in these locks."""

    def __init__(self, space: Space, *, most: int = IN_MEMORY) -> None:
        """most: how many stay in memory; those on the disk have a budget of their own."""
        self._space = space
        self._most = most
        self._lock = Lock()
        self._building = Lock()  # one build at a time: each takes a core and memory that questions want
        self._kept: OrderedDict[str, Future[Snapshot]] = OrderedDict()
        self.waiting = 0  # requests

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, commit: Commit, before: Snapshot) -> Snapshot:
        """The snapshot of a commit, built from `before` where it has to be. Whoever asks meanwhile waits for the same build.

        Raises what Space.snapshot raises, and the next one who asks tries again; BusyError where too many wait already.
        """
        with self._lock:
            future = self._kept.get(commit.sha)
            mine = future is None
            if future is not None and future.done():
                self._kept.move_to_end(commit.sha)
                return future.result()
            if self.waiting >= WAITING:
                raise BusyError
            self.waiting += 1
            future = future or self._begin(commit)
        try:
            if mine:
                self._build(commit, before, future)
            return future.result()
        finally:
            with self._lock:
                self.waiting -= 1

    def _begin(self, commit: Commit) -> "Future[Snapshot]":
        future: Future[Snapshot] = Future()
        self._kept[commit.sha] = future
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return future

    def _build(self, commit: Commit, before: Snapshot, future: "Future[Snapshot]") -> None:
        try:
            with self._building:
                future.set_result(self._space.snapshot(commit, SILENT, before))
        except BaseException as error:  # noqa: BLE001 - whoever waits for this build is told what ended it
            with self._lock:
                if self._kept.get(commit.sha) is future:
                    del self._kept[commit.sha]
            future.set_exception(error)
