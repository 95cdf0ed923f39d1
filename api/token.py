"""The text of a token: 256 random bits behind a prefix that scanners know, and a checksum that finds typos."""

import hashlib
import secrets
import zlib
from typing import Final

PREFIX: Final = "fp_"
SESSION_PREFIX: Final = "fps_"

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BYTES: Final = 32
_RANDOM: Final = 43  # digits that 32 bytes take
_CHECK: Final = 6  # digits that a CRC-32 takes


def new_token() -> str:
    """A new secret: `fp_`, 43 digits of randomness, 6 of checksum."""
    random = _base62(int.from_bytes(secrets.token_bytes(_BYTES)), _RANDOM)
    return f"{PREFIX}{random}{_checksum(random)}"


def is_well_formed(text: str) -> bool:
    """Whether it could be a token: prefix, length, digits and checksum fit."""
    body = text.removeprefix(PREFIX)
    if body == text or len(body) != _RANDOM + _CHECK or not set(body) <= set(_DIGITS):
        return False
    return _checksum(body[:_RANDOM]) == body[_RANDOM:]


def digest_of(text: str) -> str:
    """What is kept of a token: SHA-256 in hexadecimal. 256 random bits need no salt and no slowness."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(random: str) -> str:
    return _base62(zlib.crc32(f"{PREFIX}{random}".encode()), _CHECK)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
