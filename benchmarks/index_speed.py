"""Passages embedded in a second, by each model and by both legs as `kb index` runs them, after warming up.

    python -m benchmarks.index_speed

The passages are of about 100 MiniLM tokens: sentences of this repository's own articles, joined until they are that long.
"""

import argparse
import os
from time import perf_counter
from typing import Final

from tokenizers import Tokenizer

from api.composition import open_space
from api.loading import open_models
from api.settings import read_settings
from retriever.embedder import Embedder
from retriever.model_store import prepared_directory
from retriever.prepared_model import TOKENIZER

TOKENS: Final = 100
PASSAGES: Final = 300
RUNS: Final = 3  # the best one counts: other work on the machine only ever slows a run down


def main() -> None:
    """Print the speeds."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    settings = read_settings()
    models = open_models(settings)
    snapshot = open_space(settings, models).snapshots.working_tree()
    tokenizer = Tokenizer.from_file(str(prepared_directory(settings.english_model, settings.models_folder) / TOKENIZER))
    texts = passages_of_length([passage.text for passage in snapshot.passages], tokenizer)
    tokens = sum(len(tokenizer.encode(text).ids) for text in texts) / len(texts)
    print(f"{len(texts)} passages of {tokens:.0f} tokens, {settings.threads} at a time, on {os.cpu_count()} cores")
    english, multilingual = fastest(models.english, texts), fastest(models.multilingual, texts)
    print(f"English model       {len(texts) / english:6.1f} passages/s")
    print(f"multilingual model  {len(texts) / multilingual:6.1f} passages/s")
    print(f"both legs           {len(texts) / (english + multilingual):6.1f} passages/s")


def passages_of_length(texts: list[str], tokenizer: Tokenizer) -> list[str]:
    """PASSAGES different texts of about TOKENS tokens each."""
    words = " ".join(texts).split()
    tokenizer.no_truncation()
    found: list[str] = []
    start = 0
    while len(found) < PASSAGES:
        chosen = [words[at % len(words)] for at in range(start, start + TOKENS)]
        while len(tokenizer.encode(" ".join(chosen)).ids) > TOKENS:
            chosen.pop()
        found.append(" ".join(chosen))
        start += len(chosen)
    return found


def fastest(embedder: Embedder, texts: list[str]) -> float:
    """Seconds of the best run; the first one warms up and does not count."""
    embedder.passages(texts[:20])
    times = []
    for _ in range(RUNS):
        begun = perf_counter()
        embedder.passages(texts)
        times.append(perf_counter() - begun)
    return min(times)


if __name__ == "__main__":
    main()
