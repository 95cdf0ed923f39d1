"""Documents are under test: every command, setting, endpoint and key is in them, and the README's shell lines run."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from api.cli import COMMANDS
from api.routes import router
from api.settings import Settings
from kb.article import BlockKind
from kb.frontmatter import ALIASES, KEYS
from kb.taxonomy import Taxonomy
from tests.conftest import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXT = "\n".join(path.read_text() for path in DOCUMENTS)
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented(name: str) -> None:
    """A command that no document names does not exist for its users."""
    assert f"`kb {name}" in README


def test_every_test_that_a_document_names_is_there() -> None:
    """Or the document promises what nobody shows."""
    source = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    named = set(re.findall(r"`(test_\w+)`", TEXT)) | set(re.findall(r"\| `(_\w+)` \|", TEXT))

    assert [name for name in sorted(named) if f"def {name}(" not in source] == []


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    """Name, default and meaning stand in the operator's page."""
    assert f"| `KB_{name.upper()}` |" in TEXT


@pytest.mark.parametrize("path", sorted({route.path for route in router.routes if isinstance(route, APIRoute)}))
def test_every_endpoint_is_documented(path: str) -> None:
    """Every address that answers."""
    assert path.replace("article_id", "id") in TEXT


WRITTEN = [*KEYS, *ALIASES, *(f":::{kind.value}" for kind in BlockKind), *(entry.name for entry in fields(Taxonomy))]


@pytest.mark.parametrize("key", WRITTEN)
def test_every_key_of_an_article_is_documented(key: str) -> None:
    """Front matter, its aliases, fenced parts and kb.yml."""
    assert f"`{key}" in (ROOT / "docs" / "articles.md").read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    """Links between documents name files that are there."""
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text())

    assert [target for target in targets if not (document.parent / target).exists()] == []


BENCHMARKS = sorted(set(re.findall(r"python (?:-m )?benchmarks[./](\w+)", (ROOT / "docs" / "benchmarks.md").read_text())))


@pytest.mark.proof
@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_that_is_documented_says_how_it_is_run(name: str) -> None:
    """Or, where an extra is needed that hides our tests, which one."""
    command, environment = [sys.executable, f"benchmarks/{name}.py", "--help"], {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert name in done.stdout or f"'.[{name}]'" in done.stderr


def _commands() -> Iterator[str]:
    for block in re.findall(r"```console\n(.*?)```", README, re.S):
        yield from re.findall(r"^\$ (.+)$", block, re.M)


def _shown_titles() -> Iterator[tuple[str, str]]:
    """Each command of the README with the titles that its shown output begins hits with."""
    for block in re.findall(r"```console\n(.*?)```", README, re.S):
        for part in block.split("$ ")[1:]:
            command, _, output = part.partition("\n")
            yield from ((command, title) for title in re.findall(r"^1\. (.+?)  \d", output, re.M))


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An environment in which `kb` is this checkout's, with a service on the README's port."""
    folder = tmp_path_factory.mktemp("shell")
    command = folder / "kb"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from api.cli import main; main()" "$@"\n')
    command.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KB_")},
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "KB_DATA_DIR": str(folder / "data"),
        "KB_MODELS_DIR": os.environ.get("KB_MODELS_DIR") or str(ROOT / ".kb" / "models"),
        "COLUMNS": "120",
    }
    subprocess.run([str(command), "index"], cwd=ROOT, env=environment, capture_output=True, check=True)  # whole, as it is shown
    with subprocess.Popen(
        [str(command), "serve", "--port", "0"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as service:
        assert service.stdout is not None
        try:
            address = re.search(r"http://\S+", service.stdout.readline())
            assert address is not None
            yield {**environment, "ADDRESS": address[0]}
        finally:
            service.terminate()


# what a checkout says in which nothing has changed yet, and where something did
NOTHING_CHANGED = ("No article changed between the two. ", "No article between the two is news to this team. ")


@pytest.mark.parametrize("command", list(_commands()))
def test_every_command_line_of_the_readme_runs(command: str, shell: dict[str, str]) -> None:
    """In a checkout, as it stands there; the service's port is the one that was free."""
    line = command.replace("http://127.0.0.1:8321", shell["ADDRESS"])
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, env=shell, capture_output=True, text=True, timeout=120, check=False)

    told = [line for line in done.stderr.splitlines() if not line.startswith(NOTHING_CHANGED)]
    assert (done.returncode, told) == (0, [])


@pytest.mark.parametrize(("command", "title"), list(_shown_titles()))
def test_the_readme_shows_what_the_command_prints(command: str, title: str, shell: dict[str, str]) -> None:
    """The first hit of each shown session is still the first."""
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, env=shell, capture_output=True, text=True, timeout=120, check=True)

    assert f"1. {title}  " in done.stdout


def test_the_service_answers_the_question_it_prints(shell: dict[str, str]) -> None:
    """The example `curl` that `make run` prints is one to copy and paste."""
    question = '{"q": "customer says she never authorised a debit from her account", "jurisdiction": "US-CA"}'
    command = ["curl", "-s", f"{shell['ADDRESS']}/v1/search", "-H", "Content-Type: application/json", "-d", question]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert '"id":"ach-return-r10"' in done.stdout
