"""Passages are slices of the article's own text, and nothing of the front matter is embedded."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.article import Article
from kb.plain import plain
from retriever.passage import embedding_text, lexical_text, passages_of
from tests.retriever.worlds import article, library_of, own_articles

PIECES = [
    "# One",
    "## Two ##",
    "Pay 10\u00a0000 EUR.",
    "5\u202f% of it",
    "- a list",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "`code`",
]
PIECES += [
    "x" * 700,
    "word " * 300,
    ":::tier 2\nhidden\n:::",
    "> quoted",
    "**bold** _it_ [link](http://x)",
    "é́ñ 🙂",
    "a. b; c, d",
]


def read(body: str, **front: object) -> Article:
    """The one article of a library."""
    return library_of({"a": article(body, **front)}).articles[0]


def broken_laws(one: Article) -> list[str]:
    """What of the slice law does not hold for an article."""
    passages = passages_of(one)
    wrong = [f"{p.ordinal} is not its slice" for p in passages if p.text != plain(one.body[p.start : p.end])]
    wrong += [f"{b.ordinal} overlaps" for a, b in pairwise(sorted(passages, key=lambda p: p.start)) if b.start < a.end]
    return wrong + [f"{p.ordinal} is out of order" for number, p in enumerate(passages) if p.ordinal != number]


def test_every_passage_of_our_own_articles_is_its_slice_of_the_body() -> None:
    """The text of each passage is `body[start:end]` without markup, and no character is in two passages."""
    laws = {one.id: broken_laws(one) for one in own_articles().articles}

    assert {id_: wrong for id_, wrong in laws.items() if wrong} == {}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("\n\n".join))
def test_every_passage_of_any_body_is_its_slice(body: str) -> None:
    """The law holds for tables, lists, fences, long words and repeated paragraphs alike."""
    one = read("Something.\n\n" + body)

    assert broken_laws(one) == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES[2:4] + PIECES[7:9]), min_size=1, max_size=9).map("\n\n".join))
def test_no_word_of_a_body_is_lost(body: str) -> None:
    """What the passages hold together is the body without its markup, but for white space."""
    one = read(body)

    assert "".join("".join(p.text for p in passages_of(one)).split()) == "".join(plain(one.body).split())


def test_a_no_break_space_stays_inside_an_amount() -> None:
    """ "10 000 EUR" with its no-break space is one amount; splitters that normalise make 10000 or two numbers of it."""
    one = read("The limit is 10\u00a0000\u00a0EUR a day.\n\n" + "Filler text. " * 120)

    assert passages_of(one)[0].text.startswith("The limit is 10\u00a0000\u00a0EUR a day.")


def test_a_slice_of_markup_alone_is_no_passage() -> None:
    """A comment for writers is not indexed."""
    one = read("<!-- to do -->\n\n# Real\n\nText.")

    assert [p.text for p in passages_of(one)] == ["Text."]


FRONT = {"description": "zdescription", "keywords": "[zkeyword]", "answers": "[zanswer]", "sources": "[zsource]"}


@pytest.mark.parametrize(
    ("word", "embedded", "indexed"),
    [
        ("zdescription", False, False),
        ("zkeyword", False, True),
        ("zanswer", False, False),
        ("zsource", False, False),
        ("ztitle", True, True),
        ("zheading", True, True),
        ("zbody", True, True),
    ],
)
def test_what_of_an_article_is_embedded_and_indexed(word: str, embedded: bool, indexed: bool) -> None:
    """Title, headings and text are both; keywords are words to be found by; the rest of the front matter is neither."""
    one = read("# zheading\n\nzbody", title="ztitle", **FRONT)
    passage = passages_of(one)[0]

    assert (word in embedding_text(one, passage), word in lexical_text(one, passage)) == (embedded, indexed)


def test_a_heading_that_repeats_the_title_is_embedded_once(tmp_path: Path) -> None:
    """Many articles begin with their title as a heading; said twice it would outweigh the text."""
    one = read("# A title\n\nText.", title="A title")

    assert embedding_text(one, passages_of(one)[0]) == "A title\nText."
