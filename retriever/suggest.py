"""Titles that go on from what has been typed so far: suggestions while an agent writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kb.article import Article
from retriever.collapse import is_shown, shown_member
from retriever.scope import Scope, mask, replacements
from retriever.snapshot import Snapshot
from retriever.titles import WORD, folded, words_of

MOST: Final = 10


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One article. matched: (start, end) of the typed beginnings in its title; empty where its keywords matched."""

    article: Article
    matched: tuple[tuple[int, int], ...]


def suggest(snapshot: Snapshot, typed: str, scope: Scope, lang: str | None) -> tuple[Suggestion, ...]:
    """Articles in the scope that what was typed may mean, at most MOST; nothing outside of it is ever named.

    Words in the title come before keywords, short titles before long ones. Translations are one suggestion, in `lang` where
    the article is there in it.
    """
    replaced = replacements(snapshot.overriding, scope)
    allowed = mask(snapshot.table, scope, replaced)
    best: dict[str, tuple[Article, int]] = {}
    for article, in_title in snapshot.titles.find(typed):
        if is_shown(snapshot, article, allowed) and in_title > best.get(article.group, (article, -1))[1]:
            best[article.group] = (article, in_title)
    ranked = sorted(best.values(), key=lambda it: (-it[1], len(it[0].title), it[0].id))[:MOST]
    beginnings = words_of(typed)
    shown = (shown_member(snapshot, article.group, allowed, lang or article.lang) for article, _ in ranked)
    return tuple(Suggestion(article, _spans(article.title, beginnings)) for article in shown)


def _spans(title: str, beginnings: Sequence[str]) -> tuple[tuple[int, int], ...]:
    spans = []
    for word in WORD.finditer(title):
        fitting = [len(beginning) for beginning in beginnings if folded(word[0]).startswith(beginning)]
        if fitting:
            spans.append((word.start(), min(word.end(), word.start() + max(fitting))))
    return tuple(spans)
