"""A digest as HTML: the body of an e-mail, and a part of the page. Everything of an article is escaped.

Styles stand in the elements, because mail programs drop style sheets; the contrast of each pair of colours is at least 4.5 : 1.
"""

from collections.abc import Iterable
from html import escape
from typing import Final

from api.digests.document import DigestDocument, DigestSection
from api.digests.telling import Figure, Told, beyond, headline, remarks, title_of, told, window
from api.digests.words import say

_MAIL: Final = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{title}</title>
</head>
<body style="margin:0;background:#f3f4f6;color:#1a1f27;font:16px/1.5 system-ui,'Segoe UI',Helvetica,Arial,sans-serif">
<main style="max-width:40rem;margin:0 auto;padding:1.5rem;background:#ffffff">
<h1 style="font-size:1.375rem;line-height:1.3;margin:0">{title}</h1>
{content}
<p style="margin:2rem 0 0"><a style="color:#0b57a4" href="{url}">{all}</a></p>
{leave}</main>
</body>
</html>
"""
_QUIET: Final = "margin:.125rem 0 0;color:#4a5361;font-size:.875rem"
_LINK: Final = "color:#0b57a4"


def as_mail(document: DigestDocument, leave: str | None = None) -> str:
    """The whole e-mail. leave: where its reader stops it."""
    lang = document.lang
    stop = (
        f'<p style="{_QUIET}"><a style="{_LINK}" href="{escape(leave)}">{escape(say(lang, "leave"))}</a></p>\n' if leave else ""
    )
    return _MAIL.format(
        lang=escape(lang),
        title=escape(headline(document)),
        content=content(document),
        url=escape(document.url),
        all=escape(say(lang, "all")),
        leave=stop,
    )


def content(document: DigestDocument, *, level: int = 2, most: int | None = None) -> str:
    """The lists. level: of their headings. most: articles that a list shows; default: as many as a message."""
    parts = [f'<p style="{_QUIET}">{escape(window(document))}</p>']
    parts += [_section(document, section, level, most) for section in document.sections]
    parts += [f'<p style="{_QUIET};margin-top:1.5rem">{escape(remark)}</p>' for remark in remarks(document)]
    return "\n".join(parts)


def _section(document: DigestDocument, section: DigestSection, level: int, most: int | None) -> str:
    limit = {} if most is None else {"most": most}
    items = "\n".join(_item(item, document.lang) for item in told(document, section, **limit))
    rest = beyond(section, document.lang, **limit)
    more = f'<p style="{_QUIET}">{escape(rest)}</p>' if rest else ""
    title = escape(title_of(section, document.lang))
    return (
        f'<h{level} style="font-size:1.0625rem;margin:1.75rem 0 .5rem;border-bottom:2px solid #1a1f27">{title}</h{level}>\n'
        f'<ul style="list-style:none;margin:0;padding:0">\n{items}\n</ul>{more}'
    )


def _item(item: Told, lang: str) -> str:
    line = item.line
    figures = "".join(
        f'<p style="margin:.25rem 0 0;font-weight:600">{_label(figure)}{_change(figure)}</p>{_sentence(figure)}'
        for figure in item.figures
    )
    must = [f'<strong style="color:#8a1c1c">{escape(say(lang, "must_read"))}</strong>'] if line.must_read else []
    link = [f'<a style="{_LINK}" href="{escape(line.diff)}">{escape(say(lang, "difference"))}</a>'] if line.diff else []
    around = [*must, *map(escape, filter(None, (item.shown, item.where, item.who))), *link]
    language = f' lang="{escape(line.lang)}"' if line.lang != lang else ""
    title = f'<a style="{_LINK};font-weight:600" href="{escape(line.url)}"{language}>{escape(item.title)}</a>'
    return f'<li style="margin:0 0 1rem">{title}{figures}<p style="{_QUIET}">{_joined(around)}</p></li>'


def _sentence(figure: Figure) -> str:
    return f'<p style="margin:0">“{escape(figure.sentence)}”</p>' if figure.sentence else ""


def _label(figure: Figure) -> str:
    return f"{escape(figure.label)}: " if figure.label else ""


def _change(figure: Figure) -> str:
    """The old figure struck through, the new one marked, and both readable as words where styles are off."""
    if not figure.old:
        return escape(figure.text)
    gone = f'<del style="color:#8a1c1c">{escape(figure.old)}</del>'
    return f'{gone} → <ins style="color:#0f5c2e;text-decoration:none">{escape(figure.text)}</ins>'


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(parts)
