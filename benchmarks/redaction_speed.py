"""How fast texts are redacted: messages of a chat, one in ten with a secret, and one long text; in MB of UTF-8 a second.

Run: `python benchmarks/redaction_speed.py`. The secrets are drawn as the proof draws them. Processor time, so
that other work on the machine changes little.
"""

import json
import sys
import types
from itertools import islice
from pathlib import Path
from random import Random
from time import process_time

ROOT = Path(__file__).parent.parent
SENTENCES = (
    "Hi, I was charged twice for the same purchase last week and the refund still has not arrived in my account.",
    "The customer says she never authorised a debit from her checking account and wants to know what happens next.",
    "Buenas tardes, mi cliente perdió la tarjeta en el aeropuerto y necesita saber cómo bloquearla antes de viajar a México.",
    "When I try to send money abroad the app shows error 5012 and asks me to verify my identity again, why is that?",
    "¿Cuántos días hábiles tarda una transferencia a Guadalajara si la envío un viernes por la tarde después de las cinco?",
    "On 2026-03-14 I bought coffee for $4.50 and the shop charged 45.00 instead, can somebody please look into this for me?",
    "Bonjour, ma carte a été refusée trois fois aujourd’hui – pourtant mon solde est de 1 250,00 $ selon l’application.",
    "The agent froze the card, explained the seven-day window, and opened a case with the disputes team on the same call.",
)


def main() -> None:
    """Print the size, the time and the speed of each text."""
    sys.modules["tests"] = types.ModuleType("tests")  # some libraries install a package of that name
    sys.modules["tests"].__path__ = [str(ROOT / "tests")]
    from kb.redaction import redact
    from tests.kb.look_alikes import look_alikes
    from tests.kb.secrets import SECRETS, sentence

    draw = Random(1)  # noqa: S311  (the same texts every time)
    plain = [" ".join(draw.sample(SENTENCES, draw.randint(1, 6))) for _ in range(6_000)]
    numbers = list(islice(look_alikes(draw), 600))
    secrets = [f"{draw.choice(SENTENCES)} {sentence(draw.choice(SECRETS), draw)[0]}" for _ in range(660)]
    mixed = [*plain, *numbers, *secrets]
    draw.shuffle(mixed)
    redact(json.dumps(secrets[:50]))  # the first of a kind loads its library
    for name, texts in (
        ("messages without a secret", plain),
        ("messages, one in ten with a secret", mixed),
        ("numbers that look like secrets", numbers * 20),
        ("one text of all messages", ["\n".join(plain)]),
    ):
        size = sum(len(text.encode()) for text in texts)
        begun = process_time()
        for text in texts:
            redact(text)
        seconds = process_time() - begun
        print(f"{name:<36} {size / 1e6:6.2f} MB in {seconds:6.3f} s: {size / 1e6 / seconds:6.1f} MB/s")


if __name__ == "__main__":
    main()
