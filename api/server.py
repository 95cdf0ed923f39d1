"""The web server, and how it reads requests."""

import socket
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.listening import BACKLOG

LARGEST_HEAD: Final = 16_384  # bytes of a request's line and headers


def run(app: FastAPI, listening: socket.socket) -> None:
    """Answer until a signal ends it."""
    # no access log: addresses of GET requests hold what customers said
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, backlog=BACKLOG,
        http="h11", h11_max_incomplete_event_size=LARGEST_HEAD, timeout_keep_alive=10, limit_concurrency=1000,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listening])
