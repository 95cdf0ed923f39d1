"""Speed of change analysis on a made repository: `kb diff` over a push of 500 articles, history of one article.

python benchmarks/change_speed.py [--articles 10000] [--changed 500] [--commits 1000]
"""

import argparse
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from kb.comparison import changes, compare, everything
from kb.history import Log, versions
from kb.moment import Moment
from kb.repository import open_repository

TAXONOMY: Final = """\
name: Made
time_zone: UTC
languages: [en]
products: {cards: {name: {en: Cards}}}
jurisdictions: [US]
tiers: {1: {name: Frontline}}
"""
DEFAULTS: Final = "products: [cards]\njurisdictions: [US]\ntier: 1\nlang: en\n"
PARAGRAPH: Final = (
    "Ask the customer for the date of the payment and look for it in the console under activity. The customer has {days} days "
    "to tell us. A fee of {fee} USD applies from the second time on; call 800-555-0199 between 9 a.m. and 5 p.m. ET if the "
    "amount is above 2,500 USD.\n\n"
)


def article(number: int, days: int) -> bytes:
    """One article of some 500 words under five headings."""
    parts = "".join(f"## Part {part}\n\n{PARAGRAPH.format(days=days, fee=part * 5) * 2}" for part in range(1, 6))
    dates = "effective_from: 2026-01-01\n" if number % 20 == 0 else ""
    return f"---\nid: a{number}\ntitle: Article {number}\n{dates}---\n{parts}".encode()


def made(folder: Path, articles: int, changed: int, commits: int) -> None:
    """A bare repository: all articles, then commits of one article each, then one commit of many; by git's own importer."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder)], check=True)
    with subprocess.Popen(["git", "-C", str(folder), "fast-import", "--quiet"], stdin=subprocess.PIPE) as importer:
        stream = importer.stdin
        if stream is None:
            raise RuntimeError("git fast-import has no input")

        def commit(number: int, files: dict[str, bytes]) -> None:
            stamp = int((begin + timedelta(hours=number)).timestamp())
            text = f"commit refs/heads/main\ncommitter Writer <w@example.com> {stamp} +0000\ndata 4\nEdit\n"
            stream.write(text.encode())
            for path, content in files.items():
                stream.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))

        def path(number: int) -> str:
            return f"articles/f{number % 100}/a{number}.md"

        first = {path(number): article(number, 60) for number in range(articles)}
        commit(0, {"articles/kb.yml": TAXONOMY.encode(), "articles/_defaults.yml": DEFAULTS.encode(), **first})
        for number in range(1, commits):
            commit(number, {path(number % 50): article(number % 50, 60 + number)})
        commit(commits, {path(number): article(number, 7) for number in range(articles - changed, articles)})


def timed(name: str, act: Callable[[], object]) -> None:
    """Run once and print the seconds it took."""
    begun = perf_counter()
    found = act()
    print(f"{name:<64} {perf_counter() - begun:7.2f} s   {found}")


def main() -> None:
    """Print one line for each act."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--changed", type=int, default=500)
    parser.add_argument("--commits", type=int, default=1_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made(Path(folder) / "made.git", asked.articles, asked.changed, asked.commits)
        repository = open_repository(str(Path(folder) / "made.git"), Path(folder) / "clones")
        tip = repository.resolve("main")
        old, new = (Moment(commit, commit.at) for commit in (repository.resolve("main~1"), tip))
        later = Moment(tip, tip.at + timedelta(days=300))
        whole = f"{asked.articles:,} articles"

        def diff(before: Moment, after: Moment) -> int:
            return len(changes(compare(repository, "articles", None, before, after), everything))

        timed(f"changes of a push of {asked.changed} of {whole}", lambda: diff(old, new))
        timed(f"changes by dates alone, {whole}", lambda: diff(new, later))
        log = Log(repository, "articles", None, tip)
        timed(f"the log of {asked.commits:,} commits, {whole}, first time", lambda: len(log.stages("a7")))
        timed("history of one article, the log at hand", lambda: len(versions(log, "a9", everything)))
        timed("history of an article with one version", lambda: len(versions(log, f"a{asked.articles // 2}", everything)))
        repository.close()


if __name__ == "__main__":
    main()
