"""A repository of many small articles, made from the labelled sets: what the benchmarks of scale and change index.

    python -m benchmarks.many_articles DATA_FOLDER TARGET [--articles 10000] [--words 80]

Each document is cut to its first words, because embedding whole ones takes an hour and shows nothing else.
"""

import argparse
import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kb.new_repository import write_repository

SETS: Final = ("fiqa-dev", "mtrag-cloud", "mtrag-govt")
MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)
PRODUCTS: Final = ("cards", "transfers", "accounts", "credit")
PLACES: Final = ("all", "US", "US-CA", "CA")
LONGEST_WORD: Final = 40  # longer ones are keys and tokens, which no article may hold
TAXONOMY: Final = """\
name: Many
time_zone: America/Mexico_City
languages: [en, es]
products: {cards: {name: {en: Cards}}, transfers: {name: {en: Transfers}}, accounts: {name: {en: Accounts}}, \
credit: {name: {en: Credit}}}
jurisdictions: [US, US-CA, CA]
tiers: {1: {name: Frontline}, 2: {name: Specialist}}
"""


def main() -> None:
    """Make the repository."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--words", type=int, default=80)
    args = parser.parse_args()
    write_repository(args.target, files(args.data, args.articles, args.words), at=MADE)


def files(data: Path, articles: int, words: int) -> dict[str, bytes]:
    """Path → content of so many articles, and their taxonomy."""
    chance = random.Random(10)  # noqa: S311 - a choice, not a secret
    made = {"articles/kb.yml": TAXONOMY.encode(), "articles/_defaults.yml": b"lang: en\n"}
    for number, text in enumerate(texts(data, words)):
        if number == articles:
            return made
        made[f"articles/{number % 100:02}/article-{number:05}.md"] = article(number, text, chance).encode()
    raise SystemExit(f"{data}: the sets hold fewer than {articles} documents; ask for fewer with --articles.")


def article(number: int, text: str, chance: random.Random) -> str:
    """One article; every tenth is for specialists."""
    title = json.dumps(" ".join(text.split()[:8]), ensure_ascii=False)
    return (
        f"---\ntitle: {title}\nproducts: [{chance.choice(PRODUCTS)}]\njurisdictions: [{chance.choice(PLACES)}]\n"
        f"tier: {1 + (number % 10 == 0)}\n---\n{text}\n"
    )


def texts(data: Path, words: int) -> Iterator[str]:
    """The beginning of every document of the sets that has enough words, as plain text."""
    for name in SETS:
        with gzip.open(data / name / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                found = "".join(c if c.isalnum() or c in " .,;%$'-/" else " " for c in json.loads(line)["text"]).split()
                found = [word for word in found if len(word) <= LONGEST_WORD]
                if len(found) >= 20:
                    yield " ".join(found[:words])


if __name__ == "__main__":
    main()
