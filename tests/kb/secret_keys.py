"""Made-up addresses, telephone numbers, keys and passwords. Nobody's."""

import base64
import hashlib
import json
import string
from random import Random
from typing import Final

import phonenumbers
from mnemonic import Mnemonic

from kb.redaction.checksums import keccak256
from tests.kb.drawing import DIGITS, HEX, one, pick

BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def email(draw: Random) -> str:
    """A name, perhaps with dots and a tag, at a domain."""
    name = pick(draw, string.ascii_lowercase, draw.randint(3, 9))
    tag = draw.choice(
        [
            "",
            f".{pick(draw, string.ascii_lowercase, 5)}",
            f"+{pick(draw, string.ascii_lowercase, 4)}",
            f"_{draw.randint(1, 99)}",
        ]
    )
    return f"{name}{tag}@{draw.choice(['gmail.com', 'mail.example.org', 'hotmail.com.mx', 'videotron.ca'])}"


def phone(draw: Random) -> str:
    """A number of the US, Canada or Mexico in one of the ways it is written."""
    while True:
        area = draw.choice(["212", "415", "305", "702", "416", "514", "604", "787"])
        rest = f"{draw.choice('23456789')}{pick(draw, DIGITS, 6)}"
        if phonenumbers.is_valid_number(phonenumbers.parse(area + rest, "US")):
            break
    mexican = f"55{draw.choice('12345')}{pick(draw, DIGITS, 7)}"
    return draw.choice(
        [
            f"({area}) {rest[:3]}-{rest[3:]}",
            f"{area}-{rest[:3]}-{rest[3:]}",
            f"{area}.{rest[:3]}.{rest[3:]}",
            f"+1 {area} {rest[:3]} {rest[3:]}",
            f"+1{area}{rest}",
            f"1-{area}-{rest[:3]}-{rest[3:]}",
            f"+52 {mexican[:2]} {mexican[2:6]} {mexican[6:]}",
            f"+52{mexican}",
        ]
    )


def base58check(payload: bytes) -> str:
    """The text of a payload with its checksum."""
    whole = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    value, text = int.from_bytes(whole), ""
    while value:
        value, place = divmod(value, 58)
        text = BASE58[place] + text
    return "1" * (len(whole) - len(whole.lstrip(b"\0"))) + text


def segwit(draw: Random) -> str:
    """A bech32 (version 0) or bech32m (version 1) address."""
    version, size, constant = draw.choice([(0, 32, 1), (0, 52, 1), (1, 52, 0x2BC830A3)])
    data = [version, *(draw.randrange(32) for _ in range(size))]
    if size == 52:
        data[-1] &= 0b10000
    checksum = 1
    for value in [3, 3, 0, 2, 3, *data, 0, 0, 0, 0, 0, 0]:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            checksum ^= generator if top >> bit & 1 else 0
    checksum ^= constant
    return "bc1" + "".join(BECH32[value] for value in [*data, *(checksum >> 5 * (5 - place) & 31 for place in range(6))])


def ethereum(draw: Random) -> str:
    """An address with the upper-case letters of EIP-55."""
    digits = pick(draw, HEX, 40)
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(c.upper() if int(nibble, 16) >= 8 else c for c, nibble in zip(digits, digest, strict=False))


def crypto_address(draw: Random) -> str:
    """Bitcoin in its four forms, or Ethereum."""
    version = draw.choice([b"\x00", b"\x05"])
    return one(draw, [lambda: base58check(version + draw.randbytes(20)), lambda: segwit(draw), lambda: ethereum(draw)])


def private_key(draw: Random) -> str:
    """A key for import, an extended key, or a block of PEM."""
    return one(
        draw,
        [
            lambda: base58check(b"\x80" + draw.randbytes(32)),
            lambda: base58check(b"\x80" + draw.randbytes(32) + b"\x01"),
            lambda: base58check(b"\x04\x88\xad\xe4" + draw.randbytes(74)),
            lambda: _pem(draw),
        ],
    )


def _pem(draw: Random) -> str:
    kind = draw.choice(["RSA ", "EC ", "", "OPENSSH "])
    text = base64.b64encode(draw.randbytes(120)).decode()
    lines = "\n".join(text[place : place + 64] for place in range(0, len(text), 64))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


def seed_phrase(draw: Random) -> str:
    """Twelve or twenty-four words in English, Spanish or French, in one of the ways they are written down."""
    language = Mnemonic(draw.choice(["english", "english", "spanish", "french"]))
    words = language.to_mnemonic(draw.randbytes(draw.choice([16, 32]))).split()
    return draw.choice(
        [
            " ".join(words),
            ", ".join(words),
            "\n".join(words),
            "\n".join(f"{place}. {word}" for place, word in enumerate(words, 1))[3:],
            " ".join(words).upper(),
        ]
    )


def api_key(draw: Random) -> str:
    """Well-known forms."""
    both = string.ascii_letters + DIGITS
    return one(
        draw,
        [
            lambda: f"sk_live_{pick(draw, both, 24)}",
            lambda: f"AKIA{pick(draw, string.ascii_uppercase + '234567', 16)}",
            lambda: f"ghp_{pick(draw, both, 36)}",
            lambda: f"xoxb-{pick(draw, DIGITS, 12)}-{pick(draw, both, 24)}",
            lambda: f"AIza{pick(draw, both, 35)}",
            lambda: f"glpat-{pick(draw, both, 20)}",
        ],
    )


def jwt(draw: Random) -> str:
    """A signed token."""
    parts = [
        json.dumps({"alg": "HS256", "typ": "JWT"}).encode(),
        json.dumps({"sub": draw.randint(1, 10**9)}).encode(),
        draw.randbytes(32),
    ]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def password(draw: Random) -> str:
    """A word with a capital, a digit and a sign."""
    word = draw.choice(string.ascii_uppercase) + pick(draw, string.ascii_lowercase, 6)
    return word + pick(draw, DIGITS, 2) + draw.choice("!#$%&")
