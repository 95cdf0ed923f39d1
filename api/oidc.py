"""Bearer tokens of an identity provider (OIDC): once signature, issuer, audience and time fit, claims become a reader."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, Final

import jwt
import structlog

from api.access import Role
from api.outbound import OutboundError, fetch
from api.plain_text import is_plain
from api.reader import KeysError, NotAuthenticatedError, Reader

FRESH: Final = 300.0  # seconds that keys are good for
STALE: Final = 3600.0  # seconds that the last keys are used for while the provider cannot be reached
AGAIN: Final = 10.0  # seconds between two fetches, however many unknown key ids arrive
PATIENCE: Final = 2.0  # seconds that a token of an unknown key waits for a fetch that another one began
LONGEST: Final = 8192  # characters of a token

_LANG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_REFUSED: Final = "This token was not accepted: it has expired, is not for this service, or its signature does not fit."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Provider:
    """What is expected of a token. claims: our name → where the token says it, with dots for nesting. skew: seconds."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    claims: Mapping[str, str]
    skew: float


class KeySet:
    """The provider's public keys by id, from a URL or a file; fetched again when they age, or when an unknown id arrives."""

    def __init__(self, location: str, private_hosts: Collection[str] = (), *, clock: Callable[[], float] = monotonic) -> None:
        self._location = location
        self._private_hosts = private_hosts
        self._clock = clock
        self._fetching = Lock()
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._read = float("-inf")
        self._tried = float("-inf")

    def key(self, kid: str | None) -> jwt.PyJWK | None:
        """The key of that id; of no id, the only one there is. Raises KeysError if none could ever be had, or for too long."""
        now = self._clock()
        good = now - self._read < STALE and self._found(kid) is not None
        if not good or now - self._read >= FRESH:
            self._renew(now, wait=0.0 if good else PATIENCE)
        if now - self._read >= STALE:
            raise KeysError("The keys of the identity provider cannot be read. The log of the service tells why.")
        return self._found(kid)

    def _renew(self, now: float, wait: float) -> None:
        """Fetch unless somebody just has. wait: seconds for a fetch that is under way; a key that is good waits for none."""
        if not self._fetching.acquire(timeout=wait):
            return
        try:
            if now - self._tried >= AGAIN:
                self._tried = now
                self._refresh(now)
        finally:
            self._fetching.release()

    def _found(self, kid: str | None) -> jwt.PyJWK | None:
        keys = self._keys  # of one fetch, whoever fetches meanwhile
        if kid is None:
            return next(iter(keys.values())) if len(keys) == 1 else None
        return keys.get(kid)

    def _refresh(self, now: float) -> None:
        try:
            self._keys = _public_keys(self._text())
            self._read = now
        except (OutboundError, OSError, ValueError) as error:
            log.error("the keys of the identity provider cannot be read", reason=str(error))

    def _text(self) -> bytes:
        if "://" in self._location:
            return fetch(self._location, self._private_hosts)
        return Path(self._location).read_bytes()


def _public_keys(text: bytes) -> dict[str | None, jwt.PyJWK]:
    """The signing keys of a set. A symmetric key is left out: whoever reads the set could sign with it."""
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("expected a JSON Web Key Set with a list `keys`")  # noqa: TRY004 - it is what the text says
    keys: dict[str | None, jwt.PyJWK] = {}
    for entry in document["keys"]:
        if not isinstance(entry, dict) or entry.get("kty") not in ("RSA", "EC", "OKP") or entry.get("use", "sig") != "sig":
            continue
        try:
            keys[entry.get("kid")] = jwt.PyJWK(entry)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            log.warning("a key of the identity provider cannot be used", kid=str(entry.get("kid"))[:100], reason=str(error))
    return keys


class OidcReaders:
    """Who a provider's token stands for."""

    def __init__(self, provider: Provider, keys: KeySet, spaces: Collection[str]) -> None:
        """spaces: those that are served; a token's other spaces grant nothing."""
        self._provider = provider
        self._keys = keys
        self._spaces = frozenset(spaces)

    def recognise(self, text: str) -> Reader:
        """The reader. Raises NotAuthenticatedError, or KeysError where the provider's keys cannot be had."""
        claims = self._verified(text)
        spaces = self._spaces.intersection(_texts(self._claim(claims, "spaces")))
        if not spaces:
            raise NotAuthenticatedError("This token names no space that is served here.")
        tier = self._claim(claims, "tier")
        known = tier if isinstance(tier, int) and not isinstance(tier, bool) and tier >= 0 else 0  # unknown is least
        lang = self._claim(claims, "lang")
        subject = str(claims["sub"])
        return Reader(
            id=f"oidc:{subject}",
            name=subject,
            role=_role(self._claim(claims, "role")),
            spaces=spaces,
            tier=known,
            asks=known,
            teams=frozenset(_texts(self._claim(claims, "teams"))),
            lang=lang if isinstance(lang, str) and _LANG.fullmatch(lang) else None,
        )

    def _verified(self, text: str) -> dict[str, Any]:
        if len(text) > LONGEST:
            raise NotAuthenticatedError(_REFUSED)
        provider = self._provider
        try:
            kid = jwt.get_unverified_header(text).get("kid")
            key = self._keys.key(kid)
            if key is None:
                raise NotAuthenticatedError(_REFUSED)
            claims: dict[str, Any] = jwt.decode(
                text,
                key,
                algorithms=list(provider.algorithms),
                audience=provider.audience,
                issuer=provider.issuer,
                leeway=provider.skew,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            raise NotAuthenticatedError(_REFUSED) from None
        subject = claims["sub"]
        if not isinstance(subject, str) or not 1 <= len(subject) <= 200 or not is_plain(subject):
            raise NotAuthenticatedError(_REFUSED)
        return claims

    def _claim(self, claims: Mapping[str, Any], name: str) -> object:
        value: object = claims
        for part in self._provider.claims[name].split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value


def _role(said: object) -> Role:
    """Nothing said is the least; anything unknown is refused."""
    if said is None:
        return Role.AGENT
    try:
        return Role(str(said))
    except ValueError:
        raise NotAuthenticatedError("This token names a role that is not known here.") from None


def _texts(said: object) -> list[str]:
    """A list of texts, or texts between spaces as OAuth writes them; anything else says nothing."""
    if isinstance(said, str):
        return said.split()
    return [entry for entry in said if isinstance(entry, str)] if isinstance(said, list) else []
