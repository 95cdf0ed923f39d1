"""Closed schemas: every way in which YAML does not fit one, as a problem with file, line, expectation and cure."""

import re
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from kb.problem import Problem, Severity, did_you_mean
from kb.yaml import Document, Key, Value

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Layer:
    """Keys from one file: an article's own, or a folder's `_defaults.yml`."""

    path: str
    document: Document


@dataclass(frozen=True, slots=True)
class Layered:
    """An article's keys over its folders' defaults, nearest folder first."""

    layers: tuple[Layer, ...]

    def values(self) -> dict[str, Value]:
        """One value for each key: the first layer that has it."""
        merged: dict[str, Value] = {}
        for layer in reversed(self.layers):
            merged.update(layer.document.values)
        return merged

    def problem(self, key: Key, rule: str, message: str, severity: Severity = Severity.ERROR) -> Problem:
        """A problem at the file and line that supplies the key; at the article's first line if none does."""
        head = key[:1]
        for layer in self.layers:
            if head and head[0] in layer.document.values:
                return Problem(layer.path, layer.document.line(*key), rule, message, severity)
        own = self.layers[0]
        return Problem(own.path, own.document.first_line, rule, message, severity)


def validate(layered: Layered, schema: TypeAdapter[T]) -> tuple[T, list[Problem]] | tuple[None, list[Problem]]:
    """Check the keys against a closed schema: the value, or every problem."""
    try:
        return schema.validate_python(layered.values()), []
    except ValidationError as error:
        return None, [_explain(layered, detail) for detail in error.errors(include_url=False)]


def _explain(layered: Layered, detail: Any) -> Problem:
    key: Key = tuple(part for part in detail["loc"] if isinstance(part, str | int))
    name = ".".join(map(str, key))
    if detail["type"] == "missing":
        return layered.problem(key, "missing-key", f"{name} is missing. {_MISSING.get(name, 'Add it.')}")
    return layered.problem(key, "bad-value", f"{name} is {_shown(detail['input'])}; {_expected(detail)}")


_MISSING: Final = {
    "title": "Add one line that says what the article settles.",
    "products": "Add the products it is about, as in `products: [transfers]`, or `[all]` for every product.",
    "jurisdictions": "Add the places where it applies, as in `jurisdictions: [US]`, or `[all]` for everywhere.",
    "tier": "Add the least agent level that may read it, as in `tier: 1`.",
    "lang": "Add the language of the text, as in `lang: en`.",
}

_CURES: Final = {
    "tuple_type": "expected a list. Write it in brackets, as in `[first, second]`.",
    "string_type": "expected text. Put it in quotes.",
    "too_short": "expected at least one value.",
    "string_too_short": "expected text. Write it, or remove the key.",
    "bool_type": "expected true or false.",
    "int_parsing": "expected a whole number.",
    "int_type": "expected a whole number.",
    "int_from_float": "expected a whole number.",
    "dataclass_type": "expected `key: value` pairs.",
    "mapping_type": "expected `key: value` pairs.",
    "unexpected_keyword_argument": "expected no such key. Remove it, or correct its name.",
}


def _expected(detail: Any) -> str:
    kind = detail["type"]
    if kind == "enum":
        known = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        return f"expected one of {', '.join(known)}.{did_you_mean(detail['input'], known)}"
    if kind.startswith("date"):
        return "expected a date such as 2026-03-01."
    if kind == "string_pattern_mismatch":
        return "expected letters, digits, `.`, `_` and `-`, beginning with a letter or digit."
    said = str(detail["msg"]).removeprefix("Value error, ")
    return _CURES.get(kind, said if said.endswith((".", "?")) else f"{said}.")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
