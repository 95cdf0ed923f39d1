"""Secrets that stand in an article: a real card number in an example is a leak like any other, and git keeps it for ever."""

import re
from collections.abc import Iterator
from typing import Final

from kb.frontmatter import FrontMatter
from kb.problem import Problem, Severity
from kb.redaction import PLACEHOLDERS, Found, redact
from kb.schema import Layered
from kb.yaml import Key

# What guidance says on purpose: the company's own addresses, numbers to call, its bank's routing number.
_USUAL: Final = frozenset(("email", "phone", "routing_number"))
_GRAVE: Final = frozenset(("card_number", "ssn", "itin", "sin", "curp", "private_key", "seed_phrase", "api_key", "jwt"))
# Numbers that were published as examples; 4000 0000 0000 … are Stripe's.
_PUBLISHED: Final = frozenset(
    (
        "4242424242424242 4111111111111111 4012888888881881 4000056655665556 5555555555554444 5105105105105100 2223003122003222"
        " 5200828282828210 378282246310005 371449635398431 6011111111111117 6011000990139424 3566002020360505 6200000000000005"
        " 123456789 078051120 987654321 046454286 130692544 akiaiosfodnn7example"
    ).split()
)
_STRIPE: Final = "40000000"
_EXAMPLE: Final = re.compile(
    r"\b(?:tests?|testing|examples?|sample|dummy|fictional|ejemplos?|pruebas?|ficticio|exemples?|essai)\b", re.I
)
_REACH: Final = 120  # characters around a value in which it may be called an example
_FENCE: Final = re.compile(r"^[ \t]{0,3}(?:`{3,}|~{3,})", re.M)
_PLAIN: Final = re.compile(r"[^0-9A-Za-z]+")


def secrets_of_body(path: str, body: str, first_line: int, *, foreign: bool) -> Iterator[Problem]:
    """Each secret of a body, at its line. foreign: of a repository that was not written for us, where it is a warning."""
    for found in redact(body).found:
        if found.kind not in _USUAL:
            severity = Severity.WARNING if foreign else _severity(body, found)
            yield Problem(path, first_line + body.count("\n", 0, found.start), "secret", _message(found), severity)


def secrets_of_keys(keys: Layered, front: FrontMatter, *, foreign: bool) -> Iterator[Problem]:
    """Each secret of the front matter's texts, at its key. foreign: see `secrets_of_body`."""
    for key, text in _texts(front):
        for found in redact(text).found:
            if found.kind not in _USUAL:
                severity = Severity.WARNING if foreign else _severity(text, found)
                yield keys.problem(key, "secret", _message(found), severity)


def _texts(front: FrontMatter) -> Iterator[tuple[Key, str]]:
    yield ("title",), front.title
    if front.description:
        yield ("description",), front.description
    for name in ("keywords", "answers", "sources"):
        yield from (((name, number), text) for number, text in enumerate(getattr(front, name)))
    if front.escalation:
        if front.escalation.when:
            yield ("escalation", "when"), front.escalation.when
        yield from ((("escalation", "collect", number), text) for number, text in enumerate(front.escalation.collect))


def _severity(text: str, found: Found) -> Severity:
    """A grave secret keeps the push from going live, unless it is published, in code, or called an example."""
    if found.kind not in _GRAVE or _is_published(text[found.start : found.end]) or _is_in_code(text, found):
        return Severity.WARNING
    around = text[max(0, found.start - _REACH) : found.start] + " " + text[found.end : found.end + _REACH]
    return Severity.WARNING if _EXAMPLE.search(around) else Severity.ERROR


def _is_published(value: str) -> bool:
    plain = _PLAIN.sub("", value).lower()
    return plain in _PUBLISHED or plain.startswith(_STRIPE)


def _is_in_code(text: str, found: Found) -> bool:
    """Between backticks on its line, or inside a fence."""
    line = text.rfind("\n", 0, found.start) + 1
    return text.count("`", line, found.start) % 2 == 1 or len(_FENCE.findall(text, 0, found.start)) % 2 == 1


def _message(found: Found) -> str:
    name = PLACEHOLDERS[found.kind].strip("[]")
    return (
        f"{name}: a value that looks real stands here; expected none, because every reader of the article sees it and git "
        "keeps it. Remove it, and change it where it is valid. An example belongs between `backticks`, with the word example."
    )
