"""Closes windows and sends what waits, behind the service. Several may run at once: the database keeps them apart."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Final

import structlog

from api.digests.clerk import Clerk
from api.digests.leaving import Leaving
from api.digests.notifier import DeliveryError, Message, Notifier
from api.digests.outbox import Delivery, Outbox
from api.store_error import StoreError
from kb.errors import KbError
from kb.teams import Channel, ChannelKind
from retriever.errors import RetrieverError

_LOOK: Final = 10.0  # seconds between two looks
_SENDERS: Final = 4  # deliveries that are under way at once

log = structlog.get_logger()


def now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


class Courier:
    """Sends what waits in the outbox, one delivery at a time."""

    def __init__(
        self,
        outbox: Outbox,
        clerks: Sequence[Clerk],
        notifiers: Mapping[ChannelKind, Notifier],
        leaving: Leaving,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.outbox = outbox
        self._clerks = {clerk.live.space.name: clerk for clerk in clerks}
        self._notifiers = notifiers
        self.leaving = leaving
        self._clock = clock

    def send_next(self) -> bool:
        """Try the delivery that has waited longest; False if none is due. Raises StoreError."""
        delivery = self.outbox.claim(self._clock(), list(self._clerks))
        if delivery is None:
            return False
        try:
            self._send(delivery)
        except DeliveryError as error:
            self._failed(delivery, str(error), error)
        except Exception as error:
            log.exception("a digest could not be sent", space=delivery.space, team=delivery.team, channel=delivery.channel)
            self._failed(delivery, f"a bug: {type(error).__name__}; the log has more", None)
        else:
            self.outbox.sent(delivery, self._clock())
        return True

    def _send(self, delivery: Delivery) -> None:
        channel = self._channel(delivery)
        if channel is None:
            raise DeliveryError("kb.yml has this channel no more", final=True)
        mail = channel.kind is ChannelKind.EMAIL
        leave = self.leaving.url(delivery.space, delivery.team, delivery.recipient) if mail else None
        document = self.outbox.document(delivery.digest)
        self._notifiers[channel.kind].send(Message(delivery.id, document, channel, delivery.recipient, leave))

    def _failed(self, delivery: Delivery, reason: str, error: DeliveryError | None) -> None:
        final, after = (error.final, error.after) if error else (False, None)
        state = self.outbox.failed(delivery, self._clock(), reason, final=final, after=after)
        log.warning(
            "a digest has not arrived", space=delivery.space, team=delivery.team, channel=delivery.channel,
            attempt=delivery.attempts + 1, state=state.value, reason=reason,
        )  # fmt: skip

    def _channel(self, delivery: Delivery) -> Channel | None:
        team = self._clerks[delivery.space].live.current().library.taxonomy.teams.get(delivery.team)
        channels = team.digest.channels if team and team.digest else ()
        return next((channel for channel in channels if channel.name == delivery.channel), None)


class Scheduler:
    """The threads behind the service: one that closes windows, and some that send."""

    def __init__(self, clerks: Sequence[Clerk], courier: Courier, *, seconds: float = _LOOK) -> None:
        self._clerks = clerks
        self._courier = courier
        self._seconds = seconds
        self._ending = Event()
        self._threads = [Thread(target=self._close_windows, name="digests", daemon=True)]
        self._threads += [Thread(target=self._send, name=f"digest sender {number}", daemon=True) for number in range(_SENDERS)]

    def start(self) -> None:
        """Begin; returns at once."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Begin nothing more, and wait a little for what is under way; the rest goes out after the next start."""
        self._ending.set()
        for thread in self._threads:
            thread.join(seconds)

    def _close_windows(self) -> None:
        while not self._ending.is_set():
            for clerk in self._clerks:
                self._close_one(clerk)
            self._ending.wait(self._seconds)

    @staticmethod
    def _close_one(clerk: Clerk) -> None:
        try:
            clerk.work(now())
        except (StoreError, KbError, RetrieverError) as error:
            log.error("digests could not be made", space=clerk.live.space.name, reason=str(error))
        except Exception:
            log.exception("digests could not be made", space=clerk.live.space.name)  # the next look must be all the same

    def _send(self) -> None:
        while not self._ending.is_set():
            if not self._sent_one():
                self._ending.wait(self._seconds)

    def _sent_one(self) -> bool:
        try:
            return self._courier.send_next()
        except StoreError as error:
            log.error("the outbox cannot be used", reason=str(error))
        except Exception:
            log.exception("a digest could not be sent")  # the next one must be all the same
        return False
