"""A world for a test: a real repository of articles, and the service over it."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from api.app import create_app
from api.events.records import Records
from api.guidance import Ask, Guidance
from api.live import LiveSpace
from api.presentation import search_response
from api.reader import LOOPBACK, DemoReaders, Reader
from api.schema import SearchResponse
from api.source import Source
from api.space import DEFAULT, Space
from retriever.snapshot import Models

TAXONOMY = """\
name: Testbank
time_zone: America/Mexico_City
languages: [en, es, fr]
products:
  accounts: {name: {en: Accounts}, escalate_to: support-l2}
  cards: {name: {en: Cards}, escalate_to: cards-l2}
  transfers: {name: {en: Transfers}, escalate_to: payments-l2}
jurisdictions: [US, US-CA, US-NY, CA, CA-QC, MX]
tiers:
  1: {name: Frontline, escalate_to: support-l2}
  2: {name: Specialist, escalate_to: compliance}
  3: {name: Resolution desk}
queues:
  support-l2: {name: Support}
  cards-l2: {name: Cards}
  payments-l2: {name: Payments}
  compliance: {name: Compliance}
owners:
  content: {name: Content}
"""


@dataclass
class World:
    """A real repository of articles and the service over it. Each act returns what a user would see."""

    root: Path
    models: Models
    reader: Reader = LOOPBACK
    name: str = DEFAULT
    _live: LiveSpace | None = field(default=None, init=False)

    def git(self, *args: str, at: str | None = None) -> str:
        """Run git in the repository; `at` is the moment of a commit."""
        command = ["git", "-c", "user.name=Writer", "-c", "user.email=writer@example.com", *args]
        dates = {} if at is None else {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
        done = subprocess.run(command, cwd=self.repo, env={**os.environ, **dates}, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    @property
    def repo(self) -> Path:
        """The repository's working tree."""
        return self.root / "repo"

    def write(self, path: str, text: str) -> None:
        """Write a file below the articles folder."""
        target = self.repo / "articles" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def article(self, path: str, body: str = "Some guidance.", **keys: Any) -> None:
        """Write an article. Keys that are not given are those of a frontline text for every place."""
        front = {
            "title": Path(path).stem.replace("-", " "),
            "products": ["all"],
            "jurisdictions": ["all"],
            "tier": 1,
            "lang": "en",
            **keys,
        }
        lines = "\n".join(f"{key}: {_yaml(value)}" for key, value in front.items())
        self.write(path, f"---\n{lines}\n---\n{body.rstrip()}\n")

    def commit(self, message: str = "Change guidance", *, at: str | None = None) -> str:
        """Commit everything; the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message, at=at)
        return self.git("rev-parse", "HEAD")

    @property
    def space(self) -> Space:
        """The space of this repository."""
        return Space(self.name, Source(str(self.repo), None, "articles"), self.root / "data", self.models)

    @property
    def live(self) -> LiveSpace:
        """The serving side, which publishes the tip when it is first used."""
        if self._live is None:
            self._live = LiveSpace(self.space, refresh_seconds=0.0)
            self._live.start()
        return self._live

    def publish(self, *, at: str | None = None) -> None:
        """Commit, index, and let it be what is served."""
        self.commit(at=at)
        self.space.publish()

    @property
    def guidance(self) -> Guidance:
        """The use cases over this space; commits what is not committed yet."""
        if self._live is None and self.git("status", "--porcelain"):
            self.commit()
        return Guidance({self.name: self.live}, self.models)

    def search(self, q: str, *, explain: bool = False, products: Sequence[str] | None = None, **scope: Any) -> SearchResponse:
        """Ask as an agent does."""
        ask = Ask(q=q, products=None if products is None else tuple(products), **scope)
        answered = self.guidance.ask(ask, self.reader)
        return search_response(answered, ask, self.reader, explain=explain, milliseconds=0.0)

    def client(self, records: Records | None = None) -> TestClient:
        """The service over HTTP; with records, its answers have receipts."""
        app = create_app(self.guidance, DemoReaders(self.reader), records)
        return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def _yaml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) and (":" in value or value == "") else str(value)
