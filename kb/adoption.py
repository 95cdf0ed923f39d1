"""Reading a repository that was not written for us: its folders, suffixes and keys read as ours, nothing edited."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Final

from pathspec import GitIgnoreSpec
from pydantic import BeforeValidator, ConfigDict

from kb import frontmatter
from kb.body import slug
from kb.language_tag import LanguageTag
from kb.schema import Layer
from kb.yaml import Document, Value, YamlError, parse_mapping

_LISTS: Final = ("products", "jurisdictions", "keywords", "answers", "sources", "redirect_from", "supersedes")
_TEXTS: Final = ("title", "description", "owner", "effective_from", "effective_until")
_HEADING: Final = re.compile(r"^#{1,6}[ \t]([^\n]*)$", re.M)
_TOML: Final = re.compile(r"\ufeff?\+\+\+[ \t]*\r?\n(.*?)(?:^|\n)\+\+\+[ \t]*(?:\r?\n|$)", re.S)


def _text(value: object) -> object:
    """`category: 2024` is a word to whoever wrote it, whatever YAML makes of it."""
    return str(value) if isinstance(value, bool | int | float) else value


_Word = Annotated[str, BeforeValidator(_text)]


@dataclass(frozen=True, slots=True)
class Adoption:
    """The `adopt` part of an outside `kb.yml`.

    include, exclude: which files, as in `.gitignore`, relative to the folder.
    roots:            folders that are no part of an article's id, so that it survives a move of all articles.
    languages:        file-name suffix (`.es.md`) or folder (`es/`) → language; files that differ only in it are
                      translations of one article, and the first language is the source.
    keys:             their front-matter key → ours; null ignores a key whose name we would otherwise read.
    values:           our key → their value → ours.
    lists:            front-matter lists of Markdown that are content; each replaces the template tag that names it,
                      or follows the body.
    folders:          pattern → our keys, for files below it; a later pattern wins.
    defaults:         our keys, for every file that says nothing itself.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    include: tuple[str, ...] = ("*.md",)
    exclude: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    languages: Mapping[str, LanguageTag] = field(default_factory=dict)
    keys: Mapping[str, str | None] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, _Word]] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    folders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def takes(self, below: str) -> bool:
        """Whether the file at this path (relative to the folder) is an article."""
        return _matches(self.include, below) and not _matches(self.exclude, below)

    def stem(self, below: str) -> tuple[str, str | None]:
        """The path without root, ending and language mark, and that language; None if the path has no mark."""
        path = next((below.removeprefix(root) for root in self._prefixes() if below.startswith(root)), below)
        for mark, lang in sorted(self.languages.items(), key=lambda item: -len(item[0])):
            if mark.endswith("/") and f"/{mark}" in f"/{path}":
                unmarked = f"/{path}".replace(f"/{mark}", "/", 1)[1:]
                return unmarked.rpartition(".")[0] or unmarked, lang
            if path.endswith(mark):
                return path.removesuffix(mark), lang
        return path.rpartition(".")[0] or path, None

    def default_id(self, below: str) -> str:
        """The id of the file at this path if it says none itself."""
        stem, lang = self.stem(below)
        name = identifier(stem)
        return name if lang in (None, self.source_language) else f"{name}.{lang}"

    def sources(self, paths: Iterable[str]) -> frozenset[str]:
        """The stems of those paths that are in the source language: what a translation can be of."""
        source = self.source_language
        stems = (self.stem(path) for path in paths if self.takes(path))
        return frozenset(stem for stem, lang in stems if lang == source)

    @property
    def source_language(self) -> str | None:
        """The first language, which the others translate; None if paths say no language."""
        return next(iter(self.languages.values()), None)

    def _prefixes(self) -> list[str]:
        return sorted((f"{root.strip('/')}/" for root in self.roots), key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class Adopted:
    """One foreign file in our terms."""

    layer: Layer
    body: str
    first_line: int


def adopt(adoption: Adoption, path: str, below: str, text: str, sources: frozenset[str]) -> Adopted:
    """Read one foreign file. `sources`: see `Adoption.sources`.

    Raises YamlError if its front matter cannot be read.
    """
    theirs, body, first_line = front_matter(text)
    values: dict[str, Value] = dict(adoption.defaults)
    for pattern, fields in adoption.folders.items():
        if _matches((pattern,), below):
            values.update(fields)
    values.update(_identity(adoption, below, sources))
    values.update(_translated(adoption, theirs.values))
    if _is_unpublished(adoption, theirs.values):
        values["status"] = "draft"
    body = _with_lists(body, {name: theirs.values[name] for name in adoption.lists if name in theirs.values})
    values.setdefault("title", _title(body, below))
    return Adopted(Layer(path, Document(values, theirs.lines, theirs.first_line)), body, first_line)


def _matches(patterns: tuple[str, ...], path: str) -> bool:
    return _spec(patterns).match_file(path)


@cache
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(patterns)


def front_matter(text: str) -> tuple[Document, str, int]:
    """Their keys (YAML or TOML), the body, and the line on which it begins.

    Raises YamlError if there are keys that cannot be read.
    """
    if parts := frontmatter.split(text):
        yaml_text, body, first_line = parts
        return parse_mapping(yaml_text, first_line=2), body, first_line
    if frontmatter.is_unclosed(text):
        raise YamlError(1, "the front matter is not closed; expected `---` on a line of its own below the keys. Close it.")
    if found := _TOML.match(text):
        try:
            values = tomllib.loads(found[1])
        except tomllib.TOMLDecodeError as error:
            raise YamlError(1, f"this is not TOML: {error}.") from None
        own = {key: _as_yaml(value) for key, value in values.items()}
        return Document(own, {}, 1), text[found.end() :], text.count("\n", 0, found.end()) + 1
    return Document({}, {}, 1), text.removeprefix("\ufeff"), 1


def _as_yaml(value: Any) -> Value:
    """A TOML value as our YAML would read it: dates as text."""
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo else value.date().isoformat()
    if isinstance(value, list):
        return [_as_yaml(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_yaml(item) for key, item in value.items()}
    return value if isinstance(value, bool | int | float | str) else str(value)


def _is_unpublished(adoption: Adoption, theirs: Mapping[str, Value]) -> bool:
    """What Hugo (`draft: true`) and Jekyll (`published: false`) keep off their site is not guidance here either."""
    draft = "draft" not in adoption.keys and theirs.get("draft") is True
    return draft or ("published" not in adoption.keys and theirs.get("published") is False)


def _identity(adoption: Adoption, below: str, sources: frozenset[str]) -> dict[str, Value]:
    stem, lang = adoption.stem(below)
    found: dict[str, Value] = {"id": adoption.default_id(below)}
    if lang is not None:
        found["lang"] = lang
    if lang not in (None, adoption.source_language) and stem in sources:
        found["translation_of"] = identifier(stem)
    return found


def identifier(stem: str) -> str:
    """A path without its ending as an article id: `cards/PIN blocked` is `cards-pin-blocked`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", slug(stem)).strip("-._") or "article"


def _translated(adoption: Adoption, theirs: Mapping[str, Value]) -> dict[str, Value]:
    """Their keys and values as ours. Keys that mean nothing to us are left out."""
    ours: dict[str, Value] = {}
    for name, value in theirs.items():
        key = adoption.keys.get(name, frontmatter.ALIASES.get(name, name))
        if key in frontmatter.KEYS and value is not None:
            mapped = _mapped(adoption.values.get(key, {}), value, many=key in _LISTS)
            ours[key] = str(mapped) if key in _TEXTS and isinstance(mapped, bool | int | float) else mapped
    return ours


def _mapped(table: Mapping[str, str], value: Value, *, many: bool) -> Value:
    if isinstance(value, list):
        return [_mapped(table, item, many=False) for item in value if item is not None]
    if many:
        return [_mapped(table, value, many=False)]
    return table.get(str(value), value)


def _with_lists(body: str, lists: Mapping[str, Value]) -> str:
    for name, items in lists.items():
        if not isinstance(items, list):
            continue
        text = "\n".join(f"- {item}" for item in items if isinstance(item, str))
        tag = re.compile(r"\{[%{][^{}%]*\bpage\." + re.escape(name) + r"\b[^{}%]*[%}]\}")
        before, found, after = _partition(tag, body)
        body = before + text + after if found else f"{body.rstrip()}\n\n{text}\n"
    return body


def _partition(pattern: re.Pattern[str], text: str) -> tuple[str, bool, str]:
    """The text before and after the pattern's first match, and whether there is one."""
    found = pattern.search(text)
    return (text[: found.start()], True, text[found.end() :]) if found else (text, False, "")


def _title(body: str, below: str) -> str:
    for found in _HEADING.finditer(body):
        if heading := found[1].strip().rstrip("#").strip():
            return heading
    name = below.rpartition("/")[2].partition(".")[0]
    return re.sub(r"[-_]+", " ", name).strip().capitalize() or below
