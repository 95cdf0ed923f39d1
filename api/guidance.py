"""The use cases of the service: ask, and open an article. For one reader, over any wire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Final

from api.access import Action, may
from api.live import LiveSpace
from api.reader import Reader
from kb.address import address_now
from kb.article import Article, Status, is_in_force
from kb.language import base_language
from kb.redaction import Found, redact
from kb.taxonomy import Taxonomy
from kb.translation import Lacking, TranslationState, translation_state
from retriever.answer import Answer
from retriever.question import Question
from retriever.scope import Scope, replacements, sees
from retriever.search import search
from retriever.shown import lacking
from retriever.snapshot import Models, Snapshot

MOST_HITS: Final = 50
LONGEST_QUESTION: Final = 20_000  # characters; a pasted thread of mails fits, a pasted log file does not


class RequestError(Exception):
    """A request that cannot be answered as it stands. The message says what was expected, and the cure."""


class NotGrantedError(Exception):
    """The reader asks for something that is not granted. Says nothing of whether it exists."""


class NotFoundError(Exception):
    """There is no such thing for this reader in this scope."""


class MovedError(Exception):
    """The article that is asked for by an old address; `now` is its id."""

    def __init__(self, now: str) -> None:
        self.now = now
        super().__init__(f"This is an old address of the article {now!r}.")


@dataclass(frozen=True, slots=True)
class Ask:
    """One question with its scope, as asked, without the secrets that were typed into it. None means: not said.

    q:            its secrets are replaced here, where it enters, so that nothing behind this line ever holds one.
    struck:       where they stood in the text that was typed.
    space:        `name@branch` is taken apart here: what follows the @ goes to `branch`, the preview that is asked for.

    as_of:        which commit was live: an instant, or a commit id.
    effective_on: which day's rules: a date begins at midnight in the space's zone; default: the moment of `as_of` (of a commit:
                  when it was made), else now.
    """

    q: str
    space: str = "default"
    products: tuple[str, ...] | None = None
    jurisdiction: str | None = None
    tier: int | None = None
    lang: str | None = None
    limit: int = 10
    as_of: datetime | date | str | None = None
    effective_on: datetime | date | None = None
    struck: tuple[Found, ...] = ()
    branch: str | None = None

    def __post_init__(self) -> None:
        space, named, branch = self.space.partition("@")
        object.__setattr__(self, "space", space)
        object.__setattr__(self, "branch", branch if named else self.branch)
        redacted = redact(self.q)
        object.__setattr__(self, "q", redacted.text)
        object.__setattr__(self, "struck", (*self.struck, *redacted.found))

    @property
    def target(self) -> str:
        """What was asked, as an answer names it: the space, and the branch where one is previewed."""
        return f"{self.space}@{self.branch}" if self.branch else self.space


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and the snapshot it is from."""

    answer: Answer
    snapshot: Snapshot
    as_of: datetime | str | None


@dataclass(frozen=True, slots=True)
class View:
    """What one reader sees there and then: the snapshot, and the scope in it."""

    snapshot: Snapshot
    scope: Scope
    as_of: datetime | str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """An article as one reader may see it, and whether it is the rule there and then."""

    article: Article
    snapshot: Snapshot
    scope: Scope
    in_force: bool
    replaced_by: str | None
    translation: TranslationState
    lacking: tuple[Lacking, ...]
    translations: Mapping[str, str]
    overrides: tuple[str, ...]
    supersedes: tuple[str, ...]
    superseded_by: tuple[str, ...]


