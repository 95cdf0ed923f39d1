"""One question from any wire to its answer as it is sent."""

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

from api.contact import UNKNOWN, Contact
from api.guidance import Ask, Guidance, NotFoundError, NotGrantedError, Opened
from api.presentation import search_response
from api.reader import Reader
from api.schema import SearchQuery, SearchResponse

if TYPE_CHECKING:  # the database takes 0.3 s to import, which `kb search` should not pay
    from api.events.records import Records


def respond(
    query: SearchQuery,
    reader: Reader,
    guidance: Guidance,
    records: "Records | None" = None,
    contact: Contact = UNKNOWN,
    *,
    claim: Callable[[], None] = lambda: None,
) -> SearchResponse:
    """Ask, write down what was shown where there are records, and say how long it took. Raises what Guidance.ask raises.

    claim: is called before it is written down; raises if nobody waits for the answer any more.
    """
    begun = perf_counter()
    ask = query.ask()
    try:
        answered = guidance.ask(ask, reader)
    except (NotGrantedError, NotFoundError):
        if records:
            records.denied(ask.space, reader, "search")
        raise
    claim()
    receipted = records.answered(answered, ask, reader, contact, guidance.spaces[ask.space].space.source) if records else None
    milliseconds = (perf_counter() - begun) * 1000
    response = search_response(answered, ask, reader, explain=query.explain, milliseconds=milliseconds)
    if receipted is None:
        return response
    return response.model_copy(update={"receipt": receipted.id, "receipt_note": receipted.note})


def open_article(
    article_id: str,
    ask: Ask,
    reader: Reader,
    guidance: Guidance,
    records: "Records | None" = None,
    *,
    from_elsewhere: bool = False,
) -> Opened:
    """Open one article, and write down who opened which version. Raises what Guidance.open raises.

    from_elsewhere: another site's page led the browser here.
    """
    opened = guidance.open(article_id, ask, reader)
    if records:
        commit = opened.snapshot.manifest.commit
        records.opened(ask.space, reader, opened.article, commit, from_elsewhere=from_elsewhere)
    return opened
