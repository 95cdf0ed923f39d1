"""A digest as a Slack message and as a card for Microsoft Teams, within what both of them take."""

import re
from collections.abc import Iterator
from typing import Any, Final

from api.digests.document import DigestDocument
from api.digests.telling import Figure, Told, beyond, headline, remarks, title_of, told, window
from api.digests.words import say

MOST_BLOCKS: Final = 50  # Slack refuses a message with more
LONGEST_SECTION: Final = 3000  # characters of one block's text
_LONGEST_HEADER: Final = 150
_LONGEST_SLACK: Final = 12_000  # characters of all texts: whole messages near 13,200 were seen refused (bolt-js#2509)
LARGEST_CARD: Final = 24_000  # bytes of a card; Teams takes 28 KB of message around it
_LONGEST_ITEM: Final = 1200
_BLANK: Final = re.compile(r"\s+")

Message = dict[str, Any]


def as_slack(document: DigestDocument) -> Message:
    """The message: blocks, and `text` for notifications and screen readers. What has no room is behind the link."""
    title = headline(document)
    blocks: list[Message] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(title, _LONGEST_HEADER)}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": _slack(window(document))}]},
    ]
    link = f"<{document.url}|{_slack(say(document.lang, 'all'))}>"
    used, left = len(title), 0
    for text in _slack_texts(document):
        if left or len(blocks) >= MOST_BLOCKS - 1 or used + len(text) > _LONGEST_SLACK:
            left += 1
            continue
        used += len(text)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text}})
    blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": f"{'… ' if left else ''}{link}"}})
    return {"text": _cut(_slack(title), LONGEST_SECTION), "blocks": blocks, "unfurl_links": False}


def _slack_texts(document: DigestDocument) -> Iterator[str]:
    """One text for each list and as many of its articles as fit, then one for each such group."""
    for section in document.sections:
        text = f"*{_slack(title_of(section, document.lang))}*"
        for item in told(document, section):
            entry = _cut_lines(_slack_item(item, document.lang))
            if len(text) + len(entry) + 1 > LONGEST_SECTION:
                yield text
                text = entry
            else:
                text = f"{text}\n{entry}"
        yield text
        if rest := beyond(section, document.lang):
            yield _slack(rest)
    for remark in remarks(document):
        yield f"_{_slack(remark)}_"


def _slack_item(item: Told, lang: str) -> list[str]:
    line = item.line
    lines = [f"• <{line.url}|{_slack(item.title)}> ({_slack(item.where)})"]
    lines += [f"    *{_slack(figure.labelled)}*{_slack(_sentence(figure))}" for figure in item.figures]
    around = [say(lang, "must_read")] * line.must_read + [part for part in (item.shown, item.who) if part]
    link = [f"<{line.diff}|{_slack(say(lang, 'difference'))}>"] if line.diff else []
    return [*lines, *([f"    {' · '.join([*map(_slack, around), *link])}"] if around or link else [])]


def _slack(text: str) -> str:
    """The text as Slack shows it: its three signs escaped, and none of its marks."""
    escaped = _BLANK.sub(" ", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"{sign}\N{WORD JOINER}" if sign in "*_~`|" else sign for sign in escaped)


def as_card(document: DigestDocument) -> Message:
    """The message that a Workflows webhook of Teams takes: one Adaptive Card."""
    body: list[Message] = [
        {"type": "TextBlock", "text": _markdown(headline(document)), "size": "Large", "weight": "Bolder", "wrap": True},
        {"type": "TextBlock", "text": _markdown(window(document)), "isSubtle": True, "spacing": "None", "wrap": True},
    ]
    used, left = 1500, False  # the frame around it
    for block in _card_blocks(document):
        size = len(str(block).encode())
        left = left or used + size > LARGEST_CARD
        if not left:
            body.append(block)
            used += size
    if left:
        body.append({"type": "TextBlock", "text": "…", "wrap": True})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": document.lang,
        "fallbackText": headline(document),
        "msteams": {"width": "Full"},
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": say(document.lang, "all"), "url": document.url}],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def _card_blocks(document: DigestDocument) -> Iterator[Message]:
    for section in document.sections:
        title = _markdown(title_of(section, document.lang))
        yield {"type": "TextBlock", "text": title, "weight": "Bolder", "size": "Medium", "separator": True, "wrap": True}
        for item in told(document, section):
            yield {"type": "TextBlock", "text": "\n\n".join(_cut_each(_card_item(item, document.lang))), "wrap": True}
        if rest := beyond(section, document.lang):
            yield {"type": "TextBlock", "text": _markdown(rest), "isSubtle": True, "wrap": True}
    for remark in remarks(document):
        yield {"type": "TextBlock", "text": _markdown(remark), "isSubtle": True, "wrap": True}


def _card_item(item: Told, lang: str) -> Iterator[str]:
    yield f"[{_markdown(item.title)}]({item.line.url})"
    yield from (f"**{_markdown(figure.labelled)}**{_markdown(_sentence(figure))}" for figure in item.figures)
    around = [say(lang, "must_read")] * item.line.must_read + [part for part in (item.shown, item.where, item.who) if part]
    link = [f"[{say(lang, 'difference')}]({item.line.diff})"] if item.line.diff else []
    yield " · ".join([*map(_markdown, around), *link])


def _sentence(figure: Figure) -> str:
    return f": “{figure.sentence}”" if figure.sentence else ""


def _markdown(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#" else sign for sign in _BLANK.sub(" ", text))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _cut_each(lines: Iterator[str]) -> list[str]:
    return [*_kept(list(lines))]


def _cut_lines(lines: list[str]) -> str:
    return "\n".join(_kept(lines))


def _kept(lines: list[str]) -> Iterator[str]:
    """The lines as far as one article may take room, whole ones alone: half a line could be half a link."""
    used = 0
    for number, line in enumerate(lines):
        used += len(line)
        if number and used > _LONGEST_ITEM:
            yield "…"
            return
        yield line
