"""A labelled retrieval set: corpus.jsonl[.gz], queries.jsonl and qrels.tsv of one folder, as in BEIR."""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from api.guidance import LONGEST_QUESTION, RequestError
from kb.jurisdiction import ALL, is_place

_LANG: Final = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_GRADE: Final = re.compile(r"-?\d{1,9}(\.\d{1,9})?")
_SAID_AT_ONCE: Final = 20  # problems; a file in another format has one on every line
_LINE_SHOWN: Final = 60  # characters


@dataclass(frozen=True, slots=True)
class Document:
    """One line of corpus.jsonl. lang: None if it does not say. products, jurisdictions: `all` if it does not say."""

    id: str
    title: str
    text: str
    lang: str | None
    products: tuple[str, ...]
    jurisdictions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One line of queries.jsonl with its judgments: id of a document → grade above zero; none if nothing answers it."""

    id: str
    text: str
    lang: str | None
    products: tuple[str, ...] | None
    jurisdiction: str | None
    grades: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """A whole set. notes: what in it does not fit together, and was not used."""

    name: str
    documents: tuple[Document, ...]
    questions: tuple[Judged, ...]
    notes: tuple[str, ...]


def read_set(folder: Path) -> EvaluationSet:
    """Read a folder. Raises RequestError with every problem, each with file and line."""
    if not folder.is_dir():
        raise RequestError(
            f"{folder}: there is no such folder; expected one with corpus.jsonl (or corpus.jsonl.gz), queries.jsonl, qrels.tsv."
        )
    reading = _Reading()
    packed = folder / "corpus.jsonl.gz"
    corpus = packed if packed.is_file() and not (folder / "corpus.jsonl").is_file() else folder / "corpus.jsonl"
    documents = reading.records(corpus, _document)
    questions = reading.records(folder / "queries.jsonl", _question)
    grades = reading.judgments(folder / "qrels.tsv", questions, documents)
    reading.stop_if_wrong()
    judged = (Judged(it.id, it.text, it.lang, it.products, it.jurisdiction, grades.get(it.id, {})) for it in questions.values())
    return EvaluationSet(folder.resolve().name, tuple(documents.values()), tuple(judged), tuple(reading.notes))


@dataclass(slots=True)
class _Reading:
    """One reading of one folder: what is wrong in it, each with file and line, and what was left unused."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def records(self, path: Path, parse: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Every line as a value, by its id."""
        before = len(self.problems)
        found: dict[str, Any] = {}
        for number, line in self._lines(path):
            try:
                value = parse(_mapping(line))
            except ValueError as error:
                self.problems.append(f"{path}:{number}: {error}")
                continue
            if value.id in found:
                self.problems.append(f"{path}:{number}: _id {value.id!r} stands on an earlier line too. Remove one of them.")
            found[value.id] = value
        if not found and len(self.problems) == before:
            self.problems.append(f"{path}:1: there is no line; expected one JSON object on each.")
        return found

    def judgments(
        self, path: Path, questions: Mapping[str, object], documents: Mapping[str, object]
    ) -> dict[str, dict[str, float]]:
        """Grades above zero, by question. A judged document that is missing still counts as not found."""
        grades: dict[str, dict[str, float]] = {}
        strays: dict[str, list[int]] = {"question": [], "document": []}
        for number, line in self._lines(path):
            cells = line.rstrip("\r\n").split("\t")
            if number == 1 and cells[-1].strip().casefold() in ("score", "relevance", "grade"):
                continue
            try:
                question, document, grade = _judgment(cells)
            except ValueError as error:
                self.problems.append(f"{path}:{number}: {error}")
                continue
            if question not in questions:
                strays["question"].append(number)
            elif grade > 0:
                grades.setdefault(question, {})[document] = grade
                if document not in documents:
                    strays["document"].append(number)
        if not self.problems:
            self.notes += [
                f"{path}:{lines[0]}: {len(lines)} judgments name a {kind} that is not there"
                f" ({'they are not used' if kind == 'question' else 'it counts as not found'})."
                for kind, lines in strays.items()
                if lines
            ]
        return grades

    def stop_if_wrong(self) -> None:
        """Raise RequestError if there is a problem."""
        more = len(self.problems) - _SAID_AT_ONCE
        if self.problems:
            raise RequestError("\n".join([*self.problems[:_SAID_AT_ONCE], *([f"... and {more} more."] if more > 0 else [])]))

    def _lines(self, path: Path) -> Iterator[tuple[int, str]]:
        """The lines that are not blank, numbered from 1."""
        try:
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    try:
                        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                    except UnicodeDecodeError:
                        self.problems.append(f"{path}:{number}: a byte here is not UTF-8 text. Save the file as UTF-8.")
                        continue
                    if text.strip():
                        yield number, text
        except FileNotFoundError:
            also = " or corpus.jsonl.gz" if path.name == "corpus.jsonl" else ""
            self.problems.append(f"{path}: there is no such file; expected {path.name}{also} in this folder.")
        except (EOFError, zlib.error, OSError) as error:
            self.problems.append(f"{path}: cannot be read: {error}.")


