"""How often an article is among the first three, for what articles promise and for the pinned questions.

    python benchmarks/golden.py [--misses]

Asks every `answers:` question of articles/ in its article's own scope, and every line of tests/golden/questions.jsonl in the
scope that stands in it, through the whole pipeline, today. Prints one line for each source, language and kind of article;
`refused` counts the pinned questions that nothing answers. With --misses also each question that was missed, and what came.
The pinned questions were written before any result was seen; a miss is mended in the article or the ranking, never in them.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from api.composition import open_space
from api.loading import open_models
from api.settings import read_settings
from kb.library import Library
from retriever.promises import KEPT_WITHIN, promises
from retriever.question import Question
from retriever.scope import Scope
from retriever.search import search
from retriever.snapshot import Models, Snapshot

PINNED: Final = Path(__file__).parents[1] / "tests" / "golden" / "questions.jsonl"


@dataclass(frozen=True, slots=True)
class Case:
    """One question, where it comes from, and the article that must answer it. `expected` None: nothing does."""

    source: str
    lang: str
    kind: str
    text: str
    scope: Scope
    expected: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """What came first, and whether the service called it an answer."""

    case: Case
    found: tuple[str, ...]
    answerable: bool

    @property
    def hit(self) -> bool:
        """Whether the right article is among the first three, or nothing was offered where nothing answers."""
        return not self.answerable if self.case.expected is None else self.case.expected in self.found


def main() -> None:
    """Print hit@3 per source, language and kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", action="store_true")
    asked = parser.parse_args()
    models = open_models(read_settings())
    space = open_space(read_settings(), models)
    snapshot = space.snapshots.working_tree()
    cases = [*_promised(snapshot.library), *_pinned(snapshot.library)]
    results = [_ask(case, snapshot, models) for case in cases]
    if asked.misses:
        for result in (it for it in results if not it.hit):
            case = result.case
            print(f"missed  {case.source:<8} {case.expected or 'refuse':<32} {case.text}  ->  {', '.join(result.found)}")
    for name, group in _groups(results):
        print(f"{name:<36} {len(group):>5} questions  hit@3 {sum(it.hit for it in group) / len(group):.3f}")


def _promised(library: Library) -> Iterator[Case]:
    for promise in promises(library, datetime.now(UTC)):
        article = promise.article
        yield Case("answers", promise.lang, article.kind.value, promise.text, promise.scope, article.group)


def _pinned(library: Library) -> Iterator[Case]:
    kinds = {article.id: article.kind.value for article in library.articles}
    for line in PINNED.read_text().splitlines():
        row = json.loads(line)
        scope = Scope(None, row["jurisdiction"], row["tier"], datetime.now(UTC))
        kind = "none" if row["expected"] is None else kinds[row["expected"]]
        yield Case("golden", row["lang"], kind, row["question"], scope, row["expected"])


def _ask(case: Case, snapshot: Snapshot, models: Models) -> Result:
    answer = search(Question(case.text), case.scope, snapshot, models, limit=KEPT_WITHIN)
    return Result(case, tuple(hit.article.group for hit in answer.hits), answer.answerable)


def _groups(results: list[Result]) -> list[tuple[str, list[Result]]]:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        case = result.case
        if case.expected is None:
            groups[f"{case.source} {case.lang} refused"].append(result)
        else:
            for name in (f"{case.lang} all", f"{case.source} {case.lang}", f"{case.lang} kind {case.kind}"):
                groups[name].append(result)
    return sorted(groups.items())


if __name__ == "__main__":
    main()
