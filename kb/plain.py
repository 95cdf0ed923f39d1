"""Markdown as the words a reader sees: what is indexed."""

import html
import re
from functools import lru_cache
from typing import Final

_BRACKETS: Final = r"(?:[^\[\]\n]|\[[^\[\]\n]*\])*"  # one level inside, so that no text costs more than one look
_PARENTHESES: Final = r"(?:[^()\n]|\([^()\n]*\))*"
_RULES: Final = tuple(
    (sign, re.compile(pattern, flags), replacement)
    for sign, pattern, replacement, flags in (
        ("<!--", r"<!--.*?(?:-->|\Z)", " ", re.S),  # comments are for writers
        ("{{", r"\{\{[^{}]*\}\}", " ", 0),  # Liquid's values, which may stand inside its tags
        ("{", r"\{%[^{}]*%\}|\{:[^{}\n]*\}", " ", 0),  # Liquid's tags and Kramdown's attributes
        (
            ":::",
            r"^[ \t]*:{3,}[ \t]*(?:(?:say|dont-say|internal|tier|only|step)\b[^\n]*|[\w-]*)",
            " ",
            re.M,
        ),  # a foreign fence's title stays
        ("[[", r"^[ \t]*\[\[[ \t]*_?toc_?[ \t]*\]\][ \t]*$", " ", re.M | re.I),
        ("```", r"^[ \t]*`{3,}[^\n]*$", " ", re.M),
        ("~~~", r"^[ \t]*~{3,}[^\n]*$", " ", re.M),
        ("![", rf"!\[({_BRACKETS})\]\({_PARENTHESES}\)", r"\1", 0),
        ("](", rf"\[({_BRACKETS})\]\({_PARENTHESES}\)", r"\1", 0),
        ("][", r"\[([^\[\]\n]+)\]\[[^\[\]\n]*\]", r"\1", 0),
        ("]:", r"^[ \t]*\[[^\]\n]+\]:[^\n]*$", " ", re.M),  # link definitions
        (
            "<",
            r"<[A-Za-z][\w-]*(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))+\s*/?>",
            " ",
            0,
        ),  # attributes may fill several lines
        ("<", r"</?[A-Za-z][^<>\n]*>", " ", 0),
        (
            "-",
            r"^[ \t]*+(?:\|?[ \t]*+:?-+:?[ \t]*+(?:\|[ \t]*+:?-+:?[ \t]*+)+\|?|-{3,}|\|[ \t]*+:?-+:?[ \t]*+\|)[ \t]*+$",
            " ",
            re.M,
        ),  # the rule in a table
        (">", r"^[ \t]*(?:>[ \t]?)+", "", re.M),
        ("#", r"^[ \t]*#{1,6}[ \t]+", "", re.M),
        ("", r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+", "", re.M),
        ("", r"[ \t]{2,}", " ", 0),  # one look at each blank, or the next two rules would take a look for each pair
        (
            "|",
            r"(?<=\S)[ \t]?\|[ \t]?\n(?:[ \t]?\n)*[ \t]?\|[ \t]?(?=\S)",
            "; ",
            0,
        ),  # from one row of a table to the next
        ("|", r"[ \t]?\|[ \t]?", " | ", 0),
        ("|", r"^[ \t]?[ \t]?\|[ \t]*|[ \t]?\|[ \t]?[ \t]?$", "", re.M),
        ("*", r"(\*\*\*|\*\*|\*)(?=\S)([^*\n]+?)(?<=\S)\1", r"\2", 0),
        ("_", r"(?<![\w_])(__|_)(?=\S)([^_\n]+?)(?<=\S)\1(?![\w_])", r"\2", 0),
        ("`", r"`([^`\n]+)`", r"\1", 0),
        ("\\", r"\\([!-/:-@\[-`{-~])", r"\1", 0),
    )
)  # the sign stands in whatever the pattern matches: most texts are spared most of the looks
_BLANK: Final = re.compile(r"[^\S\u00a0\u202f]+")  # every white space but the no-break ones: "10 000 EUR" is one amount


@lru_cache(maxsize=1024)  # whoever compares two versions reads each paragraph several times
def plain(markdown: str) -> str:
    """The text without markup, on one line.

    A slice of an article may begin inside a list or a table, so this reads marks line by line instead of parsing blocks.
    No-break spaces stay. Linear in the length of the text.
    """
    for sign, pattern, replacement in _RULES:
        if sign in markdown:
            markdown = pattern.sub(replacement, markdown)
    return _BLANK.sub(" ", html.unescape(markdown)).strip()
