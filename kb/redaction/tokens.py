"""Long runs without a blank: crypto addresses, private keys, JWTs and API keys.

Addresses and keys with a checksum need no word: base58check, bech32, bech32m, and Ethereum's upper-case letters (EIP-55). An
Ethereum address without them, an address of another chain and a private key in hexadecimal need a word such as `wallet` or
`private key`: a transaction's hash has the same shape.
"""

import base64
import re
from collections.abc import Callable, Iterator
from typing import Final

from kb.redaction.checksums import base58check, is_bech32, is_eip55
from kb.redaction.context import named_after, named_before
from kb.redaction.found import Found
from kb.redaction.labels import Label
from kb.redaction.view import View

_SOLID: Final = bytes(ord("x") if 33 <= code < 127 else 32 for code in range(256))
_LONG: Final = b"x" * 16
_EDGE: Final = r"(?<![A-Za-z0-9])"
_BASE58: Final = re.compile(_EDGE + r"[1-9A-HJ-NP-Za-km-z]{25,112}+(?![A-Za-z0-9])")
_BECH32: Final = re.compile(
    _EDGE + r"(?:(?:bc|tb|ltc)1[02-9ac-hj-np-z]{11,87}|(?:BC|TB|LTC)1[02-9AC-HJ-NP-Z]{11,87})(?![A-Za-z0-9])"
)
_ETHEREUM: Final = re.compile(_EDGE + r"0[xX][0-9a-fA-F]{40}(?![A-Za-z0-9])")
_HEX_KEY: Final = re.compile(_EDGE + r"(?:0x)?[0-9a-fA-F]{64}(?![A-Za-z0-9])")
_KEY_WORDS: Final = re.compile(r"(?:private|secret|priv)[ _-]?key|(?:clave|llave) (?:privada|secreta)|cle privee|privkey")
_KEY_REACH: Final = 60
_JWT: Final = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*")
_PUBLIC_VERSIONS: Final = frozenset((b"\x04\x88\xb2\x1e", b"\x04\x35\x87\xcf", b"\x04\x9d\x7c\xb2", b"\x04\xb2\x47\x46"))
_EXTENDED: Final = 78  # bytes of an extended key
_WIF: Final = (33, 34)  # bytes of a private key with its version, and with the mark of a compressed public key
_WIF_VERSIONS: Final = (0x80, 0xEF, 0xB0)
_API_KEY: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}"  # Stripe
    r"|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}"  # GitHub, GitLab
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}"  # Slack
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}"  # Google
    r"|sk-(?:proj-|ant-|svcacct-|or-)?[A-Za-z0-9_-]{20,}"  # OpenAI, Anthropic
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"  # SendGrid
    r"|SK[0-9a-f]{32}(?![A-Za-z0-9])|key-[0-9a-f]{32}(?![A-Za-z0-9])"  # Twilio, Mailgun
    r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}"
    r"|hf_[A-Za-z0-9]{30,}|dop_v1_[0-9a-f]{64}"  # npm, PyPI, Hugging Face, DigitalOcean
    r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|sq0(?:atp|csp)-[A-Za-z0-9_-]{22,}|EAAA[A-Za-z0-9_-]{56,}"  # Shopify, Square
    r"|(?:sandbox|production)-[0-9a-f]{24}-[0-9a-f]{8,}"  # Plaid
    r")"
)


def tokens(view: View) -> Iterator[Found]:
    """Everything that lies in a run of at least sixteen characters without a blank."""
    plain = view.plain
    for start, end in _long_runs(view):
        yield from _addresses_and_keys(view, start, end)
        if plain.find("eyJ", start, end) != -1:
            yield from (Found(*hit.span(), "jwt") for hit in _JWT.finditer(plain, start, end) if _is_jwt(hit[0]))
        yield from (Found(*hit.span(), "api_key") for hit in _API_KEY.finditer(plain, start, end))


def _long_runs(view: View) -> Iterator[tuple[int, int]]:
    """Start and end of each. A search for octets in C: a pattern would begin anew at every letter."""
    solid = view.octets.translate(_SOLID)
    start = solid.find(_LONG)
    while start != -1:
        end = solid.find(b" ", start + len(_LONG))
        end = len(solid) if end == -1 else end
        yield start, end
        start = solid.find(_LONG, end)


def _addresses_and_keys(view: View, start: int, end: int) -> Iterator[Found]:
    for least, form, kind_of in _FORMS:
        if end - start >= least:
            for hit in form.finditer(view.plain, start, end):
                if kind := kind_of(view, *hit.span()):
                    yield Found(*hit.span(), kind)


def _bech32_kind(view: View, start: int, end: int) -> str | None:
    return "crypto_address" if is_bech32(view.plain[start:end]) else None


def _base58_kind(view: View, start: int, end: int) -> str | None:
    """What a base58 word is: by its checksum and its version, else an address if the words around call it a wallet."""
    word = view.plain[start:end]
    payload = base58check(word)
    if payload is None:
        mixed = any(map(str.isdigit, word)) and any(map(str.islower, word)) and any(map(str.isupper, word))
        return "crypto_address" if mixed and 32 <= len(word) <= 44 and _is_wallet(view, start, end) else None
    if len(payload) == _EXTENDED:
        return "crypto_address" if payload[:4] in _PUBLIC_VERSIONS else "private_key"
    if len(payload) in _WIF and payload[0] in _WIF_VERSIONS:
        return "private_key"
    return "crypto_address"


def _ethereum_kind(view: View, start: int, end: int) -> str | None:
    digits = view.plain[start + 2 : end]
    checked = digits != digits.lower() and is_eip55(digits)
    return "crypto_address" if checked or _is_wallet(view, start, end) else None


def _hex_kind(view: View, start: int, end: int) -> str | None:  # noqa: ARG001
    """A key, if the words before call it one; a hash has the same shape."""
    return "private_key" if _KEY_WORDS.search(view.lower, max(0, start - _KEY_REACH), start) else None


def _is_wallet(view: View, start: int, end: int) -> bool:
    return named_before(view, start).near(Label.WALLET) or named_after(view, end).near(Label.WALLET)


def _is_jwt(text: str) -> bool:
    """Whether the first part is a JSON object in base64."""
    head = text.partition(".")[0]
    try:
        return base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).lstrip().startswith(b"{")
    except ValueError:
        return False


# The shortest run that holds one, its form, and what one is.
_FORMS: Final[tuple[tuple[int, re.Pattern[str], Callable[[View, int, int], str | None]], ...]] = (
    (len(_LONG), _BECH32, _bech32_kind),
    (25, _BASE58, _base58_kind),
    (42, _ETHEREUM, _ethereum_kind),
    (64, _HEX_KEY, _hex_kind),
)
