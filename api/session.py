"""Widget sessions: fifteen minutes for one agent on one page, signed here and worth no more than the token behind them."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from api.access import Role
from api.guidance import NotGrantedError, RequestError
from api.reader import Credentials, NotAuthenticatedError, Reader, SessionOpened, SessionWanted
from api.token import SESSION_PREFIX

LASTS: Final = timedelta(minutes=15)
LONGEST: Final = 4096  # characters of a session
_BEHIND: Final = "token:"  # what the id of a reader by token begins with
_REFUSED: Final = "This session has ended or was not made here. The page's own server opens a new one at POST /v1/sessions."


class Sessions:
    """Opens sessions and recognises them. parent: the reader of a token by its id, as it stands now."""

    def __init__(
        self, key: bytes, parent: Callable[[str], Reader], *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._key = key
        self._parent = parent
        self._now = now

    def open(self, wanted: SessionWanted, reader: Reader) -> SessionOpened:
        """A session for one agent, never above its token. Raises NotGrantedError or RequestError."""
        if not reader.id.startswith(_BEHIND) or not reader.origins:
            raise NotGrantedError(
                "This token names no origin, so it opens no sessions. Make one with `kb token create --origin`."
            )
        if wanted.origin not in reader.origins:
            raise NotGrantedError(f"This token opens no session for {wanted.origin}. Ask for one of its own origins.")
        if reader.tier is not None and wanted.tier > reader.tier:
            raise NotGrantedError(f"tier is {wanted.tier}, above that of the token ({reader.tier}). Ask for no more.")
        spaces = sorted(reader.spaces if wanted.spaces is None else wanted.spaces)
        if not spaces or not reader.spaces.issuperset(spaces):
            raise NotGrantedError("A space is not among those of the token. Ask for its own.")
        if not wanted.agent.strip():
            raise RequestError("agent is empty; expected the name or number by which the host knows the agent.")
        ends = self._now() + LASTS
        expires = ends if reader.until is None else min(ends, reader.until)
        claims = {
            "t": reader.id.removeprefix(_BEHIND), "a": wanted.agent, "o": wanted.origin, "r": wanted.tier, "s": spaces,
            "l": wanted.lang or reader.lang, "e": int(expires.timestamp()),
        }  # fmt: skip
        return SessionOpened(self._signed(claims), datetime.fromtimestamp(int(expires.timestamp()), UTC))

    def recognise(self, text: str, credentials: Credentials) -> Reader:
        """The reader of a session: an agent within what its token may see now. Raises NotAuthenticatedError or StoreError."""
        claims = self._verified(text)
        if claims["e"] <= self._now().timestamp():
            raise NotAuthenticatedError(_REFUSED)
        if not credentials.own_page and credentials.origin != claims["o"]:
            raise NotAuthenticatedError("This session belongs to another page. The page's own server opens one for it.")
        parent = self._parent(claims["t"])
        if claims["o"] not in parent.origins:
            raise NotAuthenticatedError(_REFUSED)
        return _narrowed(parent, claims)

    def _signed(self, claims: dict[str, Any]) -> str:
        body = _encoded(json.dumps(claims, separators=(",", ":"), ensure_ascii=True).encode())
        return f"{SESSION_PREFIX}{body}.{_encoded(self._mac(body))}"

    def _verified(self, text: str) -> dict[str, Any]:
        """The claims, which nothing reads before the signature over them fits."""
        body, _, signature = text.removeprefix(SESSION_PREFIX).partition(".")
        if len(text) > LONGEST or not hmac.compare_digest(_encoded(self._mac(body)).encode(), signature.encode()):
            raise NotAuthenticatedError(_REFUSED)
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return claims

    def _mac(self, body: str) -> bytes:
        return hmac.digest(self._key, f"session 1 {body}".encode(), sha256)


def _narrowed(parent: Reader, claims: dict[str, Any]) -> Reader:
    tier = claims["r"] if parent.tier is None else min(claims["r"], parent.tier)
    return replace(
        parent,
        id=f"{parent.id}:{claims['a']}",
        name=claims["a"],
        role=Role.AGENT,
        spaces=parent.spaces.intersection(claims["s"]),
        tier=tier,
        asks=tier,
        lang=claims["l"],
        origins=frozenset(),  # it opens no further session
        page=claims["o"],
    )


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
