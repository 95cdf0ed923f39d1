"""Digests over HTTP: Slack, Microsoft Teams, and webhooks signed as Standard Webhooks says."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from standardwebhooks import Webhook

from api.digests.chat import as_card, as_slack
from api.digests.notifier import DeliveryError, Message
from api.digests.secrets import secret
from api.outbound import OutboundError, post
from kb.teams import ChannelKind

_TYPE: Final = "digest.released"
_LONGEST_WAIT: Final = 86_400  # seconds that a receiver may ask for


class HookNotifier:
    """Posts JSON. The address is a secret, so no error names more of it than the host."""

    def __init__(self, private_hosts: Collection[str], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._private_hosts = private_hosts
        self._now = now

    def send(self, message: Message) -> None:
        """See Notifier."""
        space, channel = message.document.space, message.channel
        url = secret(space, channel.url or "")
        content = json.dumps(_payload(message, self._now()), ensure_ascii=False, separators=(",", ":"))
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if channel.kind is ChannelKind.WEBHOOK:
            headers |= signed(message.key, content, [secret(space, name) for name in channel.sign], self._now())
        try:
            status, after = post(url, content.encode(), headers, self._private_hosts)
        except OutboundError as error:
            raise DeliveryError(str(error)) from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise DeliveryError(f"it answered {status}", final=status == HTTPStatus.GONE, after=_wait(after))


def _payload(message: Message, now: datetime) -> Mapping[str, object]:
    match message.channel.kind:
        case ChannelKind.SLACK:
            return as_slack(message.document)
        case ChannelKind.TEAMS:
            return as_card(message.document)
        case _:
            data = message.document.without_drills().model_dump(mode="json", by_alias=True)
            return {"type": _TYPE, "timestamp": now.isoformat(), "data": data}


def signed(key: str, content: str, secrets: Collection[str], now: datetime) -> dict[str, str]:
    """The three headers of Standard Webhooks, with a signature for each secret, so that one can replace another."""
    identity = f"msg_{key}"
    try:
        signatures = [Webhook(text).sign(identity, now, content) for text in secrets]
    except (ValueError, RuntimeError):
        raise DeliveryError("a signing secret is none: expected whsec_ and base64, of at least 24 bytes") from None
    stamp = str(int(now.timestamp()))
    return {"webhook-id": identity, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}


def _wait(after: str | None) -> timedelta | None:
    """Seconds of a Retry-After; a date in it is not read: the usual pause does."""
    return timedelta(seconds=min(int(after), _LONGEST_WAIT)) if after and after.isdecimal() and len(after) < 8 else None
