"""The one door to mnemonic: the words and the checksum of BIP-39 in the languages that are spoken here."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from mnemonic import Mnemonic

from kb.language import without_accents

_LANGUAGES: Final = ("english", "spanish", "french")


def has_checksum(words: Sequence[str], language: str) -> bool:
    """Whether 12, 15, 18, 21 or 24 words of one list carry the checksum of a seed phrase."""
    spelled = _spelled(language)
    return _list(language).check(" ".join(spelled[word] for word in words))


@cache
def _list(language: str) -> Mnemonic:
    return Mnemonic(language)


@cache
def word_lists() -> Mapping[str, tuple[str, ...]]:
    """Each word, in lower case and without accents, with the languages whose lists hold it; read when the first text is."""
    lists: dict[str, tuple[str, ...]] = {}
    for language in _LANGUAGES:
        for word in _spelled(language):
            lists[word] = (*lists.get(word, ()), language)
    return lists


@cache
def octets_of_words() -> frozenset[bytes]:
    """The words of all lists, in lower case and without accents, in ASCII."""
    return frozenset(word.encode() for word in word_lists())


@cache
def _spelled(language: str) -> Mapping[str, str]:
    """Each word without its accents, and as the list spells it."""
    return {without_accents(word): word for word in _list(language).wordlist}
