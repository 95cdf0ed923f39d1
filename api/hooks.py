"""A git host says that something was pushed. Only that is believed: what was pushed is asked of the repository itself."""

import hashlib
import hmac
import json
import os
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final
from urllib.parse import parse_qs

from api.guidance import NotGrantedError, RequestError
from api.updater import Updates

LARGEST_DELIVERY: Final = 5_000_000  # bytes; a push of hundreds of files with all their names
REMEMBERED: Final = 1000  # deliveries
_SIGNED: Final = {"x-hub-signature-256": "sha256=", "x-gitea-signature": ""}  # header → what stands before the digits
_TOKEN: Final = "x-gitlab-token"  # noqa: S105 - the header's name
# not GitLab's event UUID: pushes that a webhook caused have that of the push before
_IDS: Final = ("x-github-delivery", "x-gitea-delivery", "idempotency-key")
_EVENTS: Final = ("x-github-event", "x-gitea-event", "x-gitlab-event")
_PUSHES: Final = frozenset({"push", "Push Hook", "Tag Push Hook", "System Hook"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call of a git host. headers: names in lower case. body: as it came, byte for byte."""

    headers: Mapping[str, str]
    body: bytes

    def is_signed_with(self, secret: str) -> bool:
        """Whether every signature that it carries is right, and it carries one. In constant time."""
        digest = hmac.new(secret.encode(), self.body, hashlib.sha256).hexdigest()
        expected = {name: before + digest for name, before in _SIGNED.items()} | {_TOKEN: secret}
        given = [(self.headers[name], value) for name, value in expected.items() if name in self.headers]
        right = [hmac.compare_digest(found.encode("utf-8", "replace"), value.encode()) for found, value in given]
        return bool(right) and all(right)

    @property
    def id(self) -> str | None:
        """What the host calls the delivery, as a checksum; None if it gives it no name."""
        name = next((self.headers[name] for name in _IDS if name in self.headers), None)
        return None if name is None else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()

    @property
    def event(self) -> str:
        """What happened, in the host's word."""
        return next((self.headers[name] for name in _EVENTS if name in self.headers), "push")

    def ref(self) -> str:
        """The ref that was pushed, as `refs/heads/main`. Raises RequestError."""
        text = self.body
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            text = parse_qs(text.decode("utf-8", "replace")).get("payload", [""])[0].encode()
        try:
            ref = json.loads(text)["ref"]
        except (ValueError, KeyError, TypeError, RecursionError):
            ref = None
        if not isinstance(ref, str):
            raise RequestError("The delivery names no ref; expected a push as GitHub, GitLab or Gitea send it, in JSON.")
        return ref


class Deliveries:
    """Which deliveries have come before: the last of them, in memory and, so far as the disk allows, beyond a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self.seen: OrderedDict[str, None] = OrderedDict()
        self._read()

    def __contains__(self, delivery: str) -> bool:
        with self._lock:
            if delivery not in self.seen:
                self._read()  # another worker may have been sent it
            return delivery in self.seen

    def remember(self, delivery: str) -> None:
        """It has been dealt with."""
        with self._lock:
            self._read()
            self.seen[delivery] = None
            while len(self.seen) > REMEMBERED:
                self.seen.popitem(last=False)
            with suppress(OSError):  # then a delivery that is sent again after a restart costs one look at the repository
                self._path.parent.mkdir(parents=True, exist_ok=True)
                written = self._path.with_name(f"{self._path.name}.{os.getpid()}")
                written.write_text("\n".join(self.seen))
                written.replace(self._path)  # another worker reads all of it or what was there before

    def _read(self) -> None:
        with suppress(OSError):
            self.seen.update(dict.fromkeys(self._path.read_text().split()[-REMEMBERED:]))


class Hooks:
    """The webhooks of all spaces."""

    def __init__(self, secrets: Mapping[str, str], updaters: Mapping[str, Updates], deliveries: Deliveries) -> None:
        """secrets: by space; a space without one has no webhook."""
        self._secrets = secrets
        self._updaters = updaters
        self._deliveries = deliveries

    def received(self, space: str, delivery: Delivery) -> str:
        """Queue an update if the delivery is genuine, new and touches what is live; what was done about it.

        A delivery is remembered last: one that was answered with an error has to work when the host sends it again.
        Raises NotGrantedError, without saying whether space, secret or signature is missing, RequestError or RepositoryError.
        """
        secret = self._secrets.get(space)
        if secret is None or space not in self._updaters or not delivery.is_signed_with(secret):
            raise NotGrantedError(
                "The delivery was refused. Set KB_HOOK_SECRET to the secret that the git host signs with, "
                "and send it to the address of a space."
            )
        if delivery.event not in _PUSHES:
            return "pong" if delivery.event == "ping" else "ignored: no push"
        ref = delivery.ref()
        name = None if delivery.id is None else f"{space}/{delivery.id}"  # two spaces may hear of one push
        if name is not None and name in self._deliveries:
            return "ignored: delivered before"
        done = self._push(self._updaters[space], ref)
        if name is not None:
            self._deliveries.remember(name)
        return done

    @staticmethod
    def _push(updater: Updates, ref: str) -> str:
        if not updater.follows(ref):
            return "ignored: another branch"
        updater.wake()
        return "queued"
