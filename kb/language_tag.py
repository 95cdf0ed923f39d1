"""A language as people name it: BCP 47."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from kb.jurisdiction import has_form_of_language, is_language, language_meant


def _formed(tag: str) -> str:
    if has_form_of_language(tag):
        return tag
    raise ValueError(_expected(tag))


# By its form alone: a commit that was live must be read for ever, whatever languages a later list knows.
LanguageTag: TypeAlias = Annotated[str, AfterValidator(_formed)]


def unknown_language(tag: str) -> str | None:
    """What to say of a language that does not exist; None of one that does."""
    return None if is_language(tag) else f"{tag!r} is no language of ISO 639; {_expected(tag)}"


def _expected(tag: str) -> str:
    meant = language_meant(tag)
    asked = f" Did you mean {meant!r}?" if meant else ""
    return f"expected a BCP 47 language such as en, es-MX or fr-CA.{asked}"
