"""The article: one Markdown file and what its front matter says of it. Frozen values only."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from pydantic import PlainSerializer

from kb.tree import Commit

Names: TypeAlias = Annotated[frozenset[str], PlainSerializer(sorted)]  # written in one order, whatever the hash seed


class Kind(StrEnum):
    """What sort of guidance an article is."""

    PROCEDURE = "procedure"
    TROUBLESHOOTING = "troubleshooting"
    POLICY = "policy"
    REFERENCE = "reference"
    SCRIPT = "script"
    EXPLAINER = "explainer"
    KNOWN_ISSUE = "known-issue"
    PLAYBOOK = "playbook"


class Status(StrEnum):
    """Where an article is in its life. Active and deprecated ones can be in force."""

    DRAFT = "draft"
    ACTIVE = "active"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class IdentityCheck(StrEnum):
    """What the agent must verify first."""

    NONE = "none"
    BASIC = "basic"
    ELEVATED = "elevated"


class BlockKind(StrEnum):
    """The fenced parts of a body that carry a meaning of their own."""

    SAY = "say"
    DONT_SAY = "dont-say"
    INTERNAL = "internal"
    TIER = "tier"
    ONLY = "only"
    STEP = "step"


CAN_BE_IN_FORCE: Final = (Status.ACTIVE, Status.DEPRECATED)
SCOPED: Final = (BlockKind.TIER, BlockKind.ONLY)  # parts that narrow who may see them
NEVER_SENT: Final = (BlockKind.INTERNAL, BlockKind.DONT_SAY)  # parts whose words no customer may be sent


@dataclass(frozen=True, slots=True)
class Escalation:
    """To whom, when, and what to collect first."""

    to: str
    when: str | None = None
    collect: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartScope:
    """Who may see a part: the article's own scope narrowed by every `:::tier` and `:::only` around the part."""

    tier: int
    jurisdictions: Names


@dataclass(frozen=True, slots=True)
class Section:
    """A run of body text under one heading path with one scope: `body[start:end]`."""

    heading: tuple[str, ...]
    anchor: str
    start: int
    end: int
    scope: PartScope


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced part. `text` is its Markdown without the fence; `body[start:end]` is the part with its fence."""

    kind: BlockKind
    argument: str
    text: str
    heading: tuple[str, ...]
    start: int
    end: int
    scope: PartScope


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """One answer to a step's question. Exactly one of the three ends is set."""

    text: str
    step: str | None = None
    resolved: str | None = None
    escalate: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One question of guided troubleshooting and where each answer leads."""

    name: str
    question: str
    answers: tuple[StepAnswer, ...]
    scope: PartScope


@dataclass(frozen=True, slots=True)
class Article:
    """One Markdown file, parsed. `scope` is what the front matter says; sections and blocks may be narrower.

    effective_from, effective_until: aware instants; None means always and never.
    must_read: whether every reader it concerns has to acknowledge each version.
    changed: the commit on the first-parent history that last changed the file, which is when its text went live;
             None for a file of the working tree that no commit holds yet.
    """

    id: str
    path: str
    blob: str
    title: str
    description: str | None
    kind: Kind
    products: Names
    scope: PartScope
    lang: str
    translation_of: str | None
    effective_from: datetime | None
    effective_until: datetime | None
    status: Status
    supersedes: tuple[str, ...]
    overrides: str | None
    owner: str | None
    review_by: date | None
    keywords: tuple[str, ...]
    answers: tuple[str, ...]
    escalation: Escalation | None
    identity_check: IdentityCheck
    sources: tuple[str, ...]
    redirect_from: tuple[str, ...]
    body: str
    sections: tuple[Section, ...]
    blocks: tuple[Block, ...]
    steps: tuple[Step, ...]
    must_read: bool = False
    changed: Commit | None = None

    @property
    def group(self) -> str:
        """The identity that all translations of one article share: the source article's id."""
        return self.translation_of or self.id


def is_in_force(article: Article, on: datetime) -> bool:
    """Whether the article's text is the rule at the instant `on` (aware): its status allows it and its dates hold."""
    if article.status not in CAN_BE_IN_FORCE:
        return False
    begun = article.effective_from is None or article.effective_from <= on
    return begun and (article.effective_until is None or on < article.effective_until)


def comes_and_goes(article: Article, after: datetime, until: datetime) -> bool:
    """Whether its text begins and ceases to be the rule between two instants (aware), so that it is the rule at neither."""
    begins, ends = article.effective_from, article.effective_until
    return article.status in CAN_BE_IN_FORCE and begins is not None and ends is not None and after < begins < ends <= until


def meet(one: Article, other: Article) -> bool:
    """Whether there is a moment at which both are the rule."""
    if one.status not in CAN_BE_IN_FORCE or other.status not in CAN_BE_IN_FORCE:
        return False
    return _before(one.effective_from, other.effective_until) and _before(other.effective_from, one.effective_until)


def _before(begin: datetime | None, end: datetime | None) -> bool:
    return begin is None or end is None or begin < end
