"""Made-up secrets of every kind, the sentences they stand in, and numbers that only look like them. Nobody's."""

import base64
import hashlib
import json
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final

import phonenumbers
from mnemonic import Mnemonic
from stdnum.mx import curp, rfc

from kb.redaction.checksums import keccak256

BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
HEX: Final = "0123456789abcdef"
DIGITS: Final = string.digits
WIDE: Final = str.maketrans(DIGITS, "０１２３４５６７８９")
ARABIC: Final = str.maketrans(DIGITS, "٠١٢٣٤٥٦٧٨٩")

Maker = Callable[[Random], str]


def _pick(draw: Random, letters: str, count: int) -> str:
    return "".join(draw.choices(letters, k=count))


def _one(draw: Random, makers: Sequence[Callable[[], str]]) -> str:
    return draw.choice(makers)()


def luhn_digit(digits: str) -> str:
    """The check digit, worked out apart from the code under test."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def card_digits(draw: Random) -> str:
    """Sixteen digits, or fifteen of American Express."""
    start = draw.choice(["4", str(draw.randint(51, 55)), str(draw.randint(2221, 2720)), "34", "37", "6011", "65", "3530", "62"])
    length = 15 if start in ("34", "37") else 16
    body = start + _pick(draw, DIGITS, length - 1 - len(start))
    return body + luhn_digit(body)


def card_number(draw: Random) -> str:
    """A card number as people write and paste it."""
    digits = card_digits(draw)
    if len(digits) == 15:
        return draw.choice([digits, f"{digits[:4]} {digits[4:10]} {digits[10:]}", f"{digits[:4]}-{digits[4:10]}-{digits[10:]}"])
    groups = [digits[place : place + 4] for place in range(0, 16, 4)]
    return draw.choice(
        [
            digits,
            *(joint.join(groups) for joint in (" ", "-", ".", "\u00a0", "\u2009", "\u202f", " - ", "\u2013", "\u200b")),
            f"{' '.join(groups[:2])}\n{' '.join(groups[2:])}",
            " ".join(digits),
            f"{digits[:8]} {digits[8:]}",
            digits.translate(WIDE),
            " ".join(groups).translate(ARABIC),
        ]
    )


def iban(draw: Random) -> str:
    """An IBAN of one of six countries, solid or in fours."""
    country, structure = draw.choice(
        [
            ("GB", "AAAANNNNNNNNNNNNNN"),
            ("DE", "N" * 18),
            ("ES", "N" * 20),
            ("FR", "N" * 23),
            ("NL", "AAAANNNNNNNNNN"),
            ("CH", "N" * 17),
        ]
    )
    bban = "".join(draw.choice(string.ascii_uppercase if kind == "A" else DIGITS) for kind in structure)
    check = 98 - int("".join(str(int(c, 36)) for c in f"{bban}{country}00")) % 97
    whole = f"{country}{check:02}{bban}"
    return whole if draw.random() < 0.5 else " ".join(whole[place : place + 4] for place in range(0, len(whole), 4))


def clabe(draw: Random) -> str:
    """A CLABE, solid or as bank, place, account and check digit."""
    body = draw.choice(["002", "012", "014", "021", "072", "127", "646"]) + _pick(draw, DIGITS, 14)
    total = sum(int(digit) * weight % 10 for digit, weight in zip(body, (3, 7, 1) * 6, strict=False))
    whole = body + str(-total % 10)
    return draw.choice(
        [whole, f"{whole[:3]} {whole[3:6]} {whole[6:17]} {whole[17]}", f"{whole[:3]}-{whole[3:6]}-{whole[6:17]}-{whole[17]}"]
    )


def routing_number(draw: Random) -> str:
    """Nine digits with a Federal Reserve prefix and the ABA check digit."""
    body = f"{draw.choice([*range(1, 13), *range(21, 33)]):02}" + _pick(draw, DIGITS, 6)
    total = sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    return body + str(-total % 10)


def account_number(draw: Random) -> str:
    """Eight to seventeen digits, not those of another kind."""
    return draw.choice("123456789") + _pick(draw, DIGITS, draw.choice([7, 9, 10, 11, 16]))


def ssn(draw: Random) -> str:
    """A social security number with dashes or dots."""
    area = draw.choice([n for n in range(1, 900) if n not in (666, 78, 219, 457)])
    joint = draw.choice("-.")
    return joint.join((f"{area:03}", f"{draw.randint(1, 99):02}", f"{draw.randint(1, 9999):04}"))


def itin(draw: Random) -> str:
    """An individual taxpayer number."""
    group = draw.choice([*range(70, 89), 90, 91, 92, *range(94, 100)])
    return f"9{_pick(draw, DIGITS, 2)}-{group}-{_pick(draw, DIGITS, 4)}"


def sin(draw: Random) -> str:
    """A Canadian social insurance number with dashes."""
    body = draw.choice("1234567") + _pick(draw, DIGITS, 7)
    whole = body + luhn_digit(body)
    return f"{whole[:3]}-{whole[3:6]}-{whole[6:]}"


def _birthday(draw: Random) -> str:
    return f"{date(1950, 1, 1) + timedelta(days=draw.randint(0, 17_000)):%y%m%d}"


def curp_code(draw: Random) -> str:
    """A CURP: letters, birthday, sex, state, consonants, check digit."""
    name = _pick(draw, "BCDFGHJKLMNPRSTVZ", 1) + _pick(draw, "AEIOU", 1) + _pick(draw, "BCDFGHJKLMNPRSTVZ", 2)
    state = draw.choice(["DF", "JC", "NL", "MC", "PL", "HG", "OC"])
    body = f"{name}{_birthday(draw)}{draw.choice('HM')}{state}{_pick(draw, 'BCDFGHJKLMNPRSTVZ', 3)}0"
    return body + curp.calc_check_digit(body)


def rfc_code(draw: Random) -> str:
    """An RFC of a person with its check digit."""
    name = _pick(draw, "BCDFGHJKLMNPRSTVZ", 1) + _pick(draw, "AEIOU", 1) + _pick(draw, "BCDFGHJKLMNPRSTVZ", 2)
    body = f"{name}{_birthday(draw)}{draw.choice('ABCDEFGHIJKLMNPQRSTUV')}{draw.choice('123456789ABCDEFGHIJKLMNP')}"
    return body + rfc.calc_check_digit(body)


def passport_number(draw: Random) -> str:
    """US, Canadian and Mexican forms."""
    return draw.choice(
        [
            _pick(draw, DIGITS, 9),
            _pick(draw, "ABCG", 1) + _pick(draw, DIGITS, 8),
            _pick(draw, "GHJ", 2) + _pick(draw, DIGITS, 6),
        ]
    )


def licence_number(draw: Random) -> str:
    """Californian, Ontarian and Floridian forms."""
    letter = draw.choice(string.ascii_uppercase)
    return draw.choice(
        [
            letter + _pick(draw, DIGITS, 7),
            f"{letter}{_pick(draw, DIGITS, 4)}-{_pick(draw, DIGITS, 5)}-{_pick(draw, DIGITS, 5)}",
            letter + _pick(draw, DIGITS, 12),
        ]
    )


def email(draw: Random) -> str:
    """A name, perhaps with dots and a tag, at a domain."""
    name = _pick(draw, string.ascii_lowercase, draw.randint(3, 9))
    tag = draw.choice(
        [
            "",
            f".{_pick(draw, string.ascii_lowercase, 5)}",
            f"+{_pick(draw, string.ascii_lowercase, 4)}",
            f"_{draw.randint(1, 99)}",
        ]
    )
    return f"{name}{tag}@{draw.choice(['gmail.com', 'mail.example.org', 'hotmail.com.mx', 'videotron.ca'])}"


def phone(draw: Random) -> str:
    """A number of the US, Canada or Mexico in one of the ways it is written."""
    while True:
        area = draw.choice(["212", "415", "305", "702", "416", "514", "604", "787"])
        rest = f"{draw.choice('23456789')}{_pick(draw, DIGITS, 6)}"
        if phonenumbers.is_valid_number(phonenumbers.parse(area + rest, "US")):
            break
    mexican = f"55{draw.choice('12345')}{_pick(draw, DIGITS, 7)}"
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
    digits = _pick(draw, HEX, 40)
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(c.upper() if int(nibble, 16) >= 8 else c for c, nibble in zip(digits, digest, strict=False))


def crypto_address(draw: Random) -> str:
    """Bitcoin in its four forms, or Ethereum."""
    version = draw.choice([b"\x00", b"\x05"])
    return _one(draw, [lambda: base58check(version + draw.randbytes(20)), lambda: segwit(draw), lambda: ethereum(draw)])


def private_key(draw: Random) -> str:
    """A key for import, an extended key, or a block of PEM."""
    return _one(
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
    return _one(
        draw,
        [
            lambda: f"sk_live_{_pick(draw, both, 24)}",
            lambda: f"AKIA{_pick(draw, string.ascii_uppercase + '234567', 16)}",
            lambda: f"ghp_{_pick(draw, both, 36)}",
            lambda: f"xoxb-{_pick(draw, DIGITS, 12)}-{_pick(draw, both, 24)}",
            lambda: f"AIza{_pick(draw, both, 35)}",
            lambda: f"glpat-{_pick(draw, both, 20)}",
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
    word = draw.choice(string.ascii_uppercase) + _pick(draw, string.ascii_lowercase, 6)
    return word + _pick(draw, DIGITS, 2) + draw.choice("!#$%&")


@dataclass(frozen=True)
class Secret:
    """A kind, how to make one, and its name in both languages and as a JSON key."""

    kind: str
    make: Maker
    english: str
    spanish: str
    key: str


SECRETS: Final = (
    Secret("card_number", card_number, "card", "tarjeta", "card_number"),
    Secret("security_code", lambda draw: _pick(draw, DIGITS, draw.choice([3, 4])), "CVV", "código de seguridad", "cvv"),
    Secret("iban", iban, "IBAN", "IBAN", "iban"),
    Secret("clabe", clabe, "CLABE", "CLABE", "clabe"),
    Secret("routing_number", routing_number, "routing number", "número de ruta", "routing_number"),
    Secret("account_number", account_number, "account number", "número de cuenta", "account_number"),
    Secret("ssn", ssn, "SSN", "seguro social", "ssn"),
    Secret("itin", itin, "ITIN", "ITIN", "itin"),
    Secret("sin", sin, "social insurance number", "SIN", "sin"),
    Secret("curp", curp_code, "CURP", "CURP", "curp"),
    Secret("rfc", rfc_code, "RFC", "RFC", "rfc"),
    Secret("passport_number", passport_number, "passport number", "pasaporte", "passport_number"),
    Secret("licence_number", licence_number, "driver's license", "licencia de conducir", "license_number"),
    Secret("email", email, "e-mail", "correo", "email"),
    Secret("phone", phone, "phone", "teléfono", "phone"),
    Secret("crypto_address", crypto_address, "wallet address", "billetera", "address"),
    Secret("private_key", private_key, "private key", "clave privada", "private_key"),
    Secret("seed_phrase", seed_phrase, "backup", "respaldo", "words"),
    Secret("api_key", api_key, "API key", "llave de API", "api_key"),
    Secret("jwt", jwt, "session", "sesión", "session"),
    Secret("password", password, "password", "contraseña", "password"),
    Secret("pin", lambda draw: _pick(draw, DIGITS, draw.choice([4, 6])), "PIN", "NIP", "pin"),
    Secret(
        "one_time_code", lambda draw: _pick(draw, DIGITS, 6), "verification code", "código de verificación", "verification_code"
    ),
)

# Kinds that need no word beside them: they are proved without one as well.
ALONE: Final = frozenset(
    "card_number iban ssn itin sin curp rfc email phone crypto_address private_key seed_phrase api_key jwt".split()
)
_NAMED: Final[Mapping[str, str]] = {
    "prose, English": "The customer says that the {english} is {value}, and that nothing arrived.",
    "prose, Spanish": "La clienta dice que su {spanish} es {value}, y que no llegó nada.",
    "e-mail, English": "Hi,\n\nplease correct my {english}: {value}\n\nThanks, Ana",
    "e-mail, Spanish": "Hola:\n\ncorrijan por favor mi {spanish}: {value}\n\nGracias, Ana",
    "chat, English": "ok so my {english} is {value}\nso?",
    "chat, Spanish": "va, mi {spanish} es {value}\n¿y ahora?",
}
_BARE: Final[Mapping[str, str]] = {
    "alone": "{value}",
    "chat, bare": "here you go\n{value}\nthx",
    "chat, bare, Spanish": "ahí te va\n{value}\ngracias",
}


def sentence(secret: Secret, draw: Random) -> tuple[str, str]:
    """A text with one secret, and the same with `{}` where the secret stands."""
    value = secret.make(draw)
    frames = {**_NAMED, **(_BARE if secret.kind in ALONE else {}), "JSON": "", "JSON, Spanish": ""}
    form = draw.choice(list(frames))
    if form.startswith("JSON"):
        frame = json.dumps(
            {"channel": "chat", secret.key: "\0", "lang": "es" if "Spanish" in form else "en"}, ensure_ascii=False
        )
        inner = json.dumps(value, ensure_ascii=False)[1:-1]
        return frame.replace("\\u0000", inner), frame.replace("\\u0000", "\0")
    filled = frames[form].replace("{english}", secret.english).replace("{spanish}", secret.spanish)
    return filled.replace("{value}", value), filled.replace("{value}", "\0")


def _moment(draw: Random) -> datetime:
    return datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=draw.randint(0, 500_000_000))


def _uuid(draw: Random) -> str:
    text = _pick(draw, HEX, 32)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{draw.choice('89ab')}{text[17:20]}-{text[20:]}"


def _amount(draw: Random) -> str:
    value = draw.choice([10, 1_000, 100_000, 10_000_000, 10_000_000_000]) * draw.random()
    plain = f"{value:,.2f}"
    swapped = plain.translate(str.maketrans(",.", ".,"))
    return draw.choice(
        [
            f"${plain}",
            f"{plain} USD",
            f"{swapped} €",
            swapped.replace(".", "\u00a0") + " $",
            f"MXN {plain}",
            f"{value:.0f} pesos",
        ]
    )


def _tracking(draw: Random) -> str:
    return _one(
        draw,
        [
            lambda: f"UPS 1Z{_pick(draw, string.ascii_uppercase + DIGITS, 6)}{_pick(draw, DIGITS, 10)}",
            lambda: f"FedEx {_pick(draw, DIGITS, draw.choice([12, 15, 20]))}",
            lambda: f"USPS 94{_pick(draw, DIGITS, 20)}",
            lambda: f"DHL {_pick(draw, DIGITS, 10)}",
            lambda: f"tracking number {_pick(draw, DIGITS, 16)}",
            lambda: f"guía {_pick(draw, DIGITS, 22)}",
        ],
    )


def _date(draw: Random) -> str:
    moment = _moment(draw)
    forms = (
        "%Y-%m-%d",
        "%d/%m/%Y",
        "%m/%d/%y",
        "%d.%m.%Y",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y%m%d%H%M%S",
        "%Y%m%d",
        "%d-%m-%Y %H:%M",
    )
    return moment.strftime(draw.choice(forms))


def _epoch(draw: Random) -> str:
    return str(int(_moment(draw).timestamp() * draw.choice([1, 10**3, 10**6, 10**9])))


def _hash(draw: Random) -> str:
    return draw.choice(["", "", "0x"]) + _pick(draw, HEX, draw.choice([7, 12, 32, 40, 64]))


def _code(draw: Random) -> str:
    return draw.choice(
        [
            f"R{draw.randint(1, 85):02}",
            f"{draw.choice([12, 31])} CFR {draw.randint(1000, 1099)}.{draw.randint(1, 40)}({draw.choice('abc')})",
            draw.choice(["911", "988", "411", "*611"]),
            f"HTTP {draw.choice([403, 404, 422, 500])}",
            f"error {draw.randint(1000, 99999)}",
            f"MCC {draw.randint(1000, 9999)} {draw.randint(1000, 9999)}",
            f"v{draw.randint(1, 30)}.{draw.randint(0, 200)}.{draw.randint(0, 3000)}",
            ".".join(str(draw.randint(0, 255)) for _ in range(4)),
        ]
    )


def _reference(draw: Random) -> str:
    digits = _pick(draw, DIGITS, 9)
    return draw.choice(
        [
            f"INC{_pick(draw, DIGITS, 7)}",
            f"#{_pick(draw, DIGITS, draw.choice([5, 6, 7, 8]))}",
            f"ticket {digits}",
            f"case {digits[:3]}-{digits[3:6]}-{digits[6:]}",
            f"order {_pick(draw, DIGITS, 3)}-{_pick(draw, DIGITS, 7)}-{_pick(draw, DIGITS, 7)}",
            f"pedido {_pick(draw, DIGITS, 13)}",
            f"ORD-2026-{_pick(draw, DIGITS, 6)}",
            f"folio {_pick(draw, DIGITS, 10)}",
            draw.choice(["ach-return-r10", "card-lost-or-stolen-qc", "remittance-cancel-30-minutes-es"]),
            f"trace number {draw.randint(1, 12):02}{_pick(draw, DIGITS, 13)}",
            f"ARN {_pick(draw, DIGITS, 23)}",
            f"IMAD {_moment(draw):%Y%m%d}MMQFMP2B{_pick(draw, DIGITS, 6)}",
            f"account ending in {_pick(draw, DIGITS, 4)}",
            f"tarjeta terminada en {_pick(draw, DIGITS, 4)}",
        ]
    )


def _fraction(draw: Random) -> str:
    return draw.choice([f"{draw.random()}", f"{draw.random() * 100:.2f}%", f"{draw.random():.16f}"])


LOOK_ALIKES: Final[Mapping[str, Maker]] = {
    "epoch": _epoch,
    "date": _date,
    "UUID": _uuid,
    "hash": _hash,
    "amount": _amount,
    "tracking": _tracking,
    "code": _code,
    "reference": _reference,
    "fraction": _fraction,
}
_AROUND: Final = (
    "{}",
    "The agent noted {} and closed the contact.",
    "El agente anotó {} y cerró el contacto.",
    "Please look at {}.",
    "¿Qué significa {}?",
    "it says {} on my screen",
    '{"event": "seen", "value": "{}"}',
    "level=info id={} took 12 ms",
)


def look_alikes(draw: Random) -> Iterator[str]:
    """Texts without a secret, without end."""
    makers = list(LOOK_ALIKES.values())
    while True:
        yield draw.choice(_AROUND).replace("{}", draw.choice(makers)(draw))
