"""The words around a value: which label names it."""

import re
from dataclasses import dataclass
from typing import Final

from kb.redaction.found import PLACEHOLDERS
from kb.redaction.labels import BEGINS, ENDS, LABELS, LINKS, Label
from kb.redaction.view import View

REACH: Final = 72  # characters before a value in which its label may stand
_REACH_AFTER: Final = 40
_MOST_BETWEEN: Final = 3  # words that say nothing
_LONGEST_PHRASE: Final = max(len(phrase.split()) for phrase in LABELS)


@dataclass(frozen=True, slots=True)
class Named:
    """The nearest label, and how many words that say nothing stand between it and the value."""

    label: Label
    between: int

    def near(self, *labels: Label, between: int = _MOST_BETWEEN) -> bool:
        """Whether it is one of these labels, with at most so many words between."""
        return self.label in labels and self.between <= between


_NOTHING: Final = Named(Label.OTHER, 99)

_STRUCK: Final = "|".join(re.escape(placeholder.lower()) for placeholder in PLACEHOLDERS.values())
_TOKEN: Final = re.compile(rf"{_STRUCK}|[a-z]+[0-9]?(?![a-z0-9])|[a-z]+|[0-9]+|[?!;]")
_STOPS: Final = "?!;["  # the last begins a placeholder: what it replaced had the label
_LONG_NUMBER: Final = 4  # digits: another value stands between, and the label was its own


def named_before(view: View, start: int) -> Named:
    """The label before `plain[start]`; one that says nothing where there is none."""
    tokens = _TOKEN.findall(view.lower[max(0, start - REACH) : start])
    return _nearest(tokens[::-1], reverse=True)


def named_after(view: View, end: int) -> Named:
    """The label after `plain[:end]`, as in `4821 is my pin` or `123 (cvv)`."""
    following = view.lower[end : end + _REACH_AFTER]
    tokens = _TOKEN.findall(following)
    says = bool(tokens) and (
        tokens[0] in ("is", "es", "est", "as", "como", "was", "era") or following.lstrip()[:1] in ("(", "=")
    )
    return _nearest(tokens, reverse=False) if says else _NOTHING


def follows(view: View, end: int, label: Label) -> bool:
    """Whether the very next words are this label."""
    tokens = _TOKEN.findall(view.lower[end : end + _REACH_AFTER])
    return _phrase(tokens, 0, reverse=False) is label


def _nearest(tokens: list[str], *, reverse: bool) -> Named:
    """The first label in the tokens, which run away from the value."""
    between = 0
    for place, token in enumerate(tokens):
        if token in (ENDS if reverse else BEGINS) and (label := _phrase(tokens, place, reverse=reverse)):
            return Named(label, between)
        if token in LINKS:
            continue
        if token[0] in _STOPS or (token.isdigit() and len(token) >= _LONG_NUMBER):
            return _NOTHING
        between += not token.isdigit()
        if between > _MOST_BETWEEN:
            return _NOTHING
    return _NOTHING


def _phrase(tokens: list[str], place: int, *, reverse: bool) -> Label | None:
    """The label of the longest phrase that begins (or, reversed, ends) here."""
    for length in range(_LONGEST_PHRASE, 0, -1):
        words = tokens[place : place + length]
        if len(words) == length and (label := LABELS.get(" ".join(words[::-1] if reverse else words))):
            return label
    return None
