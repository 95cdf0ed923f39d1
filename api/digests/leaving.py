"""The address by which a reader stops a team's e-mails: signed, so that nobody stops another one's."""

import hmac
from hashlib import sha256
from urllib.parse import quote, urlencode


class Leaving:
    """Makes and recognises such addresses. key: of this service, kept with its sessions'."""

    def __init__(self, key: bytes, site: str) -> None:
        self._key = key
        self._site = site

    def url(self, space: str, team: str, address: str) -> str:
        """Where that reader stops that team's e-mails."""
        query = urlencode({"space": space, "address": address, "mark": self._mark(space, team, address)})
        return f"{self._site}/digests/{quote(team)}/leave?{query}"

    def holds(self, space: str, team: str, address: str, mark: str) -> bool:
        """Whether the address was made here for that reader."""
        return hmac.compare_digest(self._mark(space, team, address).encode(), mark.encode())

    def _mark(self, space: str, team: str, address: str) -> str:
        return hmac.digest(self._key, "\0".join(("leave 1", space, team, address)).encode(), sha256).hex()[:40]
