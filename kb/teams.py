"""Teams as `kb.yml` describes them: whom guidance concerns, and how they hear of what changed."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from kb.jurisdiction import ALL
from kb.language import base_language
from kb.role import Role
from kb.schedule import Every, Weekday
from kb.severity import Severity
from kb.zone import ZoneName

_CLOSED: Final = ConfigDict(extra="forbid")
_LOCAL_TIME: Final = r"([01]\d|2[0-3]):[0-5]\d"
_SECRET: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


def _secret(name: str) -> str:
    if not _SECRET.fullmatch(name):
        raise ValueError("expected a name such as SLACK_MONTERREY; what it stands for is in the environment, never here")
    return name


_LocalTime = Annotated[str, StringConstraints(pattern=rf"^{_LOCAL_TIME}$")]
_Secret = Annotated[str, AfterValidator(_secret)]
_Address = Annotated[str, StringConstraints(pattern=r"^[^\s@<>,;:\"]+@[^\s@<>,;:\"]+$", max_length=254)]


class ChannelKind(StrEnum):
    """Where a digest goes."""

    EMAIL = "email"
    SLACK = "slack"
    TEAMS = "teams"
    WEBHOOK = "webhook"
    APPRISE = "apprise"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to a team.

    to:     addresses, of an e-mail.
    url:    NAME of the secret that holds the address, of everything else but a file.
    sign:   NAMES of the secrets that sign a webhook; several while they rotate.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED
    kind: ChannelKind
    to: tuple[_Address, ...] = ()
    url: _Secret | None = None
    sign: tuple[_Secret, ...] = ()

    @property
    def name(self) -> str:
        """What tells a team's channels apart, in the outbox, in figures and on the command line; holds no secret."""
        return f"{self.kind}:{self.url}" if self.url else self.kind.value

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whom each delivery of its own goes to: each address of an e-mail, so that one that bounces stops no other."""
        return self.to if self.kind is ChannelKind.EMAIL else ("",)


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """When a team hears of changes, and of which.

    schedule, at, day: on these days at this local time; `day` for weekly alone.
    immediately:    changed rules are told as soon as they are live, too.
    quiet:          from and until local times between which nothing is sent.
    severity:       the least that is worth a digest. must_read: what each member has to acknowledge; None: nothing.
    certified:      per cent of a drill from which a member counts as certified for a version.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED
    schedule: Every = Every.WEEKDAYS
    at: _LocalTime = "08:00"
    day: Weekday = Weekday.MONDAY
    time_zone: ZoneName | None = None
    immediately: bool = False
    quiet: Annotated[tuple[_LocalTime, ...], Field(min_length=2, max_length=2)] | None = None
    severity: Severity = Severity.CLARIFIED
    must_read: Severity | None = None
    certified: Annotated[int, Field(ge=1, le=100)] = 80
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True)
class Team:
    """A group of agents and what concerns them.

    members: names by which the service knows its readers; beside them everybody whose token names the team.
    roles:   who has one of them, may read at the team's tier, and reads one of its languages, belongs to it too.
    owners:  whose overdue reviews the team hears of; `all`: everybody's, and of articles without an owner.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED
    name: str
    products: tuple[str, ...] = ("all",)
    jurisdictions: tuple[str, ...] = ("all",)
    tier: int = 1
    languages: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    owners: tuple[str, ...] = ()
    digest: DigestPlan | None = None

    def reads(self, lang: str) -> bool:
        """Whether it is one of the team's languages; a team that names none reads all."""
        return not self.languages or base_language(lang) in map(base_language, self.languages)

    def hears_of(self, owner: str | None) -> bool:
        """Whether the team is told of overdue reviews of that owner's articles."""
        return owner in self.owners or ALL in self.owners

    def lang(self, source: str) -> str:
        """The language in which the team is told; the source language where it names none."""
        return base_language(self.languages[0] if self.languages else source)


def unfit_channel(channel: Channel) -> str | None:
    """What a channel of its kind lacks, or has too much; None if nothing."""
    kind = channel.kind
    if kind is ChannelKind.EMAIL:
        wrong = not channel.to or channel.url or channel.sign
        return "an email channel has `to`, a list of addresses, and nothing else" if wrong else None
    if kind is ChannelKind.FILE:
        wrong = channel.to or channel.url or channel.sign
        return "a file channel has no other key; its folder is the operator's" if wrong else None
    if channel.to or channel.url is None:
        return f"a {kind} channel has `url`, the name of a secret"
    if bool(channel.sign) != (kind is ChannelKind.WEBHOOK):
        return "a webhook has `sign`, the names of the secrets that sign it; nothing else has"
    return None
