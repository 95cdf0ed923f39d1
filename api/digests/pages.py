"""The pages of digests: what a team was told, and where a reader stops its e-mails."""

from collections.abc import Sequence
from html import escape
from typing import Final

from api.digests.document import MOST_KEPT, DigestDocument
from api.digests.html import content
from api.digests.telling import headline
from api.digests.words import say

# Styles stand in the elements, as in the e-mail; no script runs, and only the leaving form is ever sent.
POLICY: Final = (
    "default-src 'none'; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
)
_PAGE: Final = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{title}</title>
{head}</head>
<body style="margin:0;background:#f3f4f6;color:#1a1f27;font:16px/1.5 system-ui,'Segoe UI',Helvetica,Arial,sans-serif">
<main style="max-width:44rem;margin:0 auto;padding:1.5rem">
<h1 style="font-size:1.5rem;line-height:1.25;margin:0 0 1rem">{title}</h1>
{body}
</main>
</body>
</html>
"""
_CARD: Final = """<article style="background:#ffffff;padding:1.25rem 1.5rem;margin:0 0 1.25rem;border:1px solid #d5dae1">
{body}
</article>"""
_TITLE: Final = '<h2 style="font-size:1.1875rem;line-height:1.3;margin:0">{title}</h2>'


def plain_page(title: str, lang: str, body: str, head: str = "") -> str:
    """A page with that title. body: HTML."""
    return _PAGE.format(lang=escape(lang), title=escape(title), head=head, body=body)


def digests_page(name: str, lang: str, documents: Sequence[DigestDocument], feed: str) -> str:
    """What a team was told, newest first."""
    cards = [
        _CARD.format(body=f"{_TITLE.format(title=escape(headline(it)))}\n{content(it, level=3, most=MOST_KEPT)}")
        for it in documents
    ]
    head = f'<link rel="alternate" type="application/atom+xml" href="{escape(feed)}" title="{escape(name)}">\n'
    body = "\n".join(cards) or f"<p>{escape(say(lang, 'nothing'))}</p>"
    return plain_page(name, lang, body, head)


def leave_page(name: str, lang: str, address: str) -> str:
    """Asks once, so that a program that follows every link of an e-mail stops nothing."""
    button = '<button style="font:inherit;padding:.5rem 1rem">{}</button>'.format(escape(say(lang, "leave")))
    body = f'<p>{escape(address)}</p>\n<form method="post">{button}</form>'
    return plain_page(name, lang, body)


def left_page(name: str, lang: str, address: str) -> str:
    """Says that it is done."""
    body = f"<p>{escape(say(lang, 'left', address=address))}</p>"
    return plain_page(name, lang, body)
