"""Vectors and words from 1,000 to 1,000,000 passages: speed inside masks of several sizes, memory, and whether it is right.

    python -m benchmarks.scale [--most 1000000]

Synthetic: vectors around 300 centres, texts of 60 words drawn by Zipf's law. Every list is compared with every inner product
inside the mask: recall@10 is the share of the ten nearest that were found. Writes docs/scale.svg and its part of
docs/benchmarks.md.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, thread_time
from typing import Final, TypeVar

import numpy as np

from benchmarks.plot import curves
from retriever.arrays import BoolVector, FloatMatrix, FloatVector
from retriever.leg import store_of
from retriever.lexical import Lexical
from retriever.ranking import DEPTH, top
from retriever.store import inner_products

T = TypeVar("T")

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "benchmarks.md"
PLOT: Final = ROOT / "docs" / "scale.svg"
BEGIN: Final = "<!-- written by benchmarks/scale.py: begin -->"
END: Final = "<!-- written by benchmarks/scale.py: end -->"
SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
SHARES: Final = (1.0, 0.1, 0.01, 0.001)  # of the passages that a mask lets through
DIM: Final = 384
CENTRES: Final = 300
QUESTIONS: Final = 20
WORDS: Final = 60
VOCABULARY: Final = 20_000
HEAD: Final = (
    "passages", *(f"{share:.1%} allowed, ms" for share in SHARES), "recall@10", "BM25 ms", "vectors MB", "codes MB", "built s"
)  # fmt: skip


def vectors(count: int, random: np.random.Generator, centres: FloatMatrix) -> FloatMatrix:
    """(count, DIM) float32, norm 1, a block at a time."""
    drawn = np.empty((count, DIM), np.float32)
    for first in range(0, count, 50_000):
        block = drawn[first : first + 50_000]
        block[:] = centres[random.integers(0, CENTRES, len(block))]
        block += 0.9 * random.standard_normal(block.shape, dtype=np.float32)
        block /= np.linalg.norm(block, axis=1, keepdims=True)
    return drawn


def median_of(act: Callable[[T], object], each: Sequence[T]) -> float:
    """The median of the processor time it takes for one of them, in milliseconds: other work on the machine counts less."""
    times = []
    for one in each:
        begun = thread_time()
        act(one)
        times.append((thread_time() - begun) * 1000)
    return statistics.median(times)


def truth(held: FloatMatrix, query: FloatVector, allowed: BoolVector) -> set[int]:
    """The ten nearest allowed rows, by every inner product."""
    return set(top(inner_products(held, query), allowed, 10).rows.tolist())


def measured(count: int) -> tuple[str, list[float], float]:
    """The row of one size, its medians for each mask, and BM25's."""
    random = np.random.default_rng(count)
    centres = random.standard_normal((CENTRES, DIM)).astype(np.float32)
    held = vectors(count, random, centres)
    begun = perf_counter()
    store = store_of(held)
    built = perf_counter() - begun
    near = vectors(QUESTIONS, random, centres)
    times, found = [], []
    for share in SHARES:
        pairs = [(query, random.random(count) < share) for query in near]
        times.append(median_of(lambda pair: store.asked(pair[0]).search(pair[1], DEPTH), pairs))
        for query, mask in pairs[:5]:
            if expected := truth(held, query, mask):
                ours = set(store.asked(query).search(mask, 10).rows.tolist())
                found.append(len(expected & ours) / len(expected))
    words = words_of(count, random)
    bytes_of_codes = getattr(store, "bytes_of_codes", 0)
    figures = [
        *(f"{took:.2f}" for took in times),
        f"{statistics.mean(found):.3f}",
        f"{words:.2f}",
    ]
    sizes = [f"{held.nbytes / 2**20:,.0f}", f"{bytes_of_codes / 2**20:,.0f}", f"{built:.1f}"]
    return f"| {count:,} | {' | '.join([*figures, *sizes])} |", times, words


def words_of(count: int, random: np.random.Generator) -> float:
    """The median of BM25 over texts of random words, in milliseconds a question of eight words."""
    ranks = np.minimum(random.zipf(1.3, (count, WORDS)), VOCABULARY)
    index = Lexical.build(lambda row: " ".join(f"w{rank}" for rank in ranks[row]), ["en"] * count)
    questions = [" ".join(f"w{rank}" for rank in random.integers(5, VOCABULARY // 10, 8)) for _ in range(QUESTIONS)]
    everything = np.ones(count, bool)
    return median_of(lambda text: index.search(text, everything, DEPTH), questions)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=SIZES[-1])
    sizes = [size for size in SIZES if size <= parser.parse_args().most]
    rows: list[str] = []
    lines: dict[str, list[tuple[float, float]]] = {name: [] for name in (*(f"{share:.1%} allowed" for share in SHARES), "BM25")}
    for size in sizes:
        row, times, words = measured(size)
        print(row, flush=True)
        rows.append(row)
        for name, took in zip(lines, [*times, words], strict=True):
            lines[name].append((float(size), took))
    title = f"{datetime.now(UTC):%Y-%m-%d}, processor time of one thread, median of {QUESTIONS} questions."
    rule = "| " + " | ".join("---" for _ in HEAD) + " |"
    written = "\n".join([title, "", f"| {' | '.join(HEAD)} |", rule, *rows])
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{written}\n{END}{rest.partition(END)[2]}")
    PLOT.write_text(curves("One leg, from a thousand passages to a million", lines, x="passages", y="milliseconds a question"))


if __name__ == "__main__":
    main()
