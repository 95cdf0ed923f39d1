"""The port that the service answers on."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.settings import SettingsError

BACKLOG: Final = 2048  # connections that wait to be taken


def listen(host: str, port: int) -> socket.socket:
    """Take the port before the index is built: a port in use is said at once, not after a minute."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio sends each piece at once; without, the body waits 40 ms for the head's acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with _ours(host, port):
        listening.bind((host, port))
    return listening


def begin(listening: socket.socket, host: str, port: int) -> None:
    """Let callers in. Of two that started at once both took the port, and the second learns it here."""
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
