"""What a sidebar needs beside answers: suggestions while one types, the lists to choose from, the glossary."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from api.admission import ReaderDep
from api.browsing_schema import (
    GlossaryResponse,
    PlaceOut,
    ProductOut,
    QueueOut,
    SuggestionOut,
    SuggestQuery,
    SuggestResponse,
    TaxonomyResponse,
    TermOut,
    TierOut,
)
from api.endpoint import GuidanceDep, cached
from api.guidance import View
from api.presentation import article_url
from api.reader import Reader
from api.schema import Place
from kb.jurisdiction import place_name
from kb.taxonomy import Taxonomy
from retriever.suggest import suggest

router = APIRouter(tags=["sidebar"])


@router.get("/v1/suggest", operation_id="suggest")
def suggestions(query: Annotated[SuggestQuery, Query()], reader: ReaderDep, guidance: GuidanceDep) -> SuggestResponse:
    """Titles of guidance in force that what is typed so far may mean, best first; at most ten."""
    view = guidance.view(query.ask(), reader)
    found = suggest(view.snapshot, query.q, view.scope, query.lang or reader.lang)
    return SuggestResponse(
        suggestions=[
            SuggestionOut(
                id=it.article.id,
                title=it.article.title,
                url=article_url(it.article.id, {}),
                lang=it.article.lang,
                matched=list(it.matched),
            )
            for it in found
        ]
    )


@router.get("/v1/taxonomy", operation_id="getTaxonomy")
def taxonomy(place: Annotated[Place, Query()], request: Request, reader: ReaderDep, guidance: GuidanceDep) -> TaxonomyResponse:
    """The products, places, tiers and languages of a space that this reader may choose from."""
    response = taxonomy_response(guidance.view(place.ask(), reader), reader)
    return _cached(request, response)  # type: ignore[return-value]


@router.get("/v1/glossary", operation_id="getGlossary")
def glossary(place: Annotated[Place, Query()], request: Request, reader: ReaderDep, guidance: GuidanceDep) -> GlossaryResponse:
    """The terms of a space in every language, with their notes for each country."""
    terms = guidance.view(place.ask(), reader).snapshot.library.glossary.terms
    response = GlossaryResponse(
        terms=[
            TermOut(
                id=term.id,
                words={lang: list(words) for lang in ("en", "es", "fr") if (words := term.words(lang))},
                note=dict(term.note),
                places=dict(term.places),
            )
            for term in terms
        ]
    )
    return _cached(request, response)  # type: ignore[return-value]


def taxonomy_response(view: View, reader: Reader) -> TaxonomyResponse:
    """The lists for the wire. Tiers above the reader's are not named."""
    known = view.snapshot.library.taxonomy
    highest = known.highest_tier if reader.tier is None else reader.tier
    return TaxonomyResponse(
        name=known.name,
        reader=reader.name,
        languages=list(known.languages),
        products=[ProductOut(id=name, name=dict(product.name)) for name, product in known.products.items()],
        jurisdictions=[PlaceOut(code=code, name=_names(code, known)) for code in known.jurisdictions],
        tiers=[TierOut(tier=tier, name=it.name) for tier, it in sorted(known.tiers.items()) if tier <= highest],
        queues={name: QueueOut(name=it.name, contact=it.contact, hours=it.hours) for name, it in known.queues.items()},
    )


def _names(code: str, known: Taxonomy) -> dict[str, str]:
    return {lang: place_name(code, lang) for lang in known.languages}


def _cached(request: Request, content: TaxonomyResponse | GlossaryResponse) -> Response:
    return cached(request, content.model_dump_json(), JSONResponse(content.model_dump(mode="json")))
