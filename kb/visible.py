"""The part of an article that one reader may see, as Markdown and as safe HTML."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from kb.article import SCOPED, Article, Block, PartScope
from kb.body import block_kind, line_of, markdown, unique_anchor

_OPEN: Final = "container_block_open"
_EMPTY_LINES: Final = re.compile(r"\n(?:[ \t]*\n)+")
_TAGS: Final = nh3.ALLOWED_TAGS | {"section"}
_ATTRIBUTES: Final = {**nh3.ALLOWED_ATTRIBUTES, "section": {"class", "data-name"}, **{f"h{n}": {"id"} for n in range(1, 7)}}


def visible_body(article: Article, sees: Callable[[PartScope], bool]) -> str:
    """The body without the `:::tier` and `:::only` parts that the reader may not see."""
    kept, cursor = [], 0
    for block in _hidden(article, sees):
        if block.start >= cursor:
            kept.append(article.body[cursor : block.start])
            cursor = block.end
    return "".join([*kept, article.body[cursor:]])


def seen(article: Article, sees: Callable[[PartScope], bool]) -> Article:
    """The article without the parts that the reader may not see: blanks stand there, so that every offset stays true."""
    if all(sees(it.scope) for parts in (article.sections, article.blocks, article.steps) for it in parts):
        return article
    body = article.body
    for block in article.blocks:
        if not sees(block.scope):
            body = body[: block.start] + " " * (block.end - block.start) + body[block.end :]
    return replace(
        article,
        body=body,
        sections=tuple(section for section in article.sections if sees(section.scope)),
        blocks=tuple(block for block in article.blocks if sees(block.scope)),
        steps=tuple(step for step in article.steps if sees(step.scope)),
    )


def told(article: Article, sees: Callable[[PartScope], bool]) -> str:
    """The visible body for comparing versions: how many empty lines stand where a part was hidden tells nothing."""
    return _EMPTY_LINES.sub("\n\n", visible_body(article, sees)).strip() + "\n"


def visible_html(article: Article, sees: Callable[[PartScope], bool]) -> str:
    """The same as HTML that holds no script, style, frame or event handler, whatever the text holds.

    Each `:::` part becomes `<section class="kb-KIND">`. Each heading has the anchor that hits link to: headings are numbered
    before anything is hidden, so a link means the same for every reader.
    """
    parser = markdown(blocks=bool(article.blocks))
    parser.add_render_rule(_OPEN, _open_block)
    parser.add_render_rule("container_block_close", _close_block)
    tokens = parser.parse(article.body)
    _add_anchors(tokens)
    hidden = {line_of(article.body, block.start) for block in _hidden(article, sees)}
    html = parser.renderer.render(_without(tokens, hidden), parser.options, {})
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, link_rel="noopener noreferrer")


def _hidden(article: Article, sees: Callable[[PartScope], bool]) -> list[Block]:
    scoped = (block for block in article.blocks if block.kind in SCOPED and not sees(block.scope))
    return sorted(scoped, key=lambda block: block.start)


def _without(tokens: Sequence[Token], hidden: set[int]) -> list[Token]:
    """The tokens without the parts that begin on these lines (from 0)."""
    kept, depth = [], 0
    for token in tokens:
        if depth or (token.type == _OPEN and token.map is not None and token.map[0] in hidden):
            depth += token.nesting
        else:
            kept.append(token)
    return kept


def _open_block(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: object) -> str:
    kind = block_kind(tokens[index].info)
    argument = tokens[index].info.strip()[len(kind or "") :].strip()
    name = argument.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return f'<section class="kb-{kind}" data-name="{name}">\n'


def _close_block(_renderer: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: object) -> str:
    return "</section>\n"


def _add_anchors(tokens: Sequence[Token]) -> None:
    """The same anchors as sections have."""
    seen: dict[str, int] = {}
    inside: list[str] = []
    for token, following in pairwise(tokens):
        if token.type == "heading_open" and set(inside) <= {_OPEN}:
            token.attrSet("id", unique_anchor(following, seen))
        if token.nesting == 1:
            inside.append(token.type)
        elif token.nesting == -1:
            inside.pop()
