"""What stands in where the newest commit may not, or cannot, be served."""

from typing import Final

import structlog

from api.space import Space
from api.watch import SILENT, Watch
from kb.errors import ContentError, KbError
from retriever.errors import RetrieverError
from retriever.snapshot import Snapshot

REFUSED_IN_A_ROW: Final = 20  # commits with errors that are passed over to find one that is not

log = structlog.get_logger()


def newest_good(space: Space, watch: Watch = SILENT) -> tuple[Snapshot, Exception | None]:
    """The snapshot of the newest commit and None; else what was live before, and why the newest commit is not served.

    Publishes nothing. Where nothing ever was live, an earlier commit's snapshot from the disk stands in. Raises what keeps the
    newest commit from being served if there is none either.
    """
    try:
        tip = space.tip()
        return space.snapshots.at_hand(tip) or space.snapshots.soonest(tip, watch), None
    except (KbError, RetrieverError) as error:
        try:
            return last_live(space, error)[1], error
        except ContentError:
            if (found := _before(space)) is None:
                raise
            return found, error


def last_live(space: Space, error: Exception) -> tuple[str, Snapshot]:
    """The name and the snapshot of what was live: by the log, built anew if need be, else by what lies on the disk.

    Raises the error if nothing ever was live.
    """
    live = space.log.live()
    if live is not None:
        try:
            snapshot = space.snapshots.soonest(live.what)
        except (KbError, RetrieverError) as worse:
            log.error("what was live cannot be built anew", space=space.name, reason=str(worse))
        else:
            return space.snapshots.name_of(snapshot), snapshot
    name = space.snapshots.published_name()
    if name is None:
        raise error
    return name, space.snapshots.named(name)


def _before(space: Space) -> Snapshot | None:
    commit = space.commit_before(space.tip())
    for _ in range(REFUSED_IN_A_ROW):
        if commit is None:
            return None
        if found := space.snapshots.at_hand(commit):
            return found
        commit = space.commit_before(commit)
    return None