def _mapping(line: str) -> dict[str, Any]:
    shown = line.strip() if len(line) <= _LINE_SHOWN else f"{line[:_LINE_SHOWN]}..."
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError(f"{shown!r} is not JSON; expected one object on each line.") from None
    if not isinstance(value, dict):
        raise ValueError(f"{shown!r} is no object; expected keys `_id` and `text`.")  # noqa: TRY004  # one kind of problem
    return value


def _document(line: dict[str, Any]) -> Document:
    about = _metadata(line)
    places = _words(about, "jurisdiction")
    for place in places:
        _check_place(place)
    title = line.get("title")
    return Document(
        id=_id(line),
        title="" if title is None else _text(line, "title"),
        text=_text(line, "text"),
        lang=_lang(line, about),
        products=_words(about, "product") or (ALL,),
        jurisdictions=places or (ALL,),
    )


def _question(line: dict[str, Any]) -> Judged:
    about = _metadata(line)
    text = _text(line, "text")
    if not text.strip() or len(text) > LONGEST_QUESTION:
        raise ValueError(f"text has {len(text.strip()):,} characters; expected 1 to {LONGEST_QUESTION:,}.")
    places = [place for place in _words(about, "jurisdiction") if place != ALL]
    if len(places) > 1:
        raise ValueError(f"metadata.jurisdiction names {len(places)} places; a question is asked in one.")
    for place in places:
        _check_place(place)
    return Judged(
        id=_id(line),
        text=text,
        lang=_lang(line, about),
        products=_words(about, "product") or None,
        jurisdiction=places[0] if places else None,
        grades={},
    )


def _judgment(cells: list[str]) -> tuple[str, str, float]:
    if len(cells) != 3:
        raise ValueError(f"{len(cells)} columns; expected three, between tabs: query-id, corpus-id, score.")
    if not _GRADE.fullmatch(cells[2].strip()):
        raise ValueError(f"score is {cells[2]!r}; expected a number.")
    return cells[0], cells[1], float(cells[2])


def _id(line: dict[str, Any]) -> str:
    name = line.get("_id")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or not name:
        raise ValueError(f"_id is {name!r}; expected text.")
    return name


def _text(line: dict[str, Any], key: str) -> str:
    value = line.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} is {value!r}; expected text.")  # noqa: TRY004  # one kind of problem
    return value


def _metadata(line: dict[str, Any]) -> dict[str, Any]:
    about = line.get("metadata") or {}
    if not isinstance(about, dict):
        raise ValueError(f"metadata is {about!r}; expected an object.")  # noqa: TRY004  # one kind of problem
    return about


def _lang(line: dict[str, Any], about: dict[str, Any]) -> str | None:
    lang = about.get("lang") or line.get("lang")
    if lang is not None and not (isinstance(lang, str) and _LANG.fullmatch(lang)):
        raise ValueError(f"lang is {lang!r}; expected a BCP 47 language such as en, es-MX or fr-CA.")
    return lang


def _words(about: dict[str, Any], key: str) -> tuple[str, ...]:
    """One word or a list of them; none if the key is missing or empty."""
    value = about.get(key)
    words = [] if value is None or value == "" else value if isinstance(value, list) else [value]
    if not all(isinstance(word, str) and word.strip() for word in words):
        raise ValueError(f"metadata.{key} is {value!r}; expected text, or a list of texts.")
    return tuple(dict.fromkeys(word.strip() for word in words))


def _check_place(place: str) -> None:
    if place != ALL and not is_place(place):
        raise ValueError(f"metadata.jurisdiction is {place!r}; expected an ISO 3166 code such as US or US-CA.")
