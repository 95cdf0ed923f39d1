"""The body of an article: which text stands under which heading, in which fenced part, for whom.

Everything is an offset into the body, so that a quote is always the article's own text: `body[start:end]`.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

from kb.article import SCOPED, Block, BlockKind, PartScope, Section, Step
from kb.fences import closes, stray_fences
from kb.jurisdiction import narrow
from kb.problem import Problem
from kb.steps import parse_step

NO_TIER: Final = 2**31 - 1  # above every tier: a part whose tier cannot be read is shown to nobody

_NEWLINE: Final = re.compile(r"\r\n?|\n")  # what markdown-it counts as the end of a line
_ALONE: Final = (*SCOPED, BlockKind.STEP)  # no part whose text is shown whole may hold one of these
_BLOCK_TYPE: Final = "container_block_"


def markdown(*, blocks: bool) -> MarkdownIt:
    """The one Markdown parser: CommonMark with tables; with `blocks`, also our `:::` parts."""
    parser = MarkdownIt("commonmark").enable("table")
    if blocks:
        container_plugin(parser, "block", validate=lambda params, _markup: block_kind(params) is not None)
    return parser


def block_kind(params: str) -> BlockKind | None:
    """The kind named after the colons; None if it is none of ours."""
    words = params.split()
    return BlockKind(words[0]) if words and words[0] in set(BlockKind) else None


@dataclass(frozen=True, slots=True)
class ParsedBody:
    """What a body holds, and what is wrong in it."""

    sections: tuple[Section, ...]
    blocks: tuple[Block, ...]
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]


def parse_body(body: str, scope: PartScope, *, path: str, first_line: int, blocks: bool = True) -> ParsedBody:
    """Cut a body at its headings and at the fences that change who may see it.

    scope:      what the article's front matter allows; parts can only be narrower.
    first_line: the line of the file on which the body begins, for problems.
    blocks:     whether `:::` fences have our meaning (False for repositories that were not written for us).
    """
    walk = _Walk(_Lines(body), scope, path, first_line)
    tokens = markdown(blocks=blocks).parse(body)
    for token in tokens:
        walk.see(token)
    if blocks:
        for line, rule, message in stray_fences(walk.lines.all(), tokens, walk.fences):
            walk.problem(line, rule, message)
    return walk.finish()


class _Lines:
    """Line numbers to offsets. Line numbers count from 0, as in markdown-it's token maps."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.starts = [0, *(match.end() for match in _NEWLINE.finditer(body)), len(body)]
        self.count = len(self.starts) - 1

    def offset(self, line: int) -> int:
        return self.starts[min(line, self.count)]

    def text(self, first: int, last: int) -> str:
        return self.body[self.offset(first) : self.offset(last)]

    def all(self) -> list[str]:
        return [self.text(number, number + 1) for number in range(self.count)]

    def trimmed(self, first: int, last: int) -> tuple[int, int]:
        """Offsets of the lines' text without blank space around it; equal offsets if there is none."""
        raw = self.text(first, last)
        start = self.offset(first) + len(raw) - len(raw.lstrip())
        return start, max(start, self.offset(last) - (len(raw) - len(raw.rstrip())))


@dataclass(slots=True)
class _Open:
    """A fence that is open: where it began, and what to restore when it closes."""

    kind: BlockKind
    argument: str
    first: int
    last: int
    closed: bool
    scope_outside: PartScope
    headings_outside: list[tuple[int, str]]
    anchor_outside: str


