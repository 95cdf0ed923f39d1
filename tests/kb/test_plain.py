"""Markdown as the words a reader sees."""

import pytest

from kb.plain import plain
from tests.waiting import no_stall


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("**25 USD**, _at once_ and `R10`", "25 USD, at once and R10"),
        ("snake_case_name and 2*3*4", "snake_case_name and 234"),
        ("## Fees\n\n1. one\n2. two\n- three\n> four", "Fees one two three four"),
        ("[text](http://x) ![alt](a.png) [ref][1]\n[1]: http://y", "text alt ref"),
        ("| a | b |\n| --- | :-: |\n| 1 | 2 |", "a | b; 1 | 2"),
        (":::say\nThank you\n:::", "Thank you"),
        (":::tier 2\nx\n:::", "x"),
        (":::only US-CA CA-QC\nx\n:::", "x"),
        ("::: tip Good to know\nx\n:::", "Good to know x"),
        (":::warning\nx\n:::", "x"),
        ("[[toc]]\n\n# A\n\n[[ TOC ]]\n", "A"),
        ("```js\nlet a = 1\n```", "let a = 1"),
        ("<!-- for writers --> shown", "shown"),
        ("shown <!-- never closed", "shown"),
        ('<img\n  src="a>b.png"\n  alt="x" /> <br/>text</p>', "text"),
        ("{% include a.html %}x{{ site.url }}\n{: .list}\n", "x"),
        ("a &amp; b \\* c", "a & b * c"),
        ("10\u00a0000\u202fEUR  or\n\nmore", "10\u00a0000\u202fEUR or more"),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_marks_go_and_words_stay(markdown: str, words: str) -> None:
    """Nothing that a reader would read is lost, and nothing else is left."""
    assert plain(markdown) == words


@pytest.mark.parametrize("unit", ["{% ", "{{", "![", "[a](", "<a ", "<!--", "*a ", "__", "`a", "| ", "- ", ": ", '<a b="'])
def test_hostile_text_is_read_in_linear_time(unit: str) -> None:
    """A passage of openings without ends does not stall a push."""
    with no_stall():
        assert len(plain(unit * (300_000 // len(unit)))) <= 300_000
