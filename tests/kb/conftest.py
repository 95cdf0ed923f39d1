"""A world: a real git repository in a temporary folder, written and committed line by line."""

import os
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from kb.article import Article
from kb.library import Library, OutsideTaxonomy
from kb.problem import Severity
from kb.reading import examine, read_library
from kb.repository import Repository, open_repository

TAXONOMY = """\
name: Tamarind
time_zone: America/Mexico_City
languages: [en, es, fr]
products:
  cards: {name: {en: Cards, es: Tarjetas}}
  transfers: {name: {en: Transfers, es: Transferencias}, escalate_to: payments-l2}
jurisdictions: [US, US-CA, US-NY, CA, CA-QC]
tiers:
  1: {name: Frontline, escalate_to: support-l2}
  2: {name: Specialist}
queues:
  support-l2: {name: Support}
  payments-l2: {name: Payments}
owners:
  content: {name: Content}
"""
DEFAULTS = "products: [cards]\njurisdictions: [US]\ntier: 1\nlang: en\n"
START = 1_767_225_600  # 2026-01-01T00:00:00Z; each commit of a world is a day later, unless it says when


class World:
    """One repository. It begins with a taxonomy and with defaults that complete every article's scope."""

    def __init__(self, root: Path, clones: Path) -> None:
        self.root = root
        self.clones = clones
        self.commits = 0
        self.opened: list[Repository] = []
        root.mkdir()
        self.git("init", "-q", "-b", "main")
        self.write("kb.yml", TAXONOMY)
        self.write("_defaults.yml", DEFAULTS)

    def git(self, *args: str, at: str | None = None) -> str:
        """Run git here; `at` is the time of what it commits."""
        when = at or f"@{START + 86_400 * self.commits} +0000"
        names = {"GIT_AUTHOR_NAME": "W", "GIT_AUTHOR_EMAIL": "w@x", "GIT_COMMITTER_NAME": "W", "GIT_COMMITTER_EMAIL": "w@x"}
        times = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run(
            ["git", "-C", str(self.root), *args], env=os.environ | names | times, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file below the folder of the articles, byte for byte."""
        file = self.root / "articles" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def article(self, path: str, body: str = "Some text.\n", **keys: str) -> None:
        """Write an article; `keys` are YAML. Its title is its path unless it says one."""
        front = {"title": f'"{path}"'} | keys
        self.write(path, "---\n" + "".join(f"{key}: {value}\n" for key, value in front.items()) + "---\n" + body)

    def commit(self, message: str = "Change", at: str | None = None) -> str:
        """Commit everything; the commit's id."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, at=at)
        self.commits += 1
        return self.git("rev-parse", "HEAD")

    def open(self) -> Repository:
        """The repository as kb reads it."""
        repository = open_repository(str(self.root), self.clones)
        self.opened.append(repository)
        return repository

    def library(self, ref: str | None = None, outside: OutsideTaxonomy | None = None) -> Library:
        """What the commit says, after committing whatever is not committed yet."""
        if self.git("status", "--porcelain"):
            self.commit()
        repository = self.open()
        return read_library(repository.tree(repository.resolve(ref), "articles"), outside)

    def problems(self) -> list[str]:
        """Everything that is wrong, as `kb check` prints it."""
        if self.git("status", "--porcelain"):
            self.commit()
        repository = self.open()
        return [str(problem) for problem in examine(repository.tree(repository.resolve(None), "articles"))[1]]

    def errors(self) -> list[str]:
        """What keeps the commit from going live."""
        return [text for text in self.problems() if f": {Severity.WARNING}: " not in text]

    def read(self, path: str) -> Article:
        """One article, by its path below the folder."""
        return next(article for article in self.library().articles if article.path == f"articles/{path}")

    def close(self) -> None:
        """End git's helper processes."""
        for repository in self.opened:
            repository.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A repository with a taxonomy and defaults, and no article."""
    made = World(tmp_path / "world", tmp_path / "clones")
    yield made
    made.close()


def utc(text: str) -> datetime:
    """An instant written as `2026-03-01T06:00`, in UTC."""
    return datetime.fromisoformat(f"{text}+00:00")
