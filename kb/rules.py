"""Content rules: what must hold across articles before a push may go live."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

from kb.article import CAN_BE_IN_FORCE, SCOPED, Article, meet
from kb.article_file import Entry
from kb.citations import fault_of
from kb.jurisdiction import ALL, lineage, narrow
from kb.language import base_language
from kb.part_rules import block_arguments, step_trees
from kb.problem import Problem, Severity, did_you_mean
from kb.shelf import Shelf
from kb.taxonomy import Taxonomy
from kb.yaml import Key


def check(
    entries: Sequence[Entry], taxonomy: Taxonomy, unread: Collection[str] = (), passed: Collection[str] = ()
) -> list[Problem]:
    """Apply every rule to every article; no errors means the push may go live.

    passed: paths of articles in which the rules that look at one article alone have found nothing before.
    """
    shelf = Shelf(entries, {entry.article.id: entry for entry in reversed(entries)}, taxonomy, unread)
    new = replace(shelf, entries=[entry for entry in entries if entry.article.path not in passed]) if passed else shelf
    return [problem for rule in RULES for problem in rule(new if rule in ALONE else shelf)]


def _unknown(entry: Entry, key: Key, value: str, known: Iterable[str], where: str = "kb.yml") -> Problem:
    choices = list(known)
    listed = f"; expected one of {', '.join(choices)}" if len(choices) <= 20 else ""
    message = f"{key[0]} {value!r} is not known{listed}.{did_you_mean(value, choices)} Correct it, or add it to {where}."
    return entry.keys.problem(key, f"unknown-{key[0]}", message)


def known_values(shelf: Shelf) -> Iterator[Problem]:
    """Products, places, tiers, languages, owners and queues are those of `kb.yml`."""
    taxonomy = shelf.taxonomy
    tiers, queues, owners = [str(tier) for tier in taxonomy.tiers], taxonomy.queues, taxonomy.owners
    for entry in shelf.entries:
        article = entry.article
        for key, values, known in (
            ("products", article.products, (*taxonomy.products, ALL)),
            ("jurisdictions", article.scope.jurisdictions, (*taxonomy.jurisdictions, ALL)),
        ):
            given = entry.keys.values().get(key)
            order = given if isinstance(given, list) else sorted(values)
            for number, value in enumerate(order):
                if value not in known:
                    yield _unknown(entry, (key, number), str(value), known)
            if ALL in values and len(values) > 1:
                message = f"{key} lists 'all' beside others, which it already covers. Keep [all], or the others."
                yield entry.keys.problem((key,), "all-and-others", message)
        if str(article.scope.tier) not in tiers:
            yield _unknown(entry, ("tier",), str(article.scope.tier), tiers)
        if base_language(article.lang) not in {base_language(lang) for lang in taxonomy.languages}:
            yield _unknown(entry, ("lang",), article.lang, taxonomy.languages)
        if article.owner is not None and article.owner not in owners:
            yield _unknown(entry, ("owner",), article.owner, owners)
        if article.escalation is not None and article.escalation.to not in queues:
            yield _unknown(entry, ("escalation", "to"), article.escalation.to, queues)


def unique_ids(shelf: Shelf) -> Iterator[Problem]:
    """An id names one article."""
    for entry in shelf.entries:
        first = shelf.by_id[entry.article.id]
        if first is not entry:
            message = f"id {entry.article.id!r} is already that of {first.article.path}. Give this article its own id."
            yield entry.keys.problem(("id",), "duplicate-id", message)


def references(shelf: Shelf) -> Iterator[Problem]:
    """translation_of, overrides and supersedes name other articles that are there."""
    for entry in shelf.entries:
        article = entry.article
        if not (article.translation_of or article.overrides or article.supersedes):
            continue
        named: list[tuple[Key, str | None]] = [
            (("translation_of",), article.translation_of),
            (("overrides",), article.overrides),
            *((("supersedes", number), name) for number, name in enumerate(article.supersedes)),
        ]
        for key, name in named:
            if name is None:
                continue
            if name == article.id:
                yield entry.keys.problem(key, "self-reference", f"{key[0]} names the article itself. Name the other one.")
            elif name not in shelf.by_id and name not in shelf.unread:
                message = f"{key[0]} names {name!r}, which is no article here.{did_you_mean(name, shelf.by_id)} Correct it."
                yield entry.keys.problem(key, "unknown-article", message)


def translations(shelf: Shelf) -> Iterator[Problem]:
    """A translation is of a source article, in another language, and no wider than its source."""
    spoken: dict[tuple[str, str], Entry] = {}
    for entry in shelf.entries:
        article = entry.article
        source = shelf.by_id.get(article.translation_of or "")
        if source is None or source is entry:
            continue
        key: Key = ("translation_of",)
        if source.article.translation_of is not None:
            message = f"translation_of names {source.article.id!r}, itself a translation. Name {source.article.group!r}."
            yield entry.keys.problem(key, "translation-chain", message)
        if source.article.lang == article.lang:
            message = f"lang is {article.lang!r}, the language of its source. Correct lang, or remove translation_of."
            yield entry.keys.problem(("lang",), "same-language", message)
        other = spoken.setdefault((source.article.id, article.lang), entry)
        if other is not entry:
            message = f"{other.article.path} already translates {source.article.id!r} into {article.lang!r}. Keep one."
            yield entry.keys.problem(key, "translated-twice", message)
        if wider := _wider(article, source.article):
            message = (
                f"{wider} wider than in {source.article.path}, "
                "so readers would see in translation what its source hides. Narrow it to the source's."
            )
            yield entry.keys.problem((wider.partition(" ")[0],), "wider-than-source", message)
        for fence in _missing_fences(article, source.article):
            message = (
                f"{source.article.path} has a part `{fence}` that this translation does not have. "
                "Without it nobody can tell whether its text stands here in the open. Translate the part, with its fence."
            )
            yield entry.keys.problem(key, "part-not-fenced", message)


def _wider(article: Article, source: Article) -> str:
    """The first key in which a translation reaches more readers than its source, as a subject and verb; else empty."""
    if article.scope.tier < source.scope.tier:
        return "tier is"
    if narrow(source.scope.jurisdictions, article.scope.jurisdictions) != article.scope.jurisdictions:
        return "jurisdictions are"
    if ALL not in source.products and not article.products <= source.products:
        return "products are"
    if article.status in CAN_BE_IN_FORCE and source.status not in CAN_BE_IN_FORCE:
        return "status is"
    if source.effective_until is not None and (
        article.effective_until is None or article.effective_until > source.effective_until
    ):
        return "effective_until is"
    if source.effective_from is not None and (article.effective_from is None or article.effective_from < source.effective_from):
        return "effective_from is"
    return ""


def _missing_fences(article: Article, source: Article) -> list[str]:
    missing = Counter(_scoped_fences(source))
    missing.subtract(_scoped_fences(article))
    return sorted(fence for fence, count in missing.items() if count > 0)


def _scoped_fences(article: Article) -> list[str]:
    return [f":::{block.kind} {' '.join(sorted(block.argument.split()))}" for block in article.blocks if block.kind in SCOPED]


def overrides(shelf: Shelf) -> Iterator[Problem]:
    """An override lies inside what it replaces, and no two replace the same article in one place at one time."""
    rivals: dict[str, list[Entry]] = defaultdict(list)
    for entry in shelf.entries:
        article = entry.article
        target = shelf.by_id.get(article.overrides or "")
        if target is None or target is entry:
            continue
        if target.article.translation_of is not None:
            message = f"overrides names {target.article.id!r}, a translation. Name its source {target.article.group!r}."
            yield entry.keys.problem(("overrides",), "overrides-translation", message)
        outer, inner = target.article.scope.jurisdictions, article.scope.jurisdictions
        if narrow(outer, inner) != inner or all(inner.intersection(lineage(place)) for place in outer):
            message = (
                f"an override has to lie inside the places of {target.article.path} ({', '.join(sorted(outer))}) "
                f"and be narrower; it names {', '.join(sorted(inner))}. Narrow jurisdictions, or use supersedes."
            )
            yield entry.keys.problem(("overrides",), "override-place", message)
        if article.translation_of is None:
            rivals[target.article.group].append(entry)
    for target_id, entries in rivals.items():
        for one, other in combinations(entries, 2):
            places = one.article.scope.jurisdictions & other.article.scope.jurisdictions
            if places and meet(one.article, other.article):
                message = (
                    f"{other.article.path} and {one.article.path} both override {target_id!r} in "
                    f"{', '.join(sorted(places))} at the same time. End one before the other begins."
                )
                yield other.keys.problem(("overrides",), "rival-overrides", message)


def repeated_questions(shelf: Shelf) -> Iterator[Problem]:
    """One question is answered by one article for one scope; said as a warning, because variants by place share it."""
    asked: dict[str, Entry] = {}
    for entry in shelf.entries:
        for number, question in enumerate(entry.article.answers):
            first = asked.setdefault(question.casefold(), entry)
            if first is not entry and first.article.scope == entry.article.scope:
                message = f"{first.article.path} claims to answer {question!r} too. Keep it where the answer is."
                yield entry.keys.problem(("answers", number), "repeated-question", message, Severity.WARNING)


def citations(shelf: Shelf) -> Iterator[Problem]:
    """A citation names a work and a place in it, in one form; said as a warning, because the text itself may be right."""
    for entry in shelf.entries:
        for number, source in enumerate(entry.article.sources):
            if fault := fault_of(source):
                yield entry.keys.problem(("sources", number), "citation", f"{source!r} {fault}.", Severity.WARNING)


def unheard_reviews(shelf: Shelf) -> Iterator[Problem]:
    """Somebody is told of each overdue review, where teams are told anything; said once for each owner."""
    teams = [team for team in shelf.taxonomy.teams.values() if team.digest]
    unheard: dict[str | None, list[Entry]] = defaultdict(list)
    for entry in shelf.entries if teams else ():
        article = entry.article
        if article.review_by and article.status in CAN_BE_IN_FORCE and not any(team.hears_of(article.owner) for team in teams):
            unheard[article.owner].append(entry)
    for owner, entries in unheard.items():
        whose = f"of owner {owner!r}" if owner else "without an owner"
        message = (
            f"nobody is told when this review is overdue: no team's `owners` hears of articles {whose} ({len(entries)} with "
            "a review date). Name the owner, or all, for a team in kb.yml."
        )
        yield entries[0].keys.problem(("review_by",), "unheard-review", message, Severity.WARNING)


RULES: Final[tuple[Callable[[Shelf], Iterator[Problem]], ...]] = (
    known_values,
    unique_ids,
    references,
    translations,
    overrides,
    block_arguments,
    step_trees,
    repeated_questions,
    citations,
    unheard_reviews,
)

# These look at one article and at kb.yml. The others compare articles.
ALONE: Final = (known_values, block_arguments, step_trees)
