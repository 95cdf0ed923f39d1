"""Cutting a long section into slices, by langchain's splitter: the one file that knows it."""

from collections.abc import Sequence
from typing import Final

# Characters, not tokens: the splitter then needs no model, and a slice is the same for every model.
# 1,000 characters are about 220 MiniLM tokens, inside its window of 256.
PASSAGE_CHARACTERS: Final = 1000
CHUNKING: Final = f"headings+recursive-{PASSAGE_CHARACTERS}"  # part of a snapshot's fingerprint


def slices(text: str, size: int = PASSAGE_CHARACTERS) -> Sequence[tuple[int, int]]:
    """(start, end) offsets of consecutive slices of at most `size` characters, cut at the largest break that fits.

    Slices never overlap, keep their order, and leave out only white space.
    """
    if len(text) <= size:
        return [(0, len(text))]
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # 0.6 s: only indexing pays for it

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=size, chunk_overlap=0, add_start_index=True, separators=["\n\n", "\n", ". ", "; ", ", ", " ", ""]
    )
    found = []
    cursor = 0
    for document in splitter.create_documents([text]):
        chunk = document.page_content
        # the splitter's own start_index can point at an earlier copy of repeated text, so look from the last end on
        start = text.index(chunk, cursor)
        cursor = start + len(chunk)
        found.append((start, cursor))
    return found
