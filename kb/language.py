"""What a language code says."""


def base_language(lang: str) -> str:
    """The language without region or script: `es-MX` is `es`."""
    return lang.partition("-")[0]
