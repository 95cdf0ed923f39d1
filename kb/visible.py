"""The part of an article that one reader may see, as Markdown and as safe HTML."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from kb.article import Article, BlockKind, PartScope
from kb.body import block_kind, markdown, slug

_SCOPED: Final = (BlockKind.TIER, BlockKind.ONLY)
_TAGS: Final = nh3.ALLOWED_TAGS | {"section", "input"}
_ATTRIBUTES: Final = {**nh3.ALLOWED_ATTRIBUTES, "section": {"class", "data-name"}, **{f"h{n}": {"id"} for n in range(1, 7)}}


def visible_body(article: Article, sees: Callable[[PartScope], bool]) -> str:
    """The body without the `:::tier` and `:::only` parts that the reader may not see."""
    kept, cursor = [], 0
    for block in sorted(article.blocks, key=lambda block: block.start):
        if block.kind in _SCOPED and block.start >= cursor and not sees(block.scope):
            kept.append(article.body[cursor : block.start])
            cursor = block.end
    return "".join([*kept, article.body[cursor:]])


def to_html(body: str) -> str:
    """Markdown with our parts as HTML that holds no script, style, frame or event handler, whatever the text holds.

    Each `:::` part becomes `<section class="kb-KIND">`; each heading gets the anchor that hits link to.
    """
    parser = markdown(blocks=True)
    parser.add_render_rule("container_block_open", _open_block)
    parser.add_render_rule("container_block_close", _close_block)
    tokens = parser.parse(body)
    _add_anchors(tokens)
    html = parser.renderer.render(tokens, parser.options, {})
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, link_rel="noopener noreferrer")


def _open_block(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: object) -> str:
    kind = block_kind(tokens[index].info)
    argument = tokens[index].info.strip()[len(kind or "") :].strip()
    name = argument.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return f'<section class="kb-{kind}" data-name="{name}">\n'


def _close_block(_renderer: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: object) -> str:
    return "</section>\n"


def _add_anchors(tokens: Sequence[Token]) -> None:
    """The same anchors as sections have: headings in the order of the text, repeats numbered."""
    seen: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        text = "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline")).strip()
        base = slug(text) or "section"
        opening.attrSet("id", f"{base}-{seen[base]}" if base in seen else base)
        seen[base] = seen.get(base, 0) + 1
