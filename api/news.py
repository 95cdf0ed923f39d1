"""What becomes of a commit, for those who are told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from api.publish_log import Publication
from retriever.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class News:
    """What became of a commit.

    snapshot: what is live from now on; None if what was live stays. line: what the publish log says of it; None if that was
    told before, because only a leg was added.
    """

    space: str
    snapshot: Snapshot | None
    line: Publication | None


Listener: TypeAlias = Callable[[News], None]
