"""How several processes share one listening socket."""

import socket

import uvicorn

from api.listening import BACKLOG


class Sharing(uvicorn.Server):
    """Takes one connection at a time, so that the others get theirs: asyncio else takes as many at once as may wait."""

    def __init__(self, config: uvicorn.Config) -> None:
        config.backlog = 1
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See Server; as many may wait as before."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(BACKLOG)
