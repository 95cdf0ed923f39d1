"""On which threads questions are answered, so that none keeps the others waiting."""

import os
from collections.abc import Callable
from typing import Final

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from fastapi import Response

from api.schema import SearchQuery, SearchResponse

# Live questions at once. On two cores more only wait for Python's one lock, at a tenth more processor time for each.
LIVE: Final = 1 + (os.cpu_count() or 1)
_live: Final[RunVar[CapacityLimiter]] = RunVar("threads for live questions")  # of one event loop, as anyio's own threads are


async def answered(query: SearchQuery, answer: Callable[[], SearchResponse]) -> Response:
    """The answer as it is sent, made and written on another thread. What we have made ourselves is not validated once more.

    A question about another moment may have to wait until that is built: on one of the threads that every endpoint has, so
    that it takes none from live questions.
    """
    live = query.as_of is None and "@" not in query.space
    content = await to_thread.run_sync(lambda: answer().model_dump_json(), limiter=_threads() if live else None)
    return Response(content, media_type="application/json")


def _threads() -> CapacityLimiter:
    try:
        return _live.get()
    except LookupError:
        _live.set(CapacityLimiter(LIVE))
        return _live.get()
