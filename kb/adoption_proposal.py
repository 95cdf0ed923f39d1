"""A first `kb.yml` for a repository that was not written for us, from what its files show. A person corrects it."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from kb.adoption import front_matter, identifier
from kb.article_file import decode, too_large
from kb.errors import KbError
from kb.frontmatter import ALIASES, KEYS, instant
from kb.jurisdiction import ALL, is_language
from kb.language import base_language
from kb.tree import FileKind, Tree
from kb.yaml import Value, YamlError

_MARKDOWN: Final = (".md", ".markdown")
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
_SHOWN: Final = re.compile(r"\{[%{][^{}%]*\bpage\.(\w+)")  # a template tag that names a key
_CATEGORY_NAMES: Final = ("product", "products", "category", "categories", "section", "topic", "area", "component")
_READ_AS_OURS: Final = frozenset({"title", "description", "keywords", "redirect_from", "aliases"})
_DATES: Final = frozenset({"effective_from", "effective_until", *(key for key in ALIASES if ALIASES[key] != "redirect_from")})
_MOST_PRODUCTS: Final = 40  # more distinct values than this are words about one page, not lists to filter by
_LONG_TEXT: Final = 25  # characters on average from which a list is text to read rather than tags
_COMMON: Final = 0.5  # share of the pages that a key or a language mark has to be on to mean something


class ProposalError(KbError):
    """The tree holds nothing that could be adopted."""


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file: its path below the folder, its keys if it has some, and those that its text shows in place."""

    below: str
    keys: Mapping[str, Value]
    shown: frozenset[str]


@dataclass(frozen=True, slots=True)
class Products:
    """Products by id with their names, and how a page says which one it is about."""

    names: Mapping[str, str]
    key: str | None = None
    values: Mapping[str, str] | None = None
    folders: Mapping[str, str] | None = None


def propose(tree: Tree) -> str:
    """The text of an outside `kb.yml`, with comments, that `read_library` accepts on this tree.

    Raises ProposalError if the tree has no Markdown file.
    """
    names = [tree.below(file) for file in sorted(tree.files) if file.path.endswith(_MARKDOWN)]
    left_out = ["/.*" if name.startswith(".") else f"/{name}" for name in names if _is_housekeeping(name)]
    pages = _pages(tree)
    if not pages:
        raise ProposalError(
            f"there is no Markdown file below {tree.folder or 'the root'!r}; expected pages to adopt. "
            "Correct --repo or --folder."
        )
    languages = _languages([page.below for page in pages])
    products = _products(pages)
    lists = _content_lists(pages)
    lines = [*_taxonomy(languages, products), *_adoption(pages, left_out, languages, products, lists)]
    return "\n".join(lines) + "\n"


def _pages(tree: Tree) -> list[Page]:
    """Every Markdown file that can be read; what cannot will be skipped by the reading too."""
    pages = []
    for file in sorted(tree.files):
        below = tree.below(file)
        if file.kind is not FileKind.FILE or not below.endswith(_MARKDOWN) or _is_housekeeping(below):
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
        pages.append(Page(below, keys.values, frozenset(_SHOWN.findall(body))))
    return pages


def _is_housekeeping(below: str) -> bool:
    """Files about the repository, which stand at its top: a `docs/security.md` is a page."""
    return below.startswith(".") or ("/" not in below and below.partition(".")[0].casefold() in _HOUSEKEEPING)


def _languages(paths: Sequence[str]) -> dict[str, str]:
    """Language marks of the paths, source language first; empty if the paths say no language."""
    return _by_suffix(paths) or _by_folder(paths)


def _by_suffix(paths: Sequence[str]) -> dict[str, str]:
    """`.es.md` beside `.md`, or `._en.md` beside `._es.md`."""
    known = set(paths)
    stems: dict[str, set[str]] = {}
    for path in paths:
        found = _SUFFIX.fullmatch(path)
        if found and is_language(found["lang"]):
            stems.setdefault(found["mark"], set()).add(found["stem"])
    marks = {}
    for mark, names in stems.items():
        others = set().union(*(other for key, other in stems.items() if key != mark))
        beside = {name for name in names if name in others or f"{name}.{mark.rpartition('.')[2]}" in known}
        if len(beside) >= _COMMON * len(names):
            marks[mark] = mark.strip("._-").partition(".")[0]
    bare = {f".{mark.rpartition('.')[2]}" for mark, names in stems.items() if mark in marks and _has_bare(names, mark, known)}
    plain_marks = {mark: "en" for mark in bare if "en" not in marks.values()}
    return _source_first(plain_marks | marks)


