"""Old addresses of articles: what `redirect_from` says, however a link to it was written."""

import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import unquote, urlsplit

from kb.article import Article

_ENDING: Final = re.compile(r"(?:/index)?\.(?:md|markdown|html?)$|/$", re.I)


def address_now(articles: Iterable[Article], asked: str, may_open: Callable[[Article], bool]) -> str | None:
    """The id of the article, of those that may be opened, that names the asked address among its old ones; None if none does.

    articles: in the order of their ids; if two name one address, the first is meant.
    """
    wanted = _plain(asked)
    for article in articles:
        if article.redirect_from and wanted in {_plain(old) for old in article.redirect_from} and may_open(article):
            return article.id
    return None


def _plain(address: str) -> str:
    """The address without host, `/articles/`, ending, and slashes around it, in lower case."""
    path = unquote(urlsplit(address).path) if "://" in address else address.partition("?")[0].partition("#")[0]
    return _ENDING.sub("", path.strip().casefold()).strip("/").removeprefix("articles/")
