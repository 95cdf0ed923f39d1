"""The usual words of a language: made once for a machine, and the same from wherever they are read."""

from pathlib import Path

import pytest

from retriever import dictionaries
from retriever.dictionaries import Dictionaries

WORDS = [("en", "statutes"), ("en", "passport"), ("es", "pasaportes"), ("es", "transaccion"), ("fr", "remboursements")]
SLIPS = [("en", "paymnet"), ("es", "tarjetaa"), ("fr", "virementt")]


def refuse(lang: str) -> None:
    """Stands where a list is read."""
    raise AssertionError(f"{lang} is made again")


def told(known: Dictionaries) -> list[bool]:
    """What it says of the words and of the slips."""
    return [known.hold(word, lang) for lang, word in [*WORDS, *SLIPS]]


EXPECTED = [True] * len(WORDS) + [False] * len(SLIPS)


def test_a_later_start_reads_what_the_first_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their accents and endings, words are words, and slips are none, before and after."""
    first = told(Dictionaries(tmp_path / "kept"))
    monkeypatch.setattr(dictionaries, "_made", refuse)

    assert first == told(Dictionaries(tmp_path / "kept")) == EXPECTED
    assert len(list((tmp_path / "kept").iterdir())) == 3


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"not numbers at all"], ids=["empty", "cut off", "something else"])
def test_a_damaged_file_is_made_again(content: bytes, tmp_path: Path) -> None:
    """It only saves time."""
    told(Dictionaries(tmp_path))
    whole = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for path in whole:
        path.write_bytes(content)

    assert told(Dictionaries(tmp_path)) == EXPECTED
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == whole


def test_a_place_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """A container may give its models to read only."""
    (tmp_path / "file").write_text("no folder")

    assert told(Dictionaries(tmp_path / "file" / "kept")) == EXPECTED
