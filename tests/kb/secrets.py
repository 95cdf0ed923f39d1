"""Made-up secrets of every kind, and the sentences they stand in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.kb.drawing import DIGITS, Maker, pick
from tests.kb.secret_keys import api_key, crypto_address, email, jwt, password, phone, private_key, seed_phrase
from tests.kb.secret_numbers import (
    account_number,
    card_number,
    clabe,
    curp_code,
    iban,
    itin,
    licence_number,
    passport_number,
    rfc_code,
    routing_number,
    sin,
    ssn,
)


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
    Secret("security_code", lambda draw: pick(draw, DIGITS, draw.choice([3, 4])), "CVV", "código de seguridad", "cvv"),
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
    Secret("pin", lambda draw: pick(draw, DIGITS, draw.choice([4, 6])), "PIN", "NIP", "pin"),
    Secret(
        "one_time_code", lambda draw: pick(draw, DIGITS, 6), "verification code", "código de verificación", "verification_code"
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
