"""Speed of digests: every team's digest of one push over a made repository, from git to the document that is sent.

python benchmarks/digest_speed.py [--teams 200] [--articles 10000] [--changed 500]

No two teams have the same products, places, tier and languages; one article in ten has a part for one place alone.
"""

import argparse
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

from api.digests.drawing import Drawn, Frame, document
from api.digests.formats import Format, drawn
from kb.digest import Digests
from kb.edition import Edition
from kb.moment import Moment
from kb.repository import open_repository
from kb.taxonomy import Taxonomy
from kb.teams import Team
from kb.window import read_window

PLACES: Final = ("US", "US-CA", "US-NY", "US-TX", "US-FL", "CA", "CA-QC", "CA-ON", "MX", "all")
PRODUCTS: Final = tuple(f"product{number}" for number in range(20))
PARAGRAPH: Final = (
    "Ask the customer for the date of the payment and look for it in the console under activity. The customer has {days} days "
    "to tell us. A fee of {fee} USD applies from the second time on; call 800-555-0199 between 9 a.m. and 5 p.m. ET if the "
    "amount is above 2,500 USD.\n\n"
)
_HEAD: Final = (
    "---\nid: a{id}\ntitle: Article {id}\nproducts: [{product}]\njurisdictions: [{place}]\ntier: {tier}\nlang: en\n{dates}---\n"
)


def article(number: int, days: int) -> bytes:
    """One article of some 500 words under five headings."""
    dates = "effective_from: 2026-01-01\n" if number % 20 == 0 else ""
    place = "US" if number % 10 == 0 else PLACES[number % len(PLACES)]
    head = _HEAD.format(id=number, product=PRODUCTS[number % 20], place=place, tier=1 + number % 3, dates=dates)
    parts = "".join(f"## Part {part}\n\n{PARAGRAPH.format(days=days, fee=part * 5) * 2}" for part in range(1, 6))
    local = f":::only US-CA\nIn California it is {days + 5} days.\n:::\n" if number % 10 == 0 else ""
    return f"{head}{parts}{local}".encode()


def made(folder: Path, articles: int, changed: int) -> None:
    """A bare repository of two commits, by git's own importer."""
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    products = "\n".join(f"  {name}: {{name: {{en: {name}}}}}" for name in PRODUCTS)
    taxonomy = (
        f"name: Made\ntime_zone: UTC\nlanguages: [en]\nproducts:\n{products}\njurisdictions: [{', '.join(PLACES[:-1])}]\n"
        "tiers: {1: {name: One}, 2: {name: Two}, 3: {name: Three}}\n"
    )
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder)], check=True)
    files = {f"articles/f{number % 100}/a{number}.md": article(number, 60) for number in range(articles)}
    pushed = {f"articles/f{number % 100}/a{number}.md": article(number, 7) for number in range(articles - changed, articles)}
    parts = []
    for day, content in enumerate(({"articles/kb.yml": taxonomy.encode(), **files}, pushed)):
        stamp = int((begin + timedelta(days=day)).timestamp())
        parts.append(f"commit refs/heads/main\ncommitter Writer <w@example.com> {stamp} +0000\ndata 4\nEdit\n".encode())
        parts += [b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text) for path, text in content.items()]
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input=b"".join(parts), check=True)


def teams(count: int) -> dict[str, Team]:
    """Teams that all differ: a few products, two places, a tier."""
    return {
        f"team{number}": Team(
            f"Team {number}",
            products=tuple(PRODUCTS[(number + step * 3) % 20] for step in range(1 + number % 4)),
            jurisdictions=(PLACES[number % 9], PLACES[(number // 9) % 9]),
            tier=1 + number % 3,
            languages=("en",),
        )
        for number in range(count)
    }


def main() -> None:
    """Print the seconds of each part, and of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=200)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--changed", type=int, default=500)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made(Path(folder) / "made.git", asked.articles, asked.changed)
        repository = open_repository(str(Path(folder) / "made.git"), Path(folder) / "clones")
        old, new = (Moment(commit, commit.at) for commit in (repository.resolve("main~1"), repository.resolve("main")))
        taxonomy = Edition(repository.tree(new.commit, "articles")).taxonomy
        if not isinstance(taxonomy, Taxonomy):
            raise TypeError("the made kb.yml cannot be read")
        begun, worked = perf_counter(), process_time()
        window = read_window(repository, "articles", None, old, new)
        read = perf_counter()
        digests, described = Digests(window), teams(asked.teams)
        found = {name: digests.of(team) for name, team in described.items()}
        told = perf_counter()
        drawn_once: Drawn = {}
        documents = [
            document(found[name], window, Frame("default", name, team, taxonomy, "https://kb.example", drawn=drawn_once))
            for name, team in described.items()
        ]
        made_at = perf_counter()
        letters = sum(len(drawn(it, Format.HTML)) for it in documents)
        drawn_at = perf_counter()
        spent = process_time() - worked
        listed = sum(section.found for it in documents for section in it.sections)
        print(f"{asked.teams} teams, {asked.articles:,} articles, {asked.changed} changed: {listed:,} changes told")
        print(f"read the window from git      {read - begun:6.2f} s")
        print(f"compute {asked.teams} digests           {told - read:6.2f} s")
        print(f"make {asked.teams} documents            {made_at - told:6.2f} s")
        print(f"draw {asked.teams} e-mails              {drawn_at - made_at:6.2f} s   {letters / 1e6:.1f} million characters")
        print(f"all                           {drawn_at - begun:6.2f} s   {spent:.2f} s of one processor, git beside it")
        repository.close()


if __name__ == "__main__":
    main()
