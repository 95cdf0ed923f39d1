"""The port that the service answers on."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.settings import SettingsError

BACKLOG: Final = 2048  # connections that wait to be taken


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Take the port before the index is built: a port in use is said at once, not after a minute.

    shared: with sockets of other processes, among which the system spreads the callers.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio sends each piece at once; without, the body waits 40 ms for the head's acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    with _ours(host, port):
        listening.bind((host, port))
    return listening


def hold(host: str, port: int) -> socket.socket:
    """Take a port, as `listen` does, for several processes: as long as this one holds it, each may take a socket of its own."""
    with listen(host, port) as alone:  # which a shared one would not learn: that somebody is there already
        chosen = int(alone.getsockname()[1])
    return listen(host, chosen, shared=True)


def begin(listening: socket.socket, host: str, port: int, *, alone: bool = True) -> None:
    """Let callers in. Of two that started at once both took the port, and the second learns it here.

    alone: nobody of the same service listens on it yet.
    """
    if alone and listening.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT):
        listen(host, listening.getsockname()[1]).close()  # for the same reason
    with _ours(host, port):
        listening.listen(BACKLOG)


@contextmanager
def _ours(host: str, port: int) -> Iterator[None]:
    """Say it if the port is another's."""
    try:
        yield
    except OSError as error:
        raise SettingsError(
            f"KB_PORT is {port}: {host} cannot be served on it: {error.strerror}. Choose another, or 0 for a free one."
        ) from None
