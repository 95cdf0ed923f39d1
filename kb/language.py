"""What a language code says, and words as they are typed without accents."""

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=1024)  # a request may name any language
def base_language(lang: str) -> str:
    """The language without region or script: `es-MX` is `es`."""
    return lang.partition("-")[0]


def spelled(lang: str) -> str:
    """As BCP 47 advises to spell it: `pt_br` is `pt-BR`, `zh-hant` is `zh-Hant`."""
    first, *rest = lang.replace("_", "-").split("-")
    return "-".join([first.lower(), *(part.title() if len(part) == len("Hant") else part.upper() for part in rest)])


def without_accents(text: str) -> str:
    """`Depósito` is `Deposito`: agents leave accents out mid-call. Compatibility forms become the plain ones (NFKD)."""
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
