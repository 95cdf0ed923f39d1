"""YAML with a line number for every value, read as data only.

The subset is what writers need: YAML 1.2 scalars (`NO` stays Norway, `on` stays a word, dates stay text), no anchors and
no aliases (ten lines of them can mean a billion values), no duplicate keys, bounded size and depth.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import yaml

from kb.errors import KbError

Key: TypeAlias = tuple[str | int, ...]
Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"

MAX_BYTES: Final = 1_000_000  # a glossary of 250 terms is 60 kB
MAX_DEPTH: Final = 20

_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT: Final = re.compile(r"[-+]?[0-9]{1,17}\.[0-9]{1,17}")


class YamlError(KbError):
    """The text is not YAML that we read. `line` counts from 1 in the file that holds the text."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Document:
    """The values of one mapping, and the line in the file on which each key or list item stands."""

    values: dict[str, Value]
    lines: dict[Key, int]
    first_line: int = 1

    def line(self, *key: str | int) -> int:
        """The line of a value; that of the nearest enclosing one if it has none of its own."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, self.first_line)


def parse_mapping(text: str, *, first_line: int = 1) -> Document:
    """Read one YAML mapping. `first_line` is the line of the file on which the text begins.

    Raises YamlError for anything that is not one mapping of the subset above.
    """
    if len(text) > MAX_BYTES:
        raise YamlError(first_line, f"{len(text):,} characters of YAML; expected at most {MAX_BYTES:,}. Shorten it.")
    builder = _Builder(first_line)
    try:
        value = builder.document(iter(yaml.parse(text, Loader=yaml.CSafeLoader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise YamlError(line, f"this is not YAML: {error.problem or error.context}. {_cure(error)}") from None
    except yaml.reader.ReaderError as error:
        line = first_line + text.count("\n", 0, error.position)
        raise YamlError(line, f"this is not YAML: {error.reason}. Remove the character.") from None
    if not isinstance(value, dict):
        raise YamlError(first_line, "expected `key: value` lines. Write one key on each line.")
    return Document(value, builder.lines, first_line)


def _cure(error: yaml.MarkedYAMLError) -> str:
    if "mapping values are not allowed" in str(error.problem):
        return 'A text with a colon has to stand in quotes: title: "ACH: the return".'
    return "Check the indentation, and put texts with special characters in quotes."


@dataclass(slots=True)
class _Builder:
    """Builds values from parser events, so that depth and aliases are refused before anything is built."""

    first_line: int
    lines: dict[Key, int] = field(default_factory=dict)

    def document(self, events: Iterator[yaml.Event]) -> Value:
        for event in events:
            if isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
                continue
            if isinstance(event, yaml.StreamEndEvent):
                return {}
            value = self._value(event, events, ())
            self._only_one_document(events)
            return value
        return {}

    def _only_one_document(self, events: Iterator[yaml.Event]) -> None:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise YamlError(self._line(event), "a second YAML document begins here; expected one. Remove the `---`.")

    def _line(self, event: yaml.Event) -> int:
        return self.first_line + (event.start_mark.line if event.start_mark else 0)

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], key: Key) -> Value:
        line = self._line(event)
        self.lines.setdefault(key, line)
        if len(key) > MAX_DEPTH:
            raise YamlError(line, f"more than {MAX_DEPTH} levels of nesting. Flatten the value.")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlError(line, "anchors (&) and aliases (*) are not read. Write the value out, or quote the text.")
        if (tag := getattr(event, "tag", None)) not in (None, "!"):
            raise YamlError(line, f"the tag {tag} is not read. Remove it, or quote the text.")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, key)
        return self._mapping(events, key)

    def _sequence(self, events: Iterator[yaml.Event], key: Key) -> Value:
        items: list[Value] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._value(event, events, (*key, len(items))))
        return items

    def _mapping(self, events: Iterator[yaml.Event], key: Key) -> Value:
        values: dict[str, Value] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            line = self._line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise YamlError(line, "a key has to be plain text. Quote the text if it begins with [ or {.")
            name = event.value
            if name in values:
                raise YamlError(line, f"the key {name!r} stands twice. Keep one of them.")
            self.lines[(*key, name)] = line
            values[name] = self._value(next(events), events, (*key, name))
        return values


def _scalar(event: yaml.ScalarEvent) -> Value:
    """A plain scalar by the YAML 1.2 core schema; a quoted one is always text."""
    text = event.value
    if event.style:
        return str(text)
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return str(text)
