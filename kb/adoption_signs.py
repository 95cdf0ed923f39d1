"""What the files of a repository that was not written for us show: its pages, languages, products and keys."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from kb.adoption import front_matter, identifier
from kb.article_file import decode, too_large
from kb.frontmatter import ALIASES, KEYS, instant
from kb.jurisdiction import ALL, is_language
from kb.language import base_language, spelled
from kb.plain import plain
from kb.tree import FileKind, Tree
from kb.yaml import Value, YamlError

MARKDOWN: Final = (".md", ".markdown")
_HOUSEKEEPING: Final = (
    "license",
    "changelog",
    "contributing",
    "code_of_conduct",
    "security",
    "authors",
    "pull_request_template",
)
_SUFFIX: Final = re.compile(r"(?P<stem>.+?)(?P<mark>(?:\._|[._-])(?P<lang>[a-z]{2}(?:-[A-Z]{2})?)\.(?:md|markdown))")
_WORD: Final = re.compile(r"[^\W\d_]+")
_SHOWN: Final = re.compile(r"\{[%{][^{}%]*\bpage\.(\w+)")  # a template tag that names a key
_CATEGORY_NAMES: Final = ("product", "products", "category", "categories", "section", "topic", "area", "component")
_READ_AS_OURS: Final = frozenset({"title", "description", "keywords", "redirect_from", "aliases"})
_DATES: Final = frozenset({"effective_from", "effective_until", *(key for key in ALIASES if ALIASES[key] != "redirect_from")})
_MOST_PRODUCTS: Final = 40  # more distinct values than this are words about one page, not lists to filter by
_LONG_TEXT: Final = 25  # characters on average from which a list is text to read rather than tags
_COMMON: Final = 0.5  # share of the pages that a key or a language mark has to be on to mean something
# Of a page's words that the page beside it holds: a translation shares 0.29 at most (names, mostly) in our articles and in a
# public help site in four languages, a text for another place 0.41 at least.
_SAME_WORDS: Final = 1 / 3


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file: its path below the folder, its keys if it has some, those that its text shows in place, its words."""

    below: str
    keys: Mapping[str, Value]
    shown: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Products:
    """Products by id with their names, and how a page says which one it is about."""

    names: Mapping[str, str]
    key: str | None = None
    values: Mapping[str, str] | None = None
    folders: Mapping[str, str] | None = None


def pages_of(tree: Tree) -> list[Page]:
    """Every Markdown file that can be read; what cannot will be skipped by the reading too."""
    pages = []
    for file in sorted(tree.files):
        below = tree.below(file)
        if file.kind is not FileKind.FILE or not below.endswith(MARKDOWN) or is_housekeeping(below):
            continue
        if too_large(file, tree.size(file)):
            continue
        text, _problem = decode(file, tree.read(file))
        if text is None:
            continue
        try:
            keys, body, _line = front_matter(text)
        except YamlError:
            continue
        words = frozenset(_WORD.findall(plain(body).casefold()))
        pages.append(Page(below, keys.values, frozenset(_SHOWN.findall(body)), words))
    return pages


def is_housekeeping(below: str) -> bool:
    """Files about the repository, which stand at its top: a `docs/security.md` is a page."""
    return below.startswith(".") or ("/" not in below and below.partition(".")[0].casefold() in _HOUSEKEEPING)


def languages_of(pages: Sequence[Page]) -> dict[str, str]:
    """Language marks of the paths, source language first; empty if the paths say no language."""
    return _by_suffix({page.below: page.words for page in pages}) or _by_folder([page.below for page in pages])


