"""Tables and guided steps as sentences: what a snippet shows where the article has rows and arrows."""

import re

import pytest

from kb.article import Article
from kb.plain import plain
from kb.prose import in_sentences
from kb.taxonomy import Queue
from retriever.passage import passages_of, shown_text
from tests.retriever.worlds import article, library_of, own_articles

TABLE = """\
| Answer | Code | Signed statement |
| --- | :-: | --- |
| No, never | `R10` | Yes |
| Yes, and it is due. | R08 (stop \\| hold) | |
| 4 | | No |
"""
STEPS = """\
Before you begin.

:::step start
Is the **card** in the customer's hands?

- Yes -> posted
- Yes, but it is
  bent -> resolved: Send a new one.
- `41` or `43` → escalate: cards-l2
:::

:::step posted
Was it posted?

- Yes -> resolved: Explain the charge.
- No -> escalate: support-l2
:::

Then close -> the case.
"""
ROWS = (
    "No, never – Code: R10, Signed statement: Yes · Yes, and it is due. – Code: R08 (stop | hold) · "
    "Answer 4 – Signed statement: No."
)


def one(body: str) -> Article:
    """The article of a library that holds one."""
    return library_of({"a": article(body)}).articles[0]


def told(of: Article, start: int = 0, end: int | None = None) -> str | None:
    """The sentences of a slice, without markup."""
    said = in_sentences(of, start, len(of.body) if end is None else end, {"cards-l2": Queue("Cards")})
    return None if said is None else plain(said)


def test_a_row_says_what_each_of_its_cells_is() -> None:
    """A figure without its column's name would mean nothing."""
    assert told(one(f"First.\n\n{TABLE}\nLast.")) == f"First. {ROWS} Last."


def test_a_slice_that_begins_inside_a_table_knows_its_head() -> None:
    """A long table is cut between two rows."""
    body = one(TABLE).body

    assert told(one(TABLE), body.index("| Yes, and")) == "Yes, and" + ROWS.partition("Yes, and")[2]
    assert told(one(TABLE), body.index("R08")) == "R08 (stop | hold) · 4 – No."


def test_steps_say_what_resolves_and_who_takes_over_and_nothing_that_is_for_machines() -> None:
    """Names of steps lead nowhere in a sentence; an arrow outside of a step is the writer's own."""
    assert told(one(STEPS)) == (
        "Before you begin. Is the card in the customer's hands? Yes · Yes, but it is bent: Send a new one · 41 or 43 → Cards. "
        "Was it posted? Yes: Explain the charge · No → support-l2. Then close -> the case."
    )


@pytest.mark.parametrize("text", ["Words.", "- a -> b\n- c -> d", "## Head\n\n> quoted"])
def test_a_text_without_either_is_left_alone(text: str) -> None:
    """Most passages are."""
    assert told(one(text)) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Here a | b and c", "Here a | b and c"),
        ("> | a | b |\n> |---|---|\n> | 1 | 2 |", "a 1 – b: 2."),
        ("Words.\n|\n|---|\n|", "Words."),
        ("Words.\n| a |\n|---|\n| 1 |\n| |", "Words. a 1."),
    ],
)
def test_bars_without_a_table_around_them_are_read_as_they_stand(text: str, words: str) -> None:
    """And a table without a word in it is none."""
    assert told(one(text)) == words


def test_every_passage_of_our_own_articles_reads_as_text_and_loses_no_word() -> None:
    """No bar, no arrow to a step; each word is there but the names of steps and the heads of first columns."""
    library = own_articles()
    machine, lost, rewritten = [], {}, 0
    for it in library.articles:
        ends = [end for step in it.steps for answer in step.answers for end in (answer.step, answer.escalate) if end]
        heads = re.findall(r"^\|([^|]*)\|.*\n\|[ :|-]+$", it.body, re.M)
        silent = {word for text in (*ends, *heads, "resolved escalate") for word in re.findall(r"\w+", text)}
        for passage in passages_of(it):
            shown = shown_text(it, passage, library.taxonomy.queues)
            rewritten += shown != passage.text
            machine += re.findall(r".{0,20}(?: \| | -> ).{0,20}", shown)
            if missing := set(re.findall(r"\w+", passage.text)) - silent - set(re.findall(r"\w+", shown)):
                lost[it.id, passage.ordinal] = missing

    assert (machine, lost) == ([], {})
    assert rewritten > 100
