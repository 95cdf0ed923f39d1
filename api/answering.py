"""One question from any wire to its answer as it is sent."""

from time import perf_counter

from api.guidance import Guidance
from api.presentation import search_response
from api.reader import Reader
from api.schema import SearchQuery, SearchResponse


def respond(query: SearchQuery, reader: Reader, guidance: Guidance) -> SearchResponse:
    """Ask, and say how long it took. Raises what Guidance.ask raises."""
    begun = perf_counter()
    ask = query.ask()
    answered = guidance.ask(ask, reader)
    milliseconds = (perf_counter() - begun) * 1000
    return search_response(answered, ask, reader, explain=query.explain, milliseconds=milliseconds)