class Guidance:
    """All spaces of one service."""

    def __init__(self, spaces: Mapping[str, LiveSpace], models: Models) -> None:
        self.spaces = spaces
        self._models = models

    @property
    def model_names(self) -> Mapping[str, str]:
        """The models that answer, what translates questions, and what reranks, if anything does."""
        reranker = self._models.reranker
        last = {"reranker": reranker.model.name} if reranker else {}
        return {**self._models.names, "translator": self._models.translator.name, **last}

    def ask(self, ask: Ask, reader: Reader) -> Answered:
        """Answer one question for one reader. Raises RequestError, NotGrantedError, KbError or RetrieverError."""
        text = ask.q.strip()
        if not text:
            raise RequestError("q is empty; expected the customer's issue in a few words.")
        if len(text) > LONGEST_QUESTION:
            raise RequestError(
                f"q has {len(text):,} characters; expected at most {LONGEST_QUESTION:,}. Paste the part that states the issue."
            )
        if not 1 <= ask.limit <= MOST_HITS:
            raise RequestError(f"limit is {ask.limit}; expected 1 to {MOST_HITS}.")
        view = self.view(ask, reader)
        question = Question(text, ask.lang or reader.lang)
        answer = search(question, view.scope, view.snapshot, self._models, limit=ask.limit)
        return Answered(answer, view.snapshot, view.as_of)

    def view(self, ask: Ask, reader: Reader) -> View:
        """What the reader sees in the asked scope, without a question. Raises what `ask` raises."""
        snapshot, as_of = self._snapshot(ask, reader)
        return View(snapshot, self._scope(ask, reader, snapshot, as_of), as_of)

    def open(self, article_id: str, ask: Ask, reader: Reader) -> Opened:
        """Open one article. Raises NotFoundError also where it is hidden from the reader: the two look alike."""
        view = self.view(ask, reader)
        snapshot, scope = view.snapshot, view.scope
        article = snapshot.articles.get(article_id)
        if article is None or not may_open(article, scope):
            if article is None and (now := address_now(snapshot.library.articles, article_id, partial(may_open, scope=scope))):
                raise MovedError(now)
            raise NotFoundError(f"There is no article {article_id!r} here that you may read.")
        if ask.lang is not None:
            article = _in_language(snapshot, article, ask.lang, scope)
        winner = replacements(snapshot.overriding, scope).get(article.group)
        readable = [member for member in snapshot.members[article.group] if may_open(member, scope)]
        applies = scope.jurisdiction is None or sees(scope, article.scope)
        return Opened(
            article=article,
            snapshot=snapshot,
            scope=scope,
            in_force=applies and winner is None and is_in_force(article, scope.effective_on),
            replaced_by=winner.id if winner is not None and may_open(winner, scope) else None,
            translation=translation_state(
                snapshot.articles.get(article.translation_of or ""), article, snapshot.library.lacking
            ),
            lacking=lacking(snapshot.library, article, scope),
            translations={member.lang: member.id for member in readable},
            overrides=openable(snapshot, [article.overrides or ""], scope),
            supersedes=openable(snapshot, article.supersedes, scope),
            superseded_by=openable(snapshot, successors(snapshot, article), scope),
        )

    def _snapshot(self, ask: Ask, reader: Reader) -> tuple[Snapshot, datetime | str | None]:
        space, as_of = ask.space, ask.as_of
        if space not in reader.spaces or space not in self.spaces:
            raise NotFoundError(f"There is no space {space!r} that you may ask.")  # a foreign one is like none
        live = self.spaces[space]
        if ask.branch is not None:
            return _preview(live, ask.branch, as_of, reader), None
        if as_of is None:
            return live.current(), None
        taxonomy = live.current().library.taxonomy
        moment = as_of if isinstance(as_of, str) else _instant(as_of, taxonomy)
        return live.at(moment), moment

    def _scope(self, ask: Ask, reader: Reader, snapshot: Snapshot, as_of: datetime | str | None) -> Scope:
        taxonomy = snapshot.library.taxonomy
        made = snapshot.library.commit.at if snapshot.library.commit else None
        granted = taxonomy.highest_tier if reader.tier is None else taxonomy.granted_tier(reader.tier)
        usual = taxonomy.least_tier if reader.asks is None else taxonomy.granted_tier(reader.asks)
        tier = min(usual, granted) if ask.tier is None else ask.tier
        if tier not in taxonomy.tiers:
            raise RequestError(f"tier is {tier}; expected one of {', '.join(map(str, sorted(taxonomy.tiers)))}.")
        if tier > granted:
            raise NotGrantedError(f"tier is {tier}, above yours ({granted}). Ask at your own tier or below.")
        on = ask.effective_on
        moment = as_of if isinstance(as_of, datetime) else made if as_of is not None and made is not None else datetime.now(UTC)
        return Scope(
            products=None if ask.products is None else frozenset(ask.products),
            jurisdiction=ask.jurisdiction,
            tier=tier,
            effective_on=moment if on is None else _instant(on, taxonomy),
        )


def _preview(live: LiveSpace, branch: str, as_of: datetime | date | str | None, reader: Reader) -> Snapshot:
    if not may(reader.role, Action.PREVIEW):
        raise NotGrantedError("Only writers may ask a branch that is not merged. Leave out the @ and what follows it.")
    if as_of is not None:
        raise RequestError("as_of tells what was live, and a branch never was. Leave out as_of, or the @ and what follows it.")
    return live.preview(branch)


def _instant(moment: datetime | date, taxonomy: Taxonomy) -> datetime:
    """A date begins at midnight in the space's time zone; an instant without an offset is in it too."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time.min, taxonomy.zone)
    return moment if moment.tzinfo else moment.replace(tzinfo=taxonomy.zone)


def may_open(article: Article, scope: Scope) -> bool:
    """Whether the reader may open the article at all: of its tier, and not a draft. Old and future texts say what they are."""
    return article.scope.tier <= scope.tier and article.status is not Status.DRAFT


def openable(snapshot: Snapshot, ids: Sequence[str], scope: Scope) -> tuple[str, ...]:
    """Those of the ids that the reader may open: naming the others would tell that they are there."""
    return tuple(id_ for id_ in ids if id_ in snapshot.articles and may_open(snapshot.articles[id_], scope))


def successors(snapshot: Snapshot, article: Article) -> list[str]:
    """The articles that say they take over from this one, in the order of their ids; no drafts."""
    return [
        other.id for other in snapshot.library.articles if article.id in other.supersedes and other.status is not Status.DRAFT
    ]


def _in_language(snapshot: Snapshot, article: Article, lang: str, scope: Scope) -> Article:
    for member in snapshot.members[article.group]:
        fits = base_language(member.lang) == base_language(lang) and sees(scope, member.scope)
        if fits and is_in_force(member, scope.effective_on):
            return member
    return article
