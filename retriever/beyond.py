"""What lies outside the mask: said, never shown. Above the reader's tier, in other places, and where nothing is in scope.

It is judged by the first opinion alone (docs/decisions/0005-second-opinion.md).
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np

from kb.article import Article
from kb.jurisdiction import ALL, lineage
from kb.problem import did_you_mean
from retriever.answer import AboveTier, Lead
from retriever.collapse import Ranked, leaders, ranked_as
from retriever.confidence import ANSWERABLE
from retriever.in_scope import InScope
from retriever.legs import Search
from retriever.scope import Scope, anywhere, mask, sees
from retriever.snapshot import Snapshot

NOTICED = 3  # a text outside the mask counts as missed if it would stand among the first three


def above_tier(run: Search, snapshot: Snapshot, scope: Scope, seen: InScope) -> AboveTier | None:
    """Say that higher guidance exists if it would stand among the first hits; tell nothing of it but the way up."""
    if seen.at_every_tier is None:
        return None
    candidates = run.candidates(seen.at_every_tier, second_opinion=False)
    hidden = [
        index
        for index in leaders(candidates, snapshot.table)[:NOTICED].tolist()
        if not seen.allowed.rows[candidates.rows[index]] and run.first_opinion(candidates, index) >= ANSWERABLE
    ]
    if not hidden:
        return None
    owner = snapshot.articles[snapshot.passages[candidates.rows[hidden[0]]].article]
    products = scope.products or owner.products
    queue_above = snapshot.library.taxonomy.queue_above
    return AboveTier("Guidance exists above your tier.", queue_above(scope.tier, frozenset(products)))


def varying_places(run: Search, shown: Iterable[Ranked], snapshot: Snapshot, scope: Scope, seen: InScope) -> tuple[str, ...]:
    """Without a place: the places whose rule differs, if there are several among the articles that answer best."""
    if scope.jurisdiction is not None:
        return ()
    wider = seen.in_every_place
    groups = {it.article.group for it in shown}
    if wider is not seen.allowed:
        table, candidates = snapshot.table, run.candidates(wider, second_opinion=False)
        first = candidates.rows[leaders(candidates, table)[:NOTICED]]
        groups |= {table.group_names[number] for number in table.groups[first]}
    groups |= {article.group for article in snapshot.overriding if article.overrides in groups}
    rows = np.flatnonzero(wider.rows & snapshot.table.in_groups(groups)).tolist()
    places = {place for row in rows for place in snapshot.passages[row].scope.jurisdictions}
    differs = len(places) > 1 or not seen.allowed.rows[rows].any()
    return tuple(sorted(places - {ALL})) if differs else ()


def leads(run: Search, snapshot: Snapshot, scope: Scope, seen: InScope) -> tuple[Lead, ...]:
    """The nearest articles outside the asked product or place, for a reader whom nothing inside it helps."""
    if scope.products is not None and not scope.products:
        return ()  # an empty list grants nothing, and nothing lies beside it
    if not seen.beside.rows.any():
        return ()
    candidates = run.candidates(seen.beside, second_opinion=False)
    first = leaders(candidates, snapshot.table)[:NOTICED].tolist()
    near = [index for index in first if run.first_opinion(candidates, index) >= ANSWERABLE]
    fitting = (ranked_as(candidates, snapshot, seen.beside.rows, run.query.shown, index) for index in near)
    ways = ((it.article, _outside(it.article, snapshot, it.row, scope)) for it in fitting)
    return tuple(Lead(article.id, article.title, article.path, outside) for article, outside in ways if outside)


def _outside(article: Article, snapshot: Snapshot, row: int, scope: Scope) -> tuple[str, ...]:
    part = snapshot.passages[row].scope
    ways = []
    if scope.products is not None and not snapshot.table.on(scope.products)[row]:
        ways.append(f"product {', '.join(sorted(article.products))}")
    if not sees(scope, part):
        ways.append(f"place {', '.join(sorted(part.jurisdictions))}")
    return tuple(ways)


def why_empty(snapshot: Snapshot, scope: Scope, replaced: Collection[str]) -> str:
    """Which part of the scope leaves nothing, the first that does."""
    taxonomy, table = snapshot.library.taxonomy, snapshot.table
    if scope.products is not None and not scope.products:
        return "The list of products is empty, so nothing is in scope. Leave it out to ask about every product."
    unknown = sorted((scope.products or frozenset()) - taxonomy.products.keys() - {ALL})
    if unknown and len(unknown) == len(scope.products or ()):
        near = did_you_mean(unknown[0], taxonomy.products) or f" Ask for one of {', '.join(sorted(taxonomy.products))}."
        return f"Product {unknown[0]!r} is not known.{near}"
    somewhere = scope.jurisdiction is None and anywhere(table, scope).any()
    if somewhere and not mask(table, scope).any():
        return "What the guidance says depends on the place. Ask with the customer's jurisdiction."
    every_product = replace(scope, products=None, tier=taxonomy.highest_tier)
    place = scope.jurisdiction
    if place and not lineage(place):
        near = did_you_mean(place, taxonomy.jurisdictions)
        return f"Place {place!r} is not known; expected an ISO 3166 code, as in US or US-CA.{near}"
    day = f"{scope.effective_on.astimezone(taxonomy.zone):%Y-%m-%d}"
    if not mask(table, every_product).any():
        return f"No guidance is in force in {place or 'every place'} on {day}."
    if not mask(table, scope.at_tier(taxonomy.highest_tier)).any():
        return f"No guidance on this product is in force in {place or 'every place'} on {day}."
    if not mask(table, scope, replaced).any():
        return "The guidance in this scope is above your tier."
    return "Nothing in scope shares a word or a meaning with this question."
