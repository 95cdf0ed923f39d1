"""What writing events costs a search: the same questions with and without, in turns, in one run.

    python -m benchmarks.event_speed [--questions 400] [--database URL]

Over this repository's articles. Each question is asked twice, in an order drawn by lot, after a warm-up; what is compared is
the time from the request's values to the response's. The writer thread commits to the database meanwhile.
"""

import argparse
import random
import statistics
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Final

from api.answering import respond
from api.contact import Contact
from api.database import Database
from api.events.ledger import Ledger
from api.events.recorder import Recorder
from api.events.records import Records
from api.events.ticket_keys import TicketKeys
from api.guidance import Guidance
from api.live import LiveSpace
from api.reader import LOOPBACK
from api.schema import SearchRequest
from api.source import Source
from api.space import DEFAULT, Space
from kb.redaction import redact
from retriever.model_store import open_model
from retriever.snapshot import Models

ROOT: Final = Path(__file__).parents[1]
WARM: Final = 30  # questions before the clock counts
CONTACT: Final = Contact(ticket="T-1", host="desk", channel="chat")


def timed(guidance: Guidance, question: str, records: Records | None) -> float:
    """Milliseconds of one question."""
    query = SearchRequest(q=question, jurisdiction="US-CA")
    begun = perf_counter()
    respond(query, LOOPBACK, guidance, records, CONTACT)
    return (perf_counter() - begun) * 1e3


def compared(guidance: Guidance, questions: Sequence[str], records: Records, *, pause: float) -> None:
    """Print both distributions and that of the differences. pause: seconds between questions."""
    draw = random.Random(1)  # noqa: S311 - no secret
    for question in questions[:WARM]:
        timed(guidance, question, records)
    pairs = []
    for question in questions:
        order: list[Records | None] = [None, records]
        draw.shuffle(order)
        took = {}
        for each in order:
            took[each is not None] = timed(guidance, question, each)
            sleep(pause)
        pairs.append((took[False], took[True]))
    without, with_ = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    differences = [pair[1] - pair[0] for pair in pairs]
    print(f"  {len(pairs)} pairs, {pause * 1e3:.0f} ms apart")
    for name, times in (("without events", without), ("with events", with_)):
        print(f"    {name:15} p50 {statistics.median(times):6.2f} ms  p95 {statistics.quantiles(times, n=20)[-1]:6.2f} ms")
    p25, p50, p75 = statistics.quantiles(differences, n=4)
    print(f"    difference      p50 {p50:6.2f} ms  p25 {p25:6.2f} ms  p75 {p75:6.2f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--database", help="Default: SQLite in a temporary folder.")
    asked = parser.parse_args()
    folder = ROOT / ".kb" / "models"
    models = Models(open_model("all-MiniLM-L6-v2", folder, threads=2), open_model("multilingual-e5-small", folder, threads=2))
    with TemporaryDirectory() as scratch:
        vectors = ROOT / ".kb" / "benchmark-vectors.sqlite"
        space = Space(DEFAULT, Source(str(ROOT), None, "articles"), Path(scratch), models, vectors=vectors)
        snapshot = space.snapshots.of(space.tip())
        guidance = Guidance({DEFAULT: LiveSpace.held(space, snapshot)}, models)
        database = Database(asked.database or f"sqlite:///{scratch}/events.sqlite")
        recorder = Recorder(Path(scratch) / "journal", Ledger(database))
        records = Records(recorder, lambda text: redact(text).text, TicketKeys(b"benchmark"))
        questions = [question for article in snapshot.library.articles for question in article.answers][: asked.questions]
        print(f"{database.shown.partition(':')[0]}, {len(snapshot.articles)} articles")
        for pause in (0.0, 0.02):
            compared(guidance, questions, records, pause=pause)
        recorder.flush(60)
        recorder.close()
        print(f"  {len(list(recorder.ledger.verify(DEFAULT)))} faults in the chain")


if __name__ == "__main__":
    main()
