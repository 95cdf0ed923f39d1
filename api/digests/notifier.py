"""How a digest gets to a receiver: one small port, with one implementation for each kind of channel."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from api.digests.document import DigestDocument
from kb.teams import Channel


@dataclass(frozen=True, slots=True)
class Message:
    """One digest for one recipient. key: the same at every attempt. leave: where the recipient stops it, of e-mails."""

    key: str
    document: DigestDocument
    channel: Channel
    recipient: str
    leave: str | None = None


class DeliveryError(Exception):
    """It has not arrived, as far as we know. final: trying again is useless. after: what the receiver asks to wait.

    The message is for operators and holds no secret.
    """

    def __init__(self, message: str, *, final: bool = False, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.final = final
        self.after = after


class Notifier(Protocol):
    """Takes a digest to a receiver."""

    def send(self, message: Message) -> None:
        """Returns when the receiver has taken it. Raises DeliveryError. May be called again with the same key."""
        ...
