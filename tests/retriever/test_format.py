"""What a snapshot holds changes only with its format number, so that no old snapshot is taken for a new one."""

import hashlib

from pydantic import TypeAdapter

from retriever.lexical import tokens
from retriever.passage import Passage, embedding_text, lexical_text, passages_of
from retriever.snapshot import FORMAT
from tests.retriever.worlds import article, library_of

BODY = (
    """\
First look at the *card* [here](https://example.com), then `R10`.

| Code | Meaning |
| --- | --- |
| R10 | never authorised |
| R11 | wrong amount, 10\u00a0000 EUR |

## What to say {: .x}

:::say
Su tarjeta está **congelada**.
:::

:::only US
> 1. One step.
> 2. <b>Another</b> {% include x %} step.
:::

"""
    + "A long paragraph that has to be cut into several passages. " * 60
)

# One line for each format that was ever released: what its code makes of the text above.
MADE = {
    1: "c99ba721f348922878213b206bfd664058c97dc41a5174857205b73c06e6a7f6",
    2: "c99ba721f348922878213b206bfd664058c97dc41a5174857205b73c06e6a7f6",  # new are the facts that translations lack
    3: "c99ba721f348922878213b206bfd664058c97dc41a5174857205b73c06e6a7f6",  # and whether they lack more than facts
    4: "c99ba721f348922878213b206bfd664058c97dc41a5174857205b73c06e6a7f6",  # and how one model's space lies in the other's
}


def test_a_change_in_what_passages_are_made_of_changes_the_format() -> None:
    """If this fails, the new code indexes differently: raise FORMAT in retriever/snapshot.py and add its line above."""
    library = library_of({"one": article(BODY, title="A card", keywords="[plastic]")})
    owner = library.articles[0]
    passages = passages_of(owner)
    facts = [
        TypeAdapter(list[Passage]).dump_json(passages).decode(),
        *(embedding_text(owner, passage) for passage in passages),
        *(" ".join(tokens(lexical_text(owner, passage), lang)) for passage in passages for lang in ("en", "es", "fr")),
    ]

    assert hashlib.sha256("\n".join(facts).encode()).hexdigest() == MADE[FORMAT]
