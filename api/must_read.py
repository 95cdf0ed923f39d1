"""What a reader must read and acknowledge, version by version."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from api.guidance import NotFoundError, Opened, RequestError
from kb.article import Article, is_in_force
from kb.digest import serves
from kb.language import base_language
from kb.teams import Team
from kb.translation import TranslationState, translation_state
from retriever.scope import Scope
from retriever.snapshot import Snapshot


class OutdatedError(RequestError):
    """What is to be acknowledged is not the version that is live."""


@dataclass(frozen=True, slots=True)
class MustRead:
    """One article that the reader must read. It is done once any text of it is acknowledged as it stands now.

    article:  in the reader's language where there is such a text, else the source.
    versions: (article, version) of every text of it that the reader may read, but for translations that lack something of it.
    """

    article: Article
    versions: frozenset[tuple[str, str]]


def must_reads(
    snapshot: Snapshot, scope: Scope, teams: Collection[Team], lang: str | None, told: Collection[tuple[str, str]] = ()
) -> Iterator[MustRead]:
    """What is in force in the scope and has to be read, in the order of the articles' ids.

    Told by the article itself, to the teams that serve its products and places, whatever they read, or to everybody where
    there is no team; or by a digest, as `must_read` of the team in kb.yml has it.
    told: the (article, version) that a digest of one of the teams said.
    """
    for members in snapshot.members.values():
        readable = [it for it in members if it.changed and it.scope.tier <= scope.tier and is_in_force(it, scope.effective_on)]
        readable = [it for it in readable if _says_all(snapshot, it)] or readable
        versions = frozenset((it.id, it.changed.sha) for it in readable if it.changed)
        wanted = any(it.must_read for it in readable) and (
            not teams or any(serves(team, it) for team in teams for it in readable)
        )
        if versions and (wanted or not versions.isdisjoint(told)):
            yield MustRead(_shown(readable, lang), versions)


def live_version(opened: Opened, version: str) -> str:
    """The version of the article as it stands now, if it is the one named. Raises OutdatedError or NotFoundError."""
    if opened.article.changed is None:
        raise NotFoundError("This text is in no commit yet, so there is no version of it to acknowledge.")
    now = opened.article.changed.sha
    if version != now:
        raise OutdatedError(f"Another version of {opened.article.id!r} is live: {now}. Read it, and acknowledge that one.")
    return now


def _says_all(snapshot: Snapshot, article: Article) -> bool:
    """Whether who reads this text has read what its source says; not where that could not be found out."""
    lack = snapshot.library.lacking.get(article.id)
    if lack is not None:
        return lack.is_nothing
    source = snapshot.articles.get(article.translation_of or "")
    return translation_state(source, article) is TranslationState.CURRENT


def _shown(readable: list[Article], lang: str | None) -> Article:
    own = [it for it in readable if lang is not None and base_language(it.lang) == base_language(lang)]
    source = [it for it in readable if it.translation_of is None]
    return [*own, *source, *readable][0]
