"""Reading a repository that was not written for us: its folders, suffixes and keys read as ours, nothing edited."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final

from pathspec import PathSpec
from pydantic import BeforeValidator, ConfigDict

from kb import frontmatter
from kb.body import slug
from kb.schema import Layer
from kb.yaml import Document, Value, YamlError, parse_mapping

_LISTS: Final = ("products", "jurisdictions", "keywords", "answers", "sources", "redirect_from", "supersedes")
_HEADING: Final = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", re.M)
_TOML: Final = re.compile(r"\ufeff?\+\+\+[ \t]*\r?\n(.*?)(?:^|\n)\+\+\+[ \t]*(?:\r?\n|$)", re.S)


def _text(value: object) -> object:
    """`category: 2024` is a word to whoever wrote it, whatever YAML makes of it."""
    return str(value) if isinstance(value, bool | int | float) else value


_Word = Annotated[str, BeforeValidator(_text)]


@dataclass(frozen=True, slots=True)
class Adoption:
    """The `adopt` part of an outside `kb.yml`.

    include, exclude: which files, as in `.gitignore`, relative to the folder.
    languages:        file-name suffix → language; files that differ only in it are translations of one article.
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
    languages: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str | None] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, _Word]] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    folders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def takes(self, below: str) -> bool:
        """Whether the file at this path (relative to the folder) is an article."""
        return _matches(self.include, below) and not _matches(self.exclude, below)

    def stem(self, below: str) -> tuple[str, str | None]:
        """The path without its language suffix, and that language; without its ending and None if it has no suffix."""
        for suffix, lang in sorted(self.languages.items(), key=lambda item: -len(item[0])):
            if below.endswith(suffix):
                return below.removesuffix(suffix), lang
        return below.rpartition(".")[0] or below, None


@dataclass(frozen=True, slots=True)
class Adopted:
    """One foreign file in our terms."""

    layer: Layer
    body: str
    first_line: int


def adopt(adoption: Adoption, path: str, below: str, text: str, siblings: frozenset[str]) -> Adopted:
    """Read one foreign file. `siblings` are the paths (relative to the folder) of all files, to find source articles.

    Raises YamlError if its front matter cannot be read.
    """
    theirs, body, first_line = _front_matter(text)
    values: dict[str, Value] = dict(adoption.defaults)
    for pattern, fields in adoption.folders.items():
        if _matches((pattern,), below):
            values.update(fields)
    values.update(_identity(adoption, below, siblings))
    values.update(_translated(adoption, theirs.values))
    body = _with_lists(body, {name: theirs.values[name] for name in adoption.lists if name in theirs.values})
    values.setdefault("title", _title(body, below))
    return Adopted(Layer(path, Document(values, theirs.lines, theirs.first_line)), body, first_line)


def _matches(patterns: tuple[str, ...], path: str) -> bool:
    return PathSpec.from_lines("gitwildmatch", patterns).match_file(path)


def _front_matter(text: str) -> tuple[Document, str, int]:
    if parts := frontmatter.split(text):
        yaml_text, body, first_line = parts
        return parse_mapping(yaml_text, first_line=2), body, first_line
    if found := _TOML.match(text):
        try:
            values = tomllib.loads(found[1])
        except tomllib.TOMLDecodeError as error:
            raise YamlError(1, f"this is not TOML: {error}.") from None
        return Document(values, {}, 1), text[found.end() :], text.count("\n", 0, found.end()) + 1
    return Document({}, {}, 1), text.removeprefix("\ufeff"), 1


def _identity(adoption: Adoption, below: str, siblings: frozenset[str]) -> dict[str, Value]:
    stem, lang = adoption.stem(below)
    source = next(iter(adoption.languages.items()), None)
    if lang is None or source is None:
        return {"id": identifier(stem)}
    source_suffix, source_lang = source
    if lang == source_lang or stem + source_suffix not in siblings:
        return {"id": identifier(stem) if lang == source_lang else f"{identifier(stem)}.{lang}", "lang": lang}
    return {"id": f"{identifier(stem)}.{lang}", "lang": lang, "translation_of": identifier(stem)}


def identifier(stem: str) -> str:
    """A path without its ending as an article id: `cards/PIN blocked` is `cards-pin-blocked`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", slug(stem)).strip("-._") or "article"


def _translated(adoption: Adoption, theirs: Mapping[str, Value]) -> dict[str, Value]:
    """Their keys and values as ours. Keys that mean nothing to us are left out."""
    ours: dict[str, Value] = {}
    for name, value in theirs.items():
        key = adoption.keys.get(name, frontmatter.ALIASES.get(name, name))
        if key in frontmatter.KEYS and value is not None:
            ours[key] = _mapped(adoption.values.get(key, {}), value, many=key in _LISTS)
    return ours


def _mapped(table: Mapping[str, str], value: Value, *, many: bool) -> Value:
    if isinstance(value, list):
        return [_mapped(table, item, many=False) for item in value]
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
    if found := _HEADING.search(body):
        return found[1]
    name = below.rpartition("/")[2].partition(".")[0]
    return re.sub(r"[-_]+", " ", name).strip().capitalize() or below
