"""A snapshot: the immutable index of one commit, built and held in memory."""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial
from typing import Final

import numpy as np

from kb.article import Article
from kb.language import base_language
from kb.library import Library
from kb.taxonomy import Queue
from kb.visible import seen
from retriever.alignment import Alignment
from retriever.arrays import FloatMatrix, IntVector
from retriever.centring import centred
from retriever.dictionaries import IN_MEMORY, Dictionaries
from retriever.embedder import Embedder
from retriever.exact import ExactIndex
from retriever.in_scope import InScope
from retriever.leg import ENGLISH, MULTILINGUAL, SOURCE_LANGUAGE, WHOLE, Leg, store_of
from retriever.lexical import Lexical
from retriever.passage import Passage, lexical_text, shown_text
from retriever.reranker import Reranker
from retriever.scope import PassageTable, Scope, sees_from, table_of
from retriever.shown import Shown, Texts, shown_in
from retriever.space_words import SpaceWords
from retriever.spelling import Spelling
from retriever.splitter import CHUNKING
from retriever.titles import TitleIndex
from retriever.translator import NoTranslator, Translator

FORMAT: Final = 4  # of what it holds; another number is another snapshot
NOT_TRANSLATED: Final = NoTranslator()
SEEN: Final = 2**11  # articles as readers saw them, of which those that hide a part are copies: 4 kB each
SCOPES: Final = 64  # of which what they see is kept: 4 to 28 bytes for each passage, by what is asked in them
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
SHOWN: Final = 2**12  # passages as people read them: 1 kB for one with a table or steps, which takes 0.2 ms


@dataclass(frozen=True, slots=True)
class Models:
    """What texts are read with: a model for English over English, one for every other pair of languages, and a translator.

    reranker:     what has the last word on the order of the first articles; None, as is usual, for nothing.
    dictionaries: by which a slip of typing is told from a word.
    """

    english: Embedder
    multilingual: Embedder
    translator: Translator = NOT_TRANSLATED
    reranker: Reranker | None = None
    dictionaries: Dictionaries = IN_MEMORY

    @property
    def unhurried(self) -> "Models":
        """The same, but for a reranker's limit of time: on a busy machine as on an idle one, the same answer."""
        return replace(self, reranker=self.reranker.unhurried if self.reranker else None)

    @property
    def names(self) -> dict[str, str]:
        """What the fingerprint and the answers call the models; translator and reranker change nothing in a snapshot."""
        return self.named(WHOLE)

    def named(self, legs: Collection[str]) -> dict[str, str]:
        """The names of the models of some legs."""
        names = {ENGLISH: self.english.name, MULTILINGUAL: self.multilingual.name}
        return {leg: name for leg, name in names.items() if leg in legs}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot is of. `fingerprint` covers format, models with their prefixes, chunking and every (path, blob).

    models: by leg; one of the first stage names the English one alone.
    """

    format: int
    fingerprint: str
    commit: str | None
    committed_at: str | None
    built_at: str
    models: Mapping[str, str]
    chunking: str
    articles: int
    passages: int
    embedded: Mapping[str, int]
    files: Mapping[str, str]


class Snapshot:
    """Everything that answers need, of one commit. Nothing of it ever changes.

    legs:       what each model reads. One of the first stage has no multilingual leg: what the English model does not read is
                found by its words.
    alignment:  how the English model's space lies in the multilingual one's; None of the first stage, or of few passages.
    exact:      codes, ids and quoted phrases.
    rows_of:    the rows of each article's passages, which stand together; an article without a passage has none.
    members:    the articles of each group: a source and its translations, the source first.
    overriding: the articles that replace another one somewhere, without their translations.
    """

    def __init__(
        self,
        manifest: Manifest,
        library: Library,
        passages: tuple[Passage, ...],
        lexical: Lexical,
        vectors: Mapping[str, FloatMatrix],
        alignment: Alignment | None,
        before: "Snapshot | None" = None,
    ) -> None:
        self.manifest = manifest
        self.library = library
        self.passages = passages
        self.articles: Mapping[str, Article] = {article.id: article for article in library.articles}
        self.rows_of: Mapping[str, range] = _rows_of(passages)
        known = _known(self.articles, self.rows_of, len(passages), before) if before else None
        self.table: PassageTable = table_of(passages, self.articles, library.taxonomy.products, known)
        self.lexical = lexical
        self.vectors = vectors
        self.alignment = alignment
        everywhere = np.arange(len(passages), dtype=np.int64)
        english = english_rows(self.articles[passage.article] for passage in passages)
        spoken = [base_language(self.articles[passage.article].lang) for passage in passages]
        self.legs: Mapping[str, Leg] = {
            name: Leg(english, store_of(matrix), matrix)
            if name == ENGLISH
            else Leg(everywhere, store_of(centred(matrix, spoken)), matrix)
            for name, matrix in vectors.items()
        }
        self.overriding = tuple(
            article for article in library.articles if article.overrides is not None and article.translation_of is None
        )
        # now, not at the first question: 10,000 passages take half a second
        self.exact: ExactIndex = ExactIndex(passages, self.articles, self.rows_of, before.exact if before else None)
        self.words = SpaceWords(library.taxonomy, library.glossary)
        articles = self.articles
        self.spelling: Spelling = Spelling(
            lambda: _fresh(passages, articles, None),
            before.spelling if before else None,
            lambda: _fresh(passages, articles, before),
        )
        # bound to the articles, not to the snapshot: a cycle would keep an old snapshot until the collector comes
        self._shown = lru_cache(maxsize=SHOWN)(partial(_shown, articles, passages, library.taxonomy.queues))
        self.members: Mapping[str, tuple[Article, ...]] = _members(library.articles)
        self._moments = _moments(library.articles)
        highest = library.taxonomy.highest_tier
        self._in_scope = lru_cache(maxsize=SCOPES)(partial(InScope, self.table, self.overriding, highest))
        as_seen = lru_cache(maxsize=SEEN)(partial(_seen, articles))
        texts = Texts(library, self.articles, self.members, passages, as_seen, self._in_scope)
        self._shown_in = lru_cache(maxsize=SEEN)(partial(shown_in, texts))

    def words_of(self, row: int) -> str:
        """A passage's words as they are indexed: with title, headings and keywords."""
        passage = self.passages[row]
        return lexical_text(self.articles[passage.article], passage)

    def shown(self, row: int) -> str:
        """A passage's words as people read them."""
        return self._shown(row)

    def shown_in(self, in_scope: InScope, row: int) -> Shown:
        """The passage as it is shown in a scope that allows it."""
        return self._shown_in(in_scope.scope, row)  # not by in_scope itself, whose masks would be kept for as long

    def in_scope(self, scope: Scope) -> InScope:
        """What the scope sees: the same since an article last began or ended, so by that instant it is kept."""
        passed = bisect_right(self._moments, scope.effective_on)
        since = self._moments[passed - 1] if passed else _EARLIEST
        return self._in_scope(Scope(scope.products, scope.jurisdiction, scope.tier, since))

    @cached_property
    def titles(self) -> TitleIndex:
        """For suggestions; made at the first one, because most commands never need it."""
        return TitleIndex(self.library.articles)

    @property
    def is_whole(self) -> bool:
        """Whether it has every leg."""
        return MULTILINGUAL in self.legs

    @property
    def is_mostly_english(self) -> bool:
        """Whether half of the articles or more can be read in English, and so be found by the English leg alone."""
        english = self.table.languages.get(SOURCE_LANGUAGE, np.zeros(self.table.size, bool))
        return 2 * int(np.count_nonzero(self.table.groups_with(english))) >= len(self.table.group_names)


