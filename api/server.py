"""The web server: how it reads requests, and how it ends."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.answering_threads import is_hanging
from api.ending import SIGNALS
from api.listening import BACKLOG

LARGEST_HEAD: Final = 16_384  # bytes of a request's line and headers
_BEAT: Final = 1  # second between two times that it is said that questions are answered
PATIENCE: Final = 5  # seconds for what is being answered when it is time to end
_TURNS: Final = 5  # of the event loop: one that waits is let in, is given a connection, and what it sent is read


class _Server(uvicorn.Server):
    """Leaves signals alone: uvicorn raises again what it has caught, and nothing behind it would be closed.

    And reads what has arrived before it ends: uvicorn takes a connection whose request it has not read for an idle one.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        await _turns()
        for each in sockets or []:
            asyncio.get_running_loop().remove_reader(each)  # nobody more is let in
        await _turns()
        await super().shutdown(sockets)


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def run(app: FastAPI, listening: socket.socket, beat: Callable[[], None]) -> int:
    """Answer until a signal ends it, and send what is being answered then; which signal. A second one kills at once.

    beat: is called every second in which questions are answered, or would be.
    """

    async def told() -> None:
        if not is_hanging():
            beat()

    # no access log: addresses of GET requests hold what customers said
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, backlog=BACKLOG,
        http="h11", h11_max_incomplete_event_size=LARGEST_HEAD, timeout_keep_alive=10, limit_concurrency=1000,
        timeout_graceful_shutdown=PATIENCE, callback_notify=told, timeout_notify=_BEAT,
    )  # fmt: skip
    server, came = _Server(config), list[int]()

    def end(wanted: int, _frame: object) -> None:
        came.append(wanted)
        server.should_exit = True
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)

    for each in SIGNALS:
        signal.signal(each, end)
    server.run(sockets=[listening])
    return came[0]
