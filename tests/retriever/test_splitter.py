"""Long sections are cut at their largest breaks, and nothing but white space is left out."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.splitter import slices

TEXTS = st.lists(
    st.sampled_from(["one two. ", "\n\n", "\n", "x" * 40, "; ", "é🙂 ", "same. same. ", "\u00a0"]), max_size=60
).map("".join)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(20, 120))
def test_slices_cover_the_text_in_order_and_leave_out_only_white_space(text: str, size: int) -> None:
    """Between two slices, before the first and after the last there is nothing to read."""
    found = slices(text, size)

    edges = [0, *(edge for pair in found for edge in pair), len(text)]
    assert "".join(text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)).strip() == ""


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(20, 120))
def test_no_slice_is_longer_than_asked_or_meets_the_next(text: str, size: int) -> None:
    """Slices fit the model's window and never overlap, also where the text repeats itself."""
    found = slices(text, size)

    assert [pair for pair in found if pair[1] - pair[0] > size] == []
    assert [(a, b) for a, b in pairwise(found) if b[0] < a[1]] == []


def test_a_text_is_cut_between_paragraphs_before_sentences() -> None:
    """The largest break that fits wins."""
    text = "First one. It has two sentences.\n\nSecond paragraph. It has two too."

    assert [text[a:b] for a, b in slices(text, 40)] == ["First one. It has two sentences.", "Second paragraph. It has two too."]
