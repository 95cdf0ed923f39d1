"""Events as files: JSON lines that can be verified elsewhere, and CSV for people."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Final

from pydantic import TypeAdapter, ValidationError

from api.events.chain import COLUMNS, Link
from api.guidance import RequestError

_LINK: Final = TypeAdapter(Link)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run
_SHOWN: Final = tuple(name for name in COLUMNS if name not in ("salt", "ticket", "commitment"))


def as_jsonl(links: Iterable[Link]) -> Iterator[str]:
    """One line for each event, with everything that its hash and its words are checked by."""
    for link in links:
        yield json.dumps(asdict(link), ensure_ascii=False, sort_keys=True)


def from_jsonl(lines: Iterable[str]) -> Iterator[Link]:
    """The events of an exported file. Raises RequestError that names the line."""
    for number, line in enumerate(lines, 1):
        try:
            yield _LINK.validate_json(line)
        except ValidationError:
            raise RequestError(f"line {number}: is no exported event; expected the output of `kb audit export`.") from None


def as_csv(links: Iterable[Link]) -> Iterator[str]:
    """A header, then one line for each event. A cell that a spreadsheet would run begins with an apostrophe."""
    yield _row(_SHOWN)
    for link in links:
        values = asdict(link)
        yield _row([_cell(values[name]) for name in _SHOWN])


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
