"""A first `kb.yml` for a repository that was not written for us, from what its files show. A person corrects it."""

import json
import re
from collections.abc import Mapping, Sequence

from kb.adoption_signs import (
    MARKDOWN,
    Page,
    Products,
    content_lists,
    ignored_keys,
    is_housekeeping,
    languages_of,
    pages_of,
    products_of,
)
from kb.errors import KbError
from kb.jurisdiction import ALL
from kb.tree import Tree


class ProposalError(KbError):
    """The tree holds nothing that could be adopted."""


def propose(tree: Tree) -> str:
    """The text of an outside `kb.yml`, with comments, that `read_library` accepts on this tree.

    Raises ProposalError if the tree has no Markdown file.
    """
    names = [tree.below(file) for file in sorted(tree.files) if file.path.endswith(MARKDOWN)]
    left_out = ["/.*" if name.startswith(".") else f"/{name}" for name in names if is_housekeeping(name)]
    pages = pages_of(tree)
    if not pages:
        raise ProposalError(
            f"there is no Markdown file below {tree.folder or 'the root'!r}; expected pages to adopt. "
            "Correct --repo or --folder."
        )
    languages = languages_of(pages)
    products = products_of(pages)
    lists = content_lists(pages)
    lines = [*_taxonomy(languages, products), *_adoption(pages, left_out, languages, products, lists)]
    return "\n".join(lines) + "\n"


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
        f"    {_text(key)}: null  # named like ours, but it does not mean the same" for key in ignored_keys(pages, products)
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
