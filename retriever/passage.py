"""Passages: exact slices of an article's body under one heading path, the unit that is embedded and ranked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.article import Article, PartScope
from kb.plain import plain
from kb.prose import in_sentences
from kb.taxonomy import Queue
from retriever.splitter import slices


@dataclass(frozen=True, slots=True)
class Passage:
    """`body[start:end]` of one article. `text` is the slice without markup: what is indexed."""

    article: str
    ordinal: int
    start: int
    end: int
    heading: tuple[str, ...]
    anchor: str
    scope: PartScope
    text: str


def passages_of(article: Article) -> list[Passage]:
    """The article's passages in the order of its text. A slice that holds markup alone is none."""
    found: list[Passage] = []
    for section in article.sections:
        raw = article.body[section.start : section.end]
        for start, end in slices(raw):
            text = plain(raw[start:end])
            if text:
                span = (section.start + start, section.start + end)
                found.append(Passage(article.id, len(found), *span, section.heading, section.anchor, section.scope, text))
    return found


def shown_text(article: Article, passage: Passage, queues: Mapping[str, Queue]) -> str:
    """What people read of the passage: its text, with sentences for the rows of tables and the answers of steps."""
    sentences = in_sentences(article, passage.start, passage.end, queues)
    return passage.text if sentences is None else plain(sentences) or passage.text


def embedding_text(article: Article, passage: Passage) -> str:
    """What is embedded: title and heading path, then the passage. Nothing else of the front matter."""
    return "\n".join([*_headline(article, passage), passage.text])


def lexical_text(article: Article, passage: Passage) -> str:
    """What is indexed word by word: the embedded text and the article's keywords."""
    return "\n".join([*_headline(article, passage), *article.keywords, passage.text])


def _headline(article: Article, passage: Passage) -> Sequence[str]:
    """Title and headings, without those that only repeat: many articles begin with their title as a heading or text."""
    headings = [heading for heading in passage.heading if heading != article.title]
    title = [] if passage.text.startswith(article.title) else [article.title]
    return [*title, " > ".join(headings)] if headings else title
