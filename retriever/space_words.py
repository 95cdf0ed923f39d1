"""What the words of one space mean: its products' names and aliases, and its glossary in each language."""

from collections.abc import Iterable, Sequence
from typing import Final

from kb.glossary import Glossary, Term
from kb.taxonomy import Product, Taxonomy
from retriever.phrases import Phrases

LANGUAGES: Final = ("en", "es", "fr")


class SpaceWords:
    """Built once for each snapshot; a question is compared in microseconds.

    places: the jurisdictions of the space.
    """

    def __init__(self, taxonomy: Taxonomy, glossary: Glossary) -> None:
        self.places: Sequence[str] = taxonomy.jurisdictions
        self._terms = {term.id: term for term in glossary.terms}
        self._glossary = {lang: Phrases(_term_entries(glossary.terms, lang), lang) for lang in LANGUAGES}
        self._products = {lang: Phrases(_product_entries(taxonomy, lang), lang) for lang in LANGUAGES}

    def terms(self, text: str, lang: str) -> list[Term]:
        """The glossary's terms that the text uses, each once; none in a language without a glossary."""
        if lang not in self._glossary:
            return []
        ids = dict.fromkeys(id_ for _, meanings in self._glossary[lang].find(text) for id_ in sorted(meanings))
        return [self._terms[id_] for id_ in ids]

    def knows(self, word: str, lang: str) -> bool:
        """Whether a product or a term of the glossary is called by the word, in this language."""
        return any(words[lang].holds(word) for words in (self._glossary, self._products) if lang in words)

    def in_other_languages(self, text: str, lang: str) -> dict[str, str]:
        """For each other language, the glossary's words for the terms that the text uses, where it uses any."""
        terms = self.terms(text, lang)
        words = {other: [word for term in terms for word in term.words(other)[:1]] for other in LANGUAGES if other != lang}
        return {other: " ".join(said) for other, said in words.items() if said}

    def product(self, text: str) -> str | None:
        """The one product that the text names, in any language: the one with the longest phrase; None if several have."""
        found = [(length, name) for each in self._products.values() for length, names in each.find(text) for name in names]
        longest = max((length for length, _ in found), default=0)
        named = {name for length, name in found if length == longest}
        return named.pop() if len(named) == 1 else None


def _term_entries(terms: Iterable[Term], lang: str) -> list[tuple[str, str]]:
    return [(word, term.id) for term in terms for word in term.words(lang)]


def _product_entries(taxonomy: Taxonomy, lang: str) -> list[tuple[str, str]]:
    return [(word, name) for name, product in taxonomy.products.items() for word in _product_words(product, lang)]


def _product_words(product: Product, lang: str) -> list[str]:
    name = product.name.get(lang)
    return [*([name] if name else []), *product.aliases.get(lang, ())]
