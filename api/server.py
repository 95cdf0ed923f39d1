"""The web server: how it reads requests, and how several processes share one listening socket."""

import socket
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.listening import BACKLOG

LARGEST_HEAD: Final = 16_384  # bytes of a request's line and headers


def run(app: FastAPI, listening: socket.socket, *, shared: bool) -> None:
    """Answer until a signal ends it. shared: with other processes."""
    # no access log: addresses of GET requests hold what customers said
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, backlog=1 if shared else BACKLOG,
        http="h11", h11_max_incomplete_event_size=LARGEST_HEAD, timeout_keep_alive=10, limit_concurrency=1000,
    )  # fmt: skip
    _Server(config).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Where it shares, it takes one connection at a time, so that the others get theirs: asyncio takes `backlog` at once."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See Server. As many connections may wait as ever."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(BACKLOG)