def _has_bare(names: set[str], mark: str, known: set[str]) -> bool:
    return any(f"{name}.{mark.rpartition('.')[2]}" in known for name in names)


def _by_folder(paths: Sequence[str]) -> dict[str, str]:
    """`en/` beside `es/`: sibling folders that are named after languages."""
    parts = Counter(part for path in paths for part in set(path.split("/")[:-1]) if is_language(part))
    if len(parts) < 2 or sum(parts.values()) < _COMMON * len(paths):
        return {}
    return _source_first({f"{part}/": part for part in parts})


def _source_first(marks: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(marks.items(), key=lambda item: (base_language(item[1]) != "en", item[0])))


def _products(pages: Sequence[Page]) -> Products:
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


def _content_lists(pages: Sequence[Page]) -> list[str]:
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


def _ignored_keys(pages: Sequence[Page], products: Products) -> list[str]:
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


def _taxonomy(languages: Mapping[str, str], products: Products) -> list[str]:
    spoken = list(dict.fromkeys(languages.values())) or ["en"]
    return [
        "# Proposed by `kb new --adopt` from what the files show. Read it once and correct it; the repository stays as it is.",
        'name: "Adopted repository"',
        "time_zone: UTC  # where a date begins and ends, as in America/Mexico_City",
        f"languages: {_flow(spoken)}  # the first is the source language",
        "jurisdictions: []  # places that pages are for, as in [US, US-CA]; none yet, so every page is for everywhere",
        "tiers:",
        "  1: {name: Everyone}",
        f"products:  # from {_origin(products)}",
        *(f"  {_text(name)}: {{name: {{{spoken[0]}: {_text(title)}}}}}" for name, title in products.names.items()),
    ]


def _origin(products: Products) -> str:
    if products.key is not None:
        return f"the front-matter key {products.key!r}"
    return "the folders" if products.folders else "nothing: no key and no folder sorts the pages"


def _adoption(
    pages: Sequence[Page], left_out: Sequence[str], languages: Mapping[str, str], products: Products, lists: Sequence[str]
) -> list[str]:
    endings = sorted({f"*.{page.below.rpartition('.')[2]}" for page in pages})
    lines = [
        "adopt:",
        f"  include: {_flow(endings)}",
        f"  exclude: {_flow(sorted(set(left_out)))}  # about the repository",
    ]
    if languages:
        lines.append("  languages:  # marks in the path; pages that differ only in them are translations of one article")
        lines += [f"    {_text(mark)}: {_text(lang)}" for mark, lang in languages.items()]
    lines += _keys(pages, products) + _values(products) + _folders(products)
    if lists:
        lines += ["  lists:  # front-matter lists whose items are text to read", *(f"    - {_text(key)}" for key in lists)]
    return [*lines, *_defaults(languages, products)]


def _keys(pages: Sequence[Page], products: Products) -> list[str]:
    mapped = [f"    {_text(products.key)}: products"] if products.key not in (None, "products") else []
    mapped += [
        f"    {_text(key)}: null  # named like ours, but it does not mean the same" for key in _ignored_keys(pages, products)
    ]
    return ["  keys:", *mapped] if mapped else []


def _values(products: Products) -> list[str]:
    changed = {word: name for word, name in (products.values or {}).items() if word != name}
    pairs = [f"      {_text(word)}: {_text(name)}" for word, name in changed.items()]
    return ["  values:", "    products:", *pairs] if pairs else []


def _folders(products: Products) -> list[str]:
    pairs = [
        f"    {_text(f'/{_literal(folder)}/')}: {{products: [{_text(name)}]}}"
        for folder, name in (products.folders or {}).items()
    ]
    return ["  folders:", *pairs] if pairs else []


def _defaults(languages: Mapping[str, str], products: Products) -> list[str]:
    product = ALL if products.key is not None else "general"
    lang = next(iter(languages.values()), "en")
    return [
        "  defaults:  # for pages that say nothing themselves",
        f"    products: [{product}]",
        "    jurisdictions: [all]",
        "    tier: 1",
        f"    lang: {lang}",
    ]


def _flow(words: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, words))}]"


def _text(word: object) -> str:
    """A word in YAML: bare if it is plain, else in quotes."""
    text = str(word)
    return text if re.fullmatch(r"[a-z][a-z-]*", text) and text not in ("true", "false", "null") else json.dumps(text)


def _literal(folder: str) -> str:
    """A folder's name as a pattern that matches only it."""
    return re.sub(r"([\\*?\[\]!#])", r"\\\1", folder)