def _by_suffix(known: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """`.es.md` beside `.md`, or `._en.md` beside `._es.md`. known: the words of each path's page.

    `-ca.md` beside `.md` may be Catalan, or the text for Canada: a page in another language says it in other words.
    """
    stems: dict[str, set[str]] = {}
    for path in known:
        found = _SUFFIX.fullmatch(path)
        if found and is_language(found["lang"]):
            stems.setdefault(found["mark"], set()).add(found["stem"])
    marks = {}
    for mark, names in stems.items():
        others = set().union(*(other for key, other in stems.items() if key != mark))
        beside = {name for name in names if name in others or f"{name}.{mark.rpartition('.')[2]}" in known}
        shared = sorted(_shared(known, name, mark, stems) for name in beside)
        if len(beside) >= _COMMON * len(names) and shared[len(shared) // 2] < _SAME_WORDS:
            marks[mark] = mark.strip("._-").partition(".")[0]
    bare = {f".{mark.rpartition('.')[2]}" for mark, names in stems.items() if mark in marks and _has_bare(names, mark, known)}
    plain_marks = {mark: "en" for mark in bare if "en" not in marks.values()}
    return _source_first(plain_marks | marks)


def _shared(known: Mapping[str, frozenset[str]], name: str, mark: str, stems: Mapping[str, set[str]]) -> float:
    """The share of a marked page's words, 0 to 1, that the page beside it holds which is most like it."""
    bare = f"{name}.{mark.rpartition('.')[2]}"
    others = [f"{name}{key}" for key, names in stems.items() if key != mark and name in names]
    own = known[f"{name}{mark}"]
    return max(len(own & known[path]) for path in [bare, *others] if path in known) / max(1, len(own))


def _has_bare(names: set[str], mark: str, known: Collection[str]) -> bool:
    return any(f"{name}.{mark.rpartition('.')[2]}" in known for name in names)


def _by_folder(paths: Sequence[str]) -> dict[str, str]:
    """`en/` beside `es/`: sibling folders that are named after languages."""
    parts = Counter(part for path in paths for part in set(path.split("/")[:-1]) if _names_language(part))
    if len(parts) < 2 or sum(parts.values()) < _COMMON * len(paths):
        return {}
    return _source_first({f"{part}/": spelled(part) for part in parts})


def _names_language(folder: str) -> bool:
    """By two letters: `es/`, `pt-br/`. Most folders of three, such as `api/`, have the name of a language too."""
    tag = spelled(folder)
    return folder[:1].islower() and len(base_language(tag)) == len("es") and is_language(tag)


def _source_first(marks: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(marks.items(), key=lambda item: (base_language(item[1]) != "en", item[0])))


def products_of(pages: Sequence[Page]) -> Products:
    """The products that a key or the folders sort the pages by."""
    return _from_key(pages) or _from_folders(pages)


def _from_key(pages: Sequence[Page]) -> Products | None:
    """A front-matter key that sorts most pages into a few groups."""
    for key in _CATEGORY_NAMES:
        said = [_words(page.keys.get(key)) for page in pages]
        distinct = {word for words in said for word in words}
        on = sum(bool(words) for words in said)
        if on >= _COMMON * len(pages) and 2 <= len(distinct) <= _MOST_PRODUCTS:
            values = {word: _product_id(word) for word in sorted(distinct)}
            return Products({values[word]: _title(word) for word in values}, key=key, values=values)
    return None


def _words(value: Value) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [str(item) for item in items if isinstance(item, str | int) and not isinstance(item, bool)]


def _from_folders(pages: Sequence[Page]) -> Products:
    """The folders below the one that holds everything."""
    folders = [page.below.rpartition("/")[0] for page in pages]
    shared = _shared_folder(folders)
    depth = len(shared.split("/")) if shared else 0
    tops = sorted({"/".join(folder.split("/")[: depth + 1]) for folder in folders if folder not in (shared, "")})
    if not 1 <= len(tops) <= _MOST_PRODUCTS:
        return Products({"general": "General"})
    values = {top: _product_id(top.rpartition("/")[2]) for top in tops}
    names = {"general": "General"} | {values[top]: _title(top.rpartition("/")[2]) for top in tops}
    return Products(names, folders=values)


def _shared_folder(folders: Sequence[str]) -> str:
    """The deepest folder that all of them are or lie in."""
    columns = zip(*(folder.split("/") for folder in folders), strict=False)
    shared = []
    for column in columns:
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return "/".join(shared)


def _product_id(word: str) -> str:
    name = identifier(word)
    return f"{name}-products" if name == ALL else name


def _title(word: str) -> str:
    words = re.sub(r"[-_]+", " ", word).strip()
    return words[:1].upper() + words[1:]


def content_lists(pages: Sequence[Page]) -> list[str]:
    """Keys whose lists hold text to read: long on average or shown by a template, and neither paths nor links."""
    shown = frozenset[str]().union(*(page.shown for page in pages))
    items: dict[str, list[str]] = {}
    for page in pages:
        for key, value in page.keys.items():
            if isinstance(value, list) and key not in KEYS and key not in ALIASES:
                items.setdefault(key, []).extend(item for item in value if isinstance(item, str))
    return sorted(key for key, texts in items.items() if _is_prose(texts, least=1 if key in shown else _LONG_TEXT))


def _is_prose(texts: Sequence[str], *, least: int) -> bool:
    """Whether most texts have several words, and their mean length is at least `least` characters."""
    worded = [text for text in texts if " " in text.strip() and not re.match(r"/|\.{1,2}/|https?://", text)]
    return bool(texts) and len(worded) >= _COMMON * len(texts) and sum(map(len, texts)) >= least * len(texts)


def ignored_keys(pages: Sequence[Page], products: Products) -> list[str]:
    """Keys that are named like ours but do not mean the same, as far as one can see."""
    found = {key for page in pages for key in page.keys if key in KEYS or key in ALIASES}
    return sorted(key for key in found - {products.key} if not _means_ours(key, [page.keys.get(key) for page in pages]))


def _means_ours(key: str, values: Sequence[Value]) -> bool:
    given = [value for value in values if value is not None]
    if key in _DATES:
        return all(isinstance(value, str) and _is_moment(value) for value in given)
    if key in ("title", "description"):
        return not any(isinstance(value, list | dict) or value == "" for value in given)
    return key in _READ_AS_OURS and not any(isinstance(item, dict | list) for value in given for item in _items(value))


def _items(value: Value) -> Sequence[Value]:
    return value if isinstance(value, list) else [value]


def _is_moment(text: str) -> bool:
    try:
        instant(text, ZoneInfo("UTC"))
    except ValueError:
        return False
    return True
