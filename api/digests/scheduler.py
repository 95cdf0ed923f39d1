"""Closes windows and sends what waits, behind the service. Several may run at once: the database keeps them apart."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from time import monotonic
from typing import Final

import structlog

from api.digests.clerk import Clerk, schedule_of
from api.digests.document import DigestDocument
from api.digests.leaving import Leaving
from api.digests.notifier import DeliveryError, Message, Notifier
from api.digests.outbox import Delivery, Outbox
from api.digests.sight import as_sent
from api.live import LiveSpace
from api.store_error import StoreError
from kb.errors import KbError
from kb.teams import Channel, ChannelKind, Team
from retriever.errors import RetrieverError
from retriever.snapshot import Snapshot

_LOOK: Final = 10.0  # seconds between two looks
_SENDERS: Final = 4  # deliveries that are under way at once
_AGAIN: Final = timedelta(minutes=1)  # until a delivery is looked at again that could not be tried
_LONGEST_BEHIND: Final = timedelta(days=1)  # after a digest: what does not hold its commit by then will not hold it any more

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
            self._deliver(delivery)
        except DeliveryError as error:
            self._failed(delivery, str(error), error)
        except (KbError, RetrieverError) as error:  # nothing of the receiver's: it costs no attempt
            self.outbox.postpone(delivery, self._clock(), self._clock() + _AGAIN)
            log.warning("a digest waits for its space", space=delivery.space, team=delivery.team, reason=str(error))
        except StoreError:  # whether it was sent or not, it goes out again with the same key when its hold ends
            raise
        except Exception as error:
            log.exception("a digest could not be sent", space=delivery.space, team=delivery.team, channel=delivery.channel)
            self._failed(delivery, f"a bug: {type(error).__name__}; the log has more", None)
        return True

    def _deliver(self, delivery: Delivery) -> None:
        """Send what the team may see of it now, unless that is nothing, or these are quiet hours."""
        live, now = self._clerks[delivery.space].live, self._clock()
        snapshot, made = live.current(), self.outbox.document(delivery.digest)
        if now < made.to.at + _LONGEST_BEHIND and _is_behind(live, snapshot, made.to.commit):
            self.outbox.postpone(delivery, now, now + _AGAIN)
            return
        taxonomy = snapshot.library.taxonomy
        team = taxonomy.teams.get(delivery.team)
        channel = next((it for it in _channels(team) if it.name == delivery.channel), None)
        if team is None or team.digest is None or channel is None or delivery.recipient not in channel.recipients:
            raise DeliveryError("kb.yml has this channel, or this address of it, no more", final=True)
        if until := schedule_of(team.digest, taxonomy).quiet_end(now):
            self.outbox.postpone(delivery, now, until)
            return
        document = as_sent(made, team, snapshot, now)
        if document is None:
            self.outbox.cancel(delivery, now, "its team may see nothing of it any more")
            log.warning("a digest was cancelled", space=delivery.space, team=delivery.team, channel=delivery.channel)
            return
        self._send(delivery, channel, document)
        left = len(made.lines()) - len(document.lines())
        note = f"without {left} of {len(made.lines())} articles, which its team may see no more" if left else None
        self.outbox.sent(delivery, self._clock(), note)

    def _send(self, delivery: Delivery, channel: Channel, document: DigestDocument) -> None:
        mail = channel.kind is ChannelKind.EMAIL
        leave = self.leaving.url(delivery.space, delivery.team, delivery.recipient) if mail else None
        self._notifiers[channel.kind].send(Message(delivery.id, document, channel, delivery.recipient, leave))

    def _failed(self, delivery: Delivery, reason: str, error: DeliveryError | None) -> None:
        final, after = (error.final, error.after) if error else (False, None)
        state = self.outbox.failed(delivery, self._clock(), reason, final=final, after=after)
        log.warning(
            "a digest has not arrived", space=delivery.space, team=delivery.team, channel=delivery.channel,
            attempt=delivery.attempts + 1, state=state.value, reason=reason,
        )  # fmt: skip


def _is_behind(live: LiveSpace, snapshot: Snapshot, commit: str) -> bool:
    """Whether this process has not come to the commit yet, so that what it takes for withdrawn may be what is new.

    It has if the commit was live here and was taken back since, too.
    """
    held = snapshot.manifest.commit
    if held is None or held == commit or live.space.repository.is_before(commit, held):
        return False
    served = [line.commit for line in live.space.log.all() if line.is_live]
    return commit not in served or served[-1] != held


def _channels(team: Team | None) -> Sequence[Channel]:
    return team.digest.channels if team and team.digest else ()


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
        until = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))

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
