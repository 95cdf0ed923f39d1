"""Known phrases in a text: the words of products and of the glossary, in whatever form they are typed."""

from collections.abc import Hashable, Iterable
from typing import Final, Generic, TypeVar

from retriever.lexical import stems, tokens

T = TypeVar("T", bound=Hashable)

LONGEST: Final = 6  # words of a phrase; a longer one is not looked for
_READ: Final = 400  # words of a text


class Phrases(Generic[T]):
    """Phrases of one language and what each stands for. Compared as stems without accents: "tarjetas" finds "tarjeta"."""

    def __init__(self, entries: Iterable[tuple[str, T]], lang: str) -> None:
        self._lang = lang
        self._meanings: dict[tuple[str, ...], set[T]] = {}
        for phrase, meaning in entries:
            words = tuple(tokens(phrase, lang))
            if 0 < len(words) <= LONGEST:
                self._meanings.setdefault(words, set()).add(meaning)
        self._words = frozenset(word for words in self._meanings for word in words)
        self._first = frozenset(words[0] for words in self._meanings)

    def holds(self, word: str) -> bool:
        """Whether the word stands in any of the phrases."""
        return not self._words.isdisjoint(stems(word, self._lang))

    def find(self, text: str) -> list[tuple[int, set[T]]]:
        """How many words each phrase in the text has, and what it stands for, in the text's order.

        The longest phrase at a place is found, and its words are in no other: "credit card" is not also "card".
        """
        words = tokens(text, self._lang)[:_READ]
        found: list[tuple[int, set[T]]] = []
        at = 0
        while at < len(words):
            if words[at] not in self._first:
                at += 1
                continue
            length = next(
                (n for n in range(min(LONGEST, len(words) - at), 0, -1) if tuple(words[at : at + n]) in self._meanings), 0
            )
            if length:
                found.append((length, self._meanings[tuple(words[at : at + length])]))
            at += length or 1
        return found