def _fresh(passages: Iterable[Passage], articles: Mapping[str, Article], before: Snapshot | None) -> Iterator[tuple[str, str]]:
    """The language and words of the passages of articles that do not read the same in an earlier snapshot."""
    for passage in passages:
        article, old = articles[passage.article], before.articles.get(passage.article) if before else None
        if old is None or not reads_the_same(article, old):
            yield article.lang, lexical_text(article, passage)


def _seen(articles: Mapping[str, Article], id_: str, tier: int, jurisdiction: str | None) -> Article:
    return seen(articles[id_], partial(sees_from, tier, jurisdiction))


def _shown(articles: Mapping[str, Article], passages: Sequence[Passage], queues: Mapping[str, Queue], row: int) -> str:
    return shown_text(articles[passages[row].article], passages[row], queues)


def _rows_of(passages: Sequence[Passage]) -> Mapping[str, range]:
    rows: dict[str, range] = {}
    for row, passage in enumerate(passages):
        first = rows.get(passage.article, range(row, row)).start
        rows[passage.article] = range(first, row + 1)
    return rows


def _known(
    articles: Mapping[str, Article], rows_of: Mapping[str, range], size: int, before: Snapshot
) -> tuple[PassageTable, IntVector] | None:
    """The table before, and (n,) int64: the row that each passage of an article that is the same in every respect had there."""
    if not before.table.size:
        return None
    kept = np.full(size, -1, np.int64)
    for name, rows in rows_of.items():
        if before.articles.get(name) is articles[name]:
            first = before.rows_of[name].start
            kept[rows.start : rows.stop] = np.arange(first, first + len(rows))
    return before.table, kept


def _members(articles: Sequence[Article]) -> Mapping[str, tuple[Article, ...]]:
    """articles: in the order of their ids."""
    groups = {article.id: (article,) for article in articles if article.translation_of is None}
    for article in articles:
        if article.translation_of is not None:
            groups[article.translation_of] = (*groups.get(article.translation_of, ()), article)
    return groups


def _moments(articles: Iterable[Article]) -> list[datetime]:
    """The instants, rising, at which an article begins or ceases to be in force."""
    return sorted({moment for it in articles for moment in (it.effective_from, it.effective_until) if moment is not None})


def english_rows(owners: Iterable[Article]) -> IntVector:
    """The places, rising, of those that the English model reads too."""
    return np.array([row for row, owner in enumerate(owners) if base_language(owner.lang) == SOURCE_LANGUAGE], np.int64)


def fingerprint(library: Library, models: Mapping[str, str]) -> str:
    """What a snapshot depends on, as one checksum."""
    facts = {"format": FORMAT, "models": dict(models), "chunking": CHUNKING, "folder": library.folder, "files": library.files}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def manifest_of(library: Library, models: Mapping[str, str], passages: int, embedded: Mapping[str, int]) -> Manifest:
    """What a snapshot that is built now is of. passages: how many it has; embedded: how many of them were, by leg."""
    return Manifest(
        format=FORMAT,
        fingerprint=fingerprint(library, models),
        commit=library.commit.sha if library.commit else None,
        committed_at=library.commit.at.isoformat() if library.commit else None,
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
        models=models,
        chunking=CHUNKING,
        articles=len(library.articles),
        passages=passages,
        embedded=embedded,
        files={},
    )


def reads_the_same(one: Article, other: Article) -> bool:
    """Whether two articles are cut, indexed and embedded alike."""
    return one is other or (one.title, one.lang, one.keywords, one.body, one.sections) == (
        other.title, other.lang, other.keywords, other.body, other.sections
    )  # fmt: skip
