"""What a team was told as an Atom feed (RFC 4287): one entry for each article's version, whose id never changes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from api.digests.addresses import feed_address, page_address
from api.digests.document import DigestDocument, DigestLine
from api.digests.telling import Told, told
from api.digests.words import say
from api.space import DEFAULT
from kb.digest import HORIZON

ATOM: Final = "http://www.w3.org/2005/Atom"
MOST_ENTRIES: Final = 200
_BEGAN: Final = "2026"  # of the tag scheme (RFC 4151): a year in which the name was ours; changing it would change every id
_AHEAD: Final = ("today", "coming", "ending")
_NEVER: Final = datetime(2026, 1, 1, tzinfo=UTC)


def team_feed(documents: Sequence[DigestDocument], *, space: str, team: str, name: str, site: str) -> str:
    """The feed of what a team was told, newest first. An article that two digests tell of alike has one entry."""
    page = site + page_address(space, team)
    what = team if space == DEFAULT else f"{space}/{team}"
    return _as_atom(documents, what=what, name=name, feed_url=feed_address(page), url=page)


def scope_feed(document: DigestDocument, *, what: str, feed_url: str) -> str:
    """The feed of a scope. what: the scope."""
    return _as_atom([document], what=what, name=document.team_name, feed_url=feed_url)


def _as_atom(documents: Sequence[DigestDocument], *, what: str, name: str, feed_url: str, url: str | None = None) -> str:
    """what: tells this feed and its entries from every other one of the service, for good.

    Two teams or scopes may be told other facts of one text, in another language: whoever follows both needs both.
    """
    register_namespace("", ATOM)
    feed, tag = Element(f"{{{ATOM}}}feed"), _tag(feed_url)
    _add(feed, "id", f"{tag}:{what}")
    _add(feed, "title", _clean(name))
    entries = _entries(documents, f"{tag}:{what}:")
    _add(feed, "updated", _moment(max((_updated(document, item) for document, item in entries.values()), default=_NEVER)))
    SubElement(_element(feed, "author"), f"{{{ATOM}}}name").text = "Fingerpost"
    _element(feed, "link", rel="self", href=feed_url, type="application/atom+xml")
    if url:
        _element(feed, "link", rel="alternate", href=url, type="text/html")
    for entry_id, (document, item) in entries.items():
        _entry(feed, entry_id, document, item)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="unicode")


def _entries(documents: Sequence[DigestDocument], begin: str) -> dict[str, tuple[DigestDocument, Told]]:
    found: dict[str, tuple[DigestDocument, Told]] = {}
    for document in documents:
        for section in document.sections:
            for item in told(document, section, len(section.lines)):
                entry_id = f"{begin}{document.space}/{item.line.id}@{item.line.blob[:16]}:{section.name}"
                if len(found) < MOST_ENTRIES:
                    found.setdefault(entry_id, (document, item))
    return found


def _updated(document: DigestDocument, item: Told) -> datetime:
    """When it happened, or came into sight: the same in whatever digest it stands, so that no reader takes it for new again."""
    if item.line.at is not None:
        return item.line.at
    if item.name in _AHEAD and item.line.on:
        return datetime.fromisoformat(item.line.on).replace(tzinfo=UTC) - HORIZON
    return document.to.at


def _entry(feed: Element, entry_id: str, document: DigestDocument, item: Told) -> None:
    line, entry = item.line, _element(feed, "entry")
    _add(entry, "id", entry_id)
    _add(entry, "title", _clean(f"{say(document.lang, item.name)}: {item.title}"))
    _add(entry, "updated", _moment(_updated(document, item)))
    for name in line.authors or ["Fingerpost"]:
        SubElement(_element(entry, "author"), f"{{{ATOM}}}name").text = _clean(name)
    _element(entry, "link", rel="alternate", href=line.url, type="text/html")
    if line.diff:
        _element(entry, "link", rel="related", href=line.diff, type="text/html")
    for scheme, terms in _categories(line):
        for term in terms:
            _element(entry, "category", term=term, scheme=f"urn:fingerpost:{scheme}")
    summary = _add(
        entry, "summary", _clean("\n".join([*map(str, item.figures), item.where, *filter(None, (item.shown, item.who))]))
    )
    summary.set("type", "text")


def _categories(line: DigestLine) -> list[tuple[str, Sequence[str]]]:
    return [("product", line.products), ("jurisdiction", line.places), ("severity", [line.severity] if line.severity else [])]


def _tag(url: str) -> str:
    return f"tag:{urlsplit(url).hostname or 'localhost'},{_BEGAN}"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _add(parent: Element, name: str, text: str) -> Element:
    made = _element(parent, name)
    made.text = text
    return made


def _element(parent: Element, name: str, **attributes: str) -> Element:
    return SubElement(parent, f"{{{ATOM}}}{name}", attributes)


def _clean(text: str) -> str:
    """Without characters that XML cannot hold."""
    return "".join(
        sign
        for sign in text
        if sign in "\n\t" or (sign >= " " and sign not in "\ufffe\uffff" and not "\ud800" <= sign <= "\udfff")
    )