@dataclass(slots=True)
class _Walk:
    """One pass over the tokens of a body."""

    lines: _Lines
    scope: PartScope
    path: str
    first_line: int
    headings: list[tuple[int, str]] = field(default_factory=list)
    anchors: dict[str, int] = field(default_factory=dict)
    anchor: str = ""
    cursor: int = 0
    bare_heading: tuple[int, int] | None = None
    nesting: list[str] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    fences: set[int] = field(default_factory=set)
    in_heading: bool = False
    sections: list[Section] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def see(self, token: Token) -> None:
        if token.nesting == -1:
            opened = self.nesting.pop()
            if opened == _BLOCK_TYPE + "open":
                self._close_block()
            self.in_heading = self.in_heading and opened != "heading_open"
        elif token.nesting == 1:
            if token.type == _BLOCK_TYPE + "open":
                self._open_block(token)
            elif token.type == "heading_open" and set(self.nesting) <= {_BLOCK_TYPE + "open"} and not self._unsayable():
                self._begin_heading(token)
            self.nesting.append(token.type)
        elif token.type == "inline" and self.in_heading:
            self._name_heading(token)

    def finish(self) -> ParsedBody:
        self._emit(self.lines.count)
        self._emit_bare_heading()
        return ParsedBody(tuple(self.sections), tuple(self.blocks), tuple(self.steps), tuple(self.problems))

    def problem(self, line: int, rule: str, message: str) -> None:
        """Note a problem at a line of the body (from 0)."""
        self.problems.append(Problem(self.path, self.first_line + line, rule, message))

    def _begin_heading(self, token: Token) -> None:
        first, after = _span(token)
        level = int(token.tag[1:])
        self._emit(first)
        if self.bare_heading and level <= self.headings[-1][0]:
            self._emit_bare_heading()
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.headings.append((level, ""))
        self.bare_heading = (first, after)
        self.cursor = after
        self.in_heading = True

    def _name_heading(self, token: Token) -> None:
        self.headings[-1] = (self.headings[-1][0], heading_text(token))
        self.anchor = unique_anchor(token, self.anchors)

    def _open_block(self, token: Token) -> None:
        kind = block_kind(token.info)
        if kind is None:  # the plugin's validate let it through, so this cannot be
            raise AssertionError(token.info)
        first, last = _span(token)
        limit = self.open[-1].last if self.open else self.lines.count
        closed = last < limit and closes(self.lines.text(last, last + 1), token.markup)
        self.fences.update([first, last] if closed else [first])
        self._check_nesting(kind, first, token.markup if not closed else None)
        if kind in SCOPED:
            self._emit(first)
        argument = token.info.strip()[len(kind) :].strip()
        self.open.append(_Open(kind, argument, first, last, closed, self.scope, list(self.headings), self.anchor))
        if kind in SCOPED:
            self.scope = narrowed(self.scope, kind, argument)
            self.cursor = first + 1
            self.bare_heading = None  # shown alone, a heading above a hidden part would hint at it

    def _check_nesting(self, kind: BlockKind, line: int, unclosed: str | None) -> None:
        if unclosed is not None:
            self.problem(
                line,
                "unclosed-block",
                f"`:::{kind}` is not closed; expected `{unclosed}` on a line of its own. "
                "Close it; around an inner `:::` part the outer fence takes one colon more.",
            )
        around = next((part.kind for part in self.open if part.kind not in SCOPED), None)
        if kind in _ALONE and around is not None:
            self.problem(
                line,
                "nested-block",
                f"`:::{kind}` stands inside `:::{around}`, whose text is shown whole. "
                f"Put `:::{kind}` around `:::{around}`, with one colon more, or beside it.",
            )

    def _unsayable(self) -> bool:
        """Whether the walk is inside a `:::dont-say` part: its text is no guidance, so it is in no section."""
        return any(part.kind is BlockKind.DONT_SAY for part in self.open)

    def _close_block(self) -> None:
        block = self.open.pop()
        end = block.last + block.closed
        if block.kind is BlockKind.DONT_SAY:
            self._emit(block.first)
            self.cursor = end
        if block.kind in SCOPED:
            self._emit(block.last)
            self._emit_bare_heading()
            self.cursor = end
            scope, self.scope = self.scope, block.scope_outside
            self.headings, self.anchor = block.headings_outside, block.anchor_outside
        else:
            scope = self.scope
        start, stop = self.lines.trimmed(block.first, end)
        text = self.lines.text(block.first + 1, block.last).strip()
        heading = tuple(text for _, text in self.headings)
        self.blocks.append(Block(block.kind, block.argument, text, heading, start, stop, scope))
        if block.kind is BlockKind.STEP:
            step, complaints = parse_step(block.argument, text, scope)
            self.steps.append(step)
            for complaint in complaints:
                self.problem(block.first, "step", complaint)

    def _emit(self, until: int) -> None:
        """End the section that began at the cursor before the line `until`; one without text is none."""
        start, end = self.lines.trimmed(self.cursor, until)
        self.cursor = until
        if start < end:
            self._add_section(start, end)

    def _emit_bare_heading(self) -> None:
        """A heading with nothing below it is its own text: it may be all that the article says of it."""
        if self.bare_heading:
            start, end = self.lines.trimmed(*self.bare_heading)
            self._add_section(start, end)

    def _add_section(self, start: int, end: int) -> None:
        self.bare_heading = None
        heading = tuple(text for _, text in self.headings if text)
        self.sections.append(Section(heading, self.anchor if heading else "", start, end, self.scope))


def narrowed(scope: PartScope, kind: BlockKind, argument: str) -> PartScope:
    """The scope inside a `:::tier` or `:::only` part. What cannot be read hides the part from everybody."""
    if kind is BlockKind.TIER:
        tier = int(argument) if argument.isascii() and argument.isdigit() else NO_TIER
        return PartScope(max(scope.tier, tier), scope.jurisdictions)
    return PartScope(scope.tier, narrow(scope.jurisdictions, frozenset(argument.split())))


def heading_text(inline: Token) -> str:
    """A heading's words without markup."""
    return "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline")).strip()


def unique_anchor(inline: Token, seen: dict[str, int]) -> str:
    """A heading's anchor; repeats are numbered in the order of the text. `seen` is kept by the caller, empty at first."""
    base = slug(heading_text(inline)) or "section"
    number = seen.get(base, 0)
    seen[base] = number + 1
    return f"{base}-{number}" if number else base


def line_of(body: str, offset: int) -> int:
    """The line (from 0) on which an offset stands, as markdown-it counts lines."""
    return len(_NEWLINE.findall(body, 0, offset))


def slug(text: str) -> str:
    """A heading as an anchor: lower case, words joined by hyphens, letters of every language kept."""
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-_")


def _span(token: Token) -> tuple[int, int]:
    if token.map is None:
        raise AssertionError(f"markdown-it gives {token.type} no lines")
    return token.map[0], token.map[1]
