"""What follows when a snapshot goes live: it is written down, and the feedback that its commits close is closed."""

import re
from collections.abc import Iterator
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from time import sleep
from typing import Final

import structlog

from api.events.event import Kind
from api.events.ledger import Wanted
from api.events.records import Records
from api.live import LiveSpace
from api.space import Space
from api.store_error import StoreError
from kb.commit_log import LogEntry
from kb.errors import KbError, RepositoryError
from kb.tree import Commit
from retriever.errors import SnapshotError
from retriever.snapshot import Snapshot

_CLOSES: Final = re.compile(r"^closes-feedback:[ \t]*([0-9A-HJKMNP-TV-Z]{26})[ \t]*$", re.IGNORECASE | re.MULTILINE)

AGAIN_SECONDS: Final = 5.0  # after a database that did not take a publication

log = structlog.get_logger()


def follow(live: LiveSpace, records: Records) -> None:
    """Write down what the space serves now, and each snapshot that goes live from now on. Nobody waits for it."""

    waiting: SimpleQueue[Snapshot] = SimpleQueue()

    def work() -> None:  # one at a time, in order: each publication stands on the one before it
        while True:
            snapshot = waiting.get()
            while not _note(records, live.space, snapshot):
                sleep(AGAIN_SECONDS)

    live.listeners.append(lambda news: None if news.snapshot is None else waiting.put(news.snapshot))
    with suppress(SnapshotError):  # a space that cannot be read yet: the listener hears of it when it can
        waiting.put(live.current())
    Thread(target=work, name="publication", daemon=True).start()


def _note(records: Records, space: Space, snapshot: Snapshot) -> bool:
    """Write it down; False if the database may take it another time."""
    try:
        note_publication(records, space, snapshot)
    except StoreError as error:
        log.error("a publication is not written down yet", space=space.name, reason=str(error))
        return False
    except KbError as error:
        log.error("a publication was not written down", space=space.name, reason=str(error))
    except Exception:
        log.exception("a publication was not written down", space=space.name)  # the next one must be all the same
    return True


def note_publication(records: Records, space: Space, snapshot: Snapshot) -> None:
    """Write a publication down unless it is the last one that was, and close what its commits close.

    Raises StoreError or KbError.
    """
    records.recorder.flush()
    before = _last_published(records, space.name)
    manifest = snapshot.manifest
    if before == {"commit": manifest.commit, "fingerprint": manifest.fingerprint}:
        return
    commit = snapshot.library.commit
    if commit is not None:
        for feedback_id, entry in closing(space, commit, (before or {}).get("commit")):
            records.close_feedback(space.name, feedback_id, entry.commit.sha, entry.authored_at)
    # last, so that what failed on the way is done the next time: to close what is closed changes nothing
    records.published(space.name, manifest.commit, manifest.fingerprint)


def _last_published(records: Records, space: str) -> dict[str, str | None] | None:
    last = records.recorder.ledger.newest(Wanted(space, kind=Kind.PUBLISHED))
    return None if last is None else last.facts()


def closing(space: Space, commit: Commit, since: str | None) -> Iterator[tuple[str, LogEntry]]:
    """Which feedback is closed by which commit, oldest first, by the trailer `Closes-feedback: ID`. Raises RepositoryError."""
    base = _known(space, since)
    for entry in reversed(space.repository.log(commit, space.source.folder, since=base, whole=True)):
        yield from ((found.upper(), entry) for found in _CLOSES.findall(entry.message))


def _known(space: Space, sha: str | None) -> Commit | None:
    """The commit, if the repository still has it: a rewritten history may not."""
    try:
        return None if sha is None else space.repository.resolve(sha)
    except RepositoryError:
        return None
