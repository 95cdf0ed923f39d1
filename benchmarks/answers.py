"""How often an article is among the first three for the questions it claims to answer.

    python benchmarks/answers.py

Asks every `answers:` question of articles/ that is in force today, in its article's own scope: its tier, and the first of its
places where no other text replaces it. The questions are tests and are never indexed.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime

from api.composition import open_models, open_space
from api.settings import read_settings
from kb.article import Article, is_in_force
from kb.jurisdiction import ALL
from retriever.language import language_of
from retriever.question import Question
from retriever.scope import Scope, replacements
from retriever.search import search
from retriever.snapshot import Snapshot


def main() -> None:
    """Print hit@1, hit@3 and the share called answerable for each language, and the questions that were missed."""
    settings = read_settings()
    models = open_models(settings)
    space = open_space(settings, models)
    snapshot = space.snapshot(space.tip())
    counts: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
    for article in snapshot.library.articles:
        scope = _scope(article, snapshot)
        if not is_in_force(article, scope.effective_on):
            continue
        for text in article.answers:
            answer = search(Question(text), scope, snapshot, models)
            first = [hit.article.group for hit in answer.hits[:3]]
            counts[language_of(text)].append((first[:1] == [article.group], article.group in first, answer.answerable))
            if article.group not in first:
                print(f"missed  {article.id:<32} {text}  ->  {', '.join(first)}")
    for lang, results in sorted(counts.items()):
        shares = [sum(column) / len(results) for column in zip(*results, strict=True)]
        print(f"{lang}  {len(results):>4} questions  hit@1 {shares[0]:.3f}  hit@3 {shares[1]:.3f}  answerable {shares[2]:.3f}")


def _scope(article: Article, snapshot: Snapshot) -> Scope:
    scope = Scope(None, None, article.scope.tier, datetime.now(UTC))
    order = snapshot.library.taxonomy.jurisdictions
    places = [place for place in order if place in article.scope.jurisdictions] or [*order]
    for place in places if ALL not in article.scope.jurisdictions else order:
        there = replace(scope, jurisdiction=place)
        if article.group not in replacements(snapshot.overriding, there):
            return there
    return scope


if __name__ == "__main__":
    main()
