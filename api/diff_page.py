"""Two versions of an article as a page for people: what changed in substance above, the words below."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from api.fact_schema import FactOut
from api.past_schema import DiffResponse, FieldOut, SideOut
from kb.word_diff import Edit, as_html

_PAGE: Final = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: what changed</title>
<link rel="stylesheet" href="/static/page.css">
</head>
<body>
<main>
<header>
<p class="facts">{sides}</p>
<h1>{title}: what changed</h1>
{summary}
</header>
<article>
{words}
</article>
<footer><p><a href="/articles/{id}">{id}</a></p></footer>
</main>
</body>
</html>
"""


def diff_page(difference: DiffResponse, edits: Sequence[Edit]) -> str:
    """The whole page. Everything of the article is escaped."""
    return _PAGE.format(
        lang=escape(difference.lang),
        title=escape(difference.title),
        id=escape(difference.id),
        sides=escape(f"{_side(difference.from_, 'not there yet')} → {_side(difference.to, 'taken away')}"),
        summary=_summary(difference),
        words=as_html(edits),
    )


def _side(side: SideOut | None, missing: str) -> str:
    if side is None:
        return missing
    return f"version {side.number}, {side.at:%Y-%m-%d}, {side.commit[:12]}{', current' if side.current else ''}"


def _summary(difference: DiffResponse) -> str:
    if difference.severity is None:
        return "<p>Nothing that you may see has changed.</p>"
    events = ", ".join(difference.events)
    rows = [*_facts(difference.facts), *_fields(difference.fields)]
    table = f"<table><tr><th>What</th><th>Old</th><th>New</th></tr>{''.join(rows)}</table>" if rows else ""
    return f'<p class="notice">{escape(difference.severity)}: {escape(events)}</p>{table}'


def _facts(facts: Iterable[FactOut]) -> Iterable[str]:
    return (_row(" > ".join(fact.heading) or fact.kind, fact.old or "", fact.new or "") for fact in facts)


def _fields(fields: Iterable[FieldOut]) -> Iterable[str]:
    return (_row(field.name, field.old, field.new) for field in fields)


def _row(what: str, old: str, new: str) -> str:
    return f"<tr><td>{escape(what)}</td><td>{escape(old)}</td><td>{escape(new)}</td></tr>"
