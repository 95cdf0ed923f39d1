"""Numbers that the work needs and that only look like secrets: times, ids, hashes, amounts, tracking numbers, codes."""

import string
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from tests.kb.drawing import DIGITS, HEX, Maker, one, pick


def _moment(draw: Random) -> datetime:
    return datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=draw.randint(0, 500_000_000))


def _uuid(draw: Random) -> str:
    text = pick(draw, HEX, 32)
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
    return one(
        draw,
        [
            lambda: f"UPS 1Z{pick(draw, string.ascii_uppercase + DIGITS, 6)}{pick(draw, DIGITS, 10)}",
            lambda: f"FedEx {pick(draw, DIGITS, draw.choice([12, 15, 20]))}",
            lambda: f"USPS 94{pick(draw, DIGITS, 20)}",
            lambda: f"DHL {pick(draw, DIGITS, 10)}",
            lambda: f"tracking number {pick(draw, DIGITS, 16)}",
            lambda: f"guía {pick(draw, DIGITS, 22)}",
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
    return draw.choice(["", "", "0x"]) + pick(draw, HEX, draw.choice([7, 12, 32, 40, 64]))


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
    digits = pick(draw, DIGITS, 9)
    return draw.choice(
        [
            f"INC{pick(draw, DIGITS, 7)}",
            f"#{pick(draw, DIGITS, draw.choice([5, 6, 7, 8]))}",
            f"ticket {digits}",
            f"case {digits[:3]}-{digits[3:6]}-{digits[6:]}",
            f"order {pick(draw, DIGITS, 3)}-{pick(draw, DIGITS, 7)}-{pick(draw, DIGITS, 7)}",
            f"pedido {pick(draw, DIGITS, 13)}",
            f"ORD-2026-{pick(draw, DIGITS, 6)}",
            f"folio {pick(draw, DIGITS, 10)}",
            draw.choice(["ach-return-r10", "card-lost-or-stolen-qc", "remittance-cancel-30-minutes-es"]),
            f"trace number {draw.randint(1, 12):02}{pick(draw, DIGITS, 13)}",
            f"ARN {pick(draw, DIGITS, 23)}",
            f"IMAD {_moment(draw):%Y%m%d}MMQFMP2B{pick(draw, DIGITS, 6)}",
            f"account ending in {pick(draw, DIGITS, 4)}",
            f"tarjeta terminada en {pick(draw, DIGITS, 4)}",
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
