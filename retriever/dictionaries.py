"""The usual words of each language, by which a word that no article holds is told from a slip of typing.

They are pyspellchecker's lists. Reading and stemming one takes a second of the processor, in which no question is answered, and
five times the memory of what is kept; so it is done once for a machine.
"""

from collections.abc import Iterable
from contextlib import suppress
from functools import cache, partial
from hashlib import blake2b
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np

from retriever.arrays import IntVector
from retriever.lazy import Lazy
from retriever.lexical import STEMMED, stemmed, stems
from retriever.whole_file import write_whole

RECIPE: Final = 1  # raise it when the same lists become other numbers


class Dictionaries:
    """Whether a language has a word. Safe from any thread."""

    def __init__(self, folder: Path | None = None) -> None:
        """folder: where they are kept from one start to the next; None, or a place that cannot be written, for nowhere."""
        self._folder = folder
        self._known = {lang: Lazy(partial(self._opened, lang)) for lang in STEMMED}

    def hold(self, word: str, lang: str) -> bool:
        """Whether it is a word of the language, one of STEMMED, whatever its accents and its ending."""
        known, asked = self._known[lang].get(), _numbers(stems(word, lang))
        places = np.minimum(np.searchsorted(known, asked), known.size - 1)
        return bool((known[places] == asked).any())

    def warm(self) -> Iterable[None]:
        """Load, as one goes on, what the first mistyped word needs: a language a step."""
        for its in self._known.values():
            its.get()
            yield

    def _opened(self, lang: str) -> IntVector:
        if self._folder is None:
            return _made(lang)
        path = self._folder / f"{lang}-{RECIPE}-{version('pyspellchecker')}-{version('PyStemmer')}.npy"
        with suppress(OSError, ValueError, EOFError):
            known: IntVector = np.load(path)
            if known.dtype == np.int64 and known.ndim == 1 and known.size:
                return known
        made = _made(lang)
        with suppress(OSError):  # made again at the next start
            path.parent.mkdir(parents=True, exist_ok=True)
            written = BytesIO()
            np.save(written, made)
            write_whole(path, written.getvalue())
        return made


IN_MEMORY: Final = Dictionaries()


@cache
def _made(lang: str) -> IntVector:
    """(n,) int64, rising: the numbers of the language's words as they are indexed."""
    from spellchecker import SpellChecker

    return np.unique(_numbers(stemmed(" ".join(SpellChecker(language=lang).word_frequency.words()), lang)))


def _numbers(words: Iterable[str]) -> IntVector:
    """A number of 64 bits for each word: 2 MB for three languages instead of 25 for the words.

    That a slip shares its number with one of 300,000 words happens once in 10^13.
    """
    return np.array(
        [int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big", signed=True) for word in words], np.int64
    )
