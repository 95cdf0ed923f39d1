"""Tables and guided steps as sentences: what a snippet shows where the article has rows and arrows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, zip_longest
from operator import itemgetter
from typing import Final

from kb.article import Article, BlockKind, Step, StepAnswer
from kb.steps import parse_step
from kb.taxonomy import Queue

_RULE: Final = re.compile(r"[ \t]*+\|?[ \t]*+:?-+:?[ \t]*+(?:\|[ \t]*+:?-+:?[ \t]*+)*\|?[ \t]*+")  # below a table's first row
_QUOTED: Final = re.compile(r"\A[ \t]*(?:>[ \t]?)+")
_CELL: Final = re.compile(r"(?<!\\)\|")
_LETTER: Final = re.compile(r"[^\W\d_]")
_SENTENCE_END: Final = re.compile(r"[.!?…:][*_`\"'»”)]*\Z")


def in_sentences(article: Article, start: int, end: int, queues: Mapping[str, Queue]) -> str | None:
    """The Markdown of `body[start:end]` with sentences for its tables and steps; None where it has neither.

    A table is one sentence: each row its first cell, then every other one with its column's name. Its head may stand in a slice
    before. A step is its question and its answers: what resolves it, and who takes it over. The names of steps go.
    """
    steps = [block for block in article.blocks if block.kind is BlockKind.STEP and block.start < end and start < block.end]
    if not steps and "|" not in article.body[start:end]:
        return None
    said, cursor = [], start
    for block in steps:
        said.append(_rows(article.body, cursor, max(cursor, block.start)))
        cursor, stop = max(cursor, block.start), min(end, block.end)
        lines = article.body[cursor:stop].splitlines(keepends=True)
        step, _ = parse_step(block.argument, "".join(line for line in lines if not line.startswith(":::")), block.scope)
        said.append(_step(step, queues))
        cursor = stop
    return "\n".join([*said, _rows(article.body, cursor, end)])


def _step(step: Step, queues: Mapping[str, Queue]) -> str:
    return f"{step.question} {_listed(_answer(answer, queues) for answer in step.answers)}"


def _answer(answer: StepAnswer, queues: Mapping[str, Queue]) -> str:
    if answer.escalate:
        return f"{answer.text} → {queues[answer.escalate].name if answer.escalate in queues else answer.escalate}"
    return f"{answer.text}: {answer.resolved}" if answer.resolved else answer.text


def _rows(body: str, start: int, end: int) -> str:
    """The text with a sentence for each table."""
    lines = _lines(body[start:end])
    head = _head_above(body, start) if lines and "|" in lines[0] else None
    runs = groupby(_read(lines, head), key=itemgetter(0))
    return "\n".join(_listed(text for _, text in run) if row else "\n".join(text for _, text in run) for row, run in runs)


def _read(lines: Sequence[str], head: Sequence[str] | None) -> Iterator[tuple[bool, str]]:
    """What each line says, and whether it is a row."""
    for line, below in zip_longest(lines, lines[1:], fillvalue=""):
        if "|" not in line:
            head = None
            yield False, line
        elif _RULE.fullmatch(line):
            continue
        elif "|" in below and _RULE.fullmatch(below):
            head = _cells(line)
        elif head is None:
            yield False, line
        else:
            yield True, _row(head, _cells(line))


def _head_above(body: str, start: int) -> Sequence[str] | None:
    """The cells of the first row of the table in which a slice begins; none of them where it begins inside a row."""
    above = _lines(body[:start])
    if start and body[start - 1] not in "\r\n":
        return () if _head_above(body, body.rfind("\n", 0, start) + 1) is not None else None
    for line, below in zip(reversed(above[:-1]), reversed(above), strict=False):
        if "|" not in below:
            return None
        if _RULE.fullmatch(below):
            return _cells(line)
    return None


def _lines(text: str) -> list[str]:
    return [_QUOTED.sub("", line) for line in text.splitlines()]


def _cells(line: str) -> list[str]:
    cells = [cell.strip().replace("\\|", "|") for cell in _CELL.split(line.strip())]
    return cells[not cells[0] : len(cells) - (len(cells) > 1 and not cells[-1])]


def _row(head: Sequence[str], cells: Sequence[str]) -> str:
    """A first cell without a letter says its column too: `Days 4 – Fee: 10 USD`."""
    named = list(zip_longest(head[: len(cells)], cells, fillvalue=""))
    others = ", ".join(": ".join(filter(None, pair)) for pair in named[1:] if pair[1])
    first = [" ".join(filter(None, pair)) if not _LETTER.search(pair[1]) else pair[1] for pair in named[:1] if pair[1]]
    return " – ".join(filter(None, [*first, others]))


def _listed(items: Iterable[str]) -> str:
    """One sentence of rows or answers."""
    text = " · ".join(filter(None, (item.removesuffix(".") for item in items)))
    return text if not text or _SENTENCE_END.search(text) else f"{text}."
