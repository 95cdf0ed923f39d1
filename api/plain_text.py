"""Text that every database can hold and no terminal is driven by: without control characters and halves of surrogates."""

import unicodedata
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field

_REFUSED: Final = ("Cc", "Cs")  # no-break spaces and joiners are part of names, and stay


def is_plain(text: str) -> bool:
    """Whether there is nothing to replace."""
    return all(unicodedata.category(sign) not in _REFUSED for sign in text)


def plain(text: str) -> str:
    """The text with a replacement character for each sign that is refused at the borders."""
    return "".join("\ufffd" if unicodedata.category(sign) in _REFUSED else sign for sign in text)


def required_plain(text: str) -> str:
    """The text as it is. Raises ValueError if it holds a control character."""
    if not is_plain(text):
        raise ValueError("it holds a control character; expected plain text of one line")
    return text


LanguageTag: TypeAlias = Annotated[str, Field(max_length=35), AfterValidator(required_plain)]  # as wide as its columns
