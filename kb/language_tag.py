"""A language as people name it: BCP 47."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from kb.jurisdiction import is_language, language_meant


def _known_language(tag: str) -> str:
    if is_language(tag):
        return tag
    meant = language_meant(tag)
    asked = f". Did you mean {meant!r}?" if meant else ""
    raise ValueError(f"expected a BCP 47 language such as en, es-MX or fr-CA{asked}")


LanguageTag: TypeAlias = Annotated[str, AfterValidator(_known_language)]
