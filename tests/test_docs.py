"""Documents are under test: every command, setting, endpoint and key is in them, and the README's shell lines run."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from tests.world import TAXONOMY

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OF_MAKE = ("MAKE", "MFLAGS")  # how a `make` tells one that it starts that it is not the first: the suite itself runs in one
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
        **{name: value for name, value in os.environ.items() if not name.startswith(("KB_", *OF_MAKE))},
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "KB_DATA_DIR": str(folder / "data"),
        "KB_MODELS_DIR": os.environ.get("KB_MODELS_DIR") or str(ROOT / ".kb" / "models"),
        "COLUMNS": "120",
    }
    subprocess.run([str(command), "index"], cwd=ROOT, env=environment, capture_output=True, check=True)  # whole, as it is shown
    with _serving([str(command), "serve"], ROOT, environment) as address:
        yield {**environment, "ADDRESS": address}


@contextmanager
def _serving(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """The address in the first line that the command prints, which is stopped by Ctrl-C."""
    free = {**environment, "KB_PORT": "0"}
    with subprocess.Popen(command, cwd=folder, env=free, stdout=subprocess.PIPE, text=True, start_new_session=True) as service:
        assert service.stdout is not None
        try:
            line = service.stdout.readline()
            address = re.fullmatch(r"Fingerpost answers at (http://\S+) \(.+\)\n", line)
            assert address is not None, line
            yield address[1]
        finally:
            os.killpg(service.pid, signal.SIGINT)


@pytest.fixture(scope="session")
def small_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a new user names in place of `/path/to/repo`: a taxonomy and an article."""
    folder = tmp_path_factory.mktemp("repository")
    front = "title: A lost card\nproducts: [cards]\njurisdictions: [all]\ntier: 1\nlang: en\n"
    (folder / "articles").mkdir()
    (folder / "articles/kb.yml").write_text(TAXONOMY)
    (folder / "articles/lost-card.md").write_text(f"---\n{front}---\nFreeze the card in the app.\n")
    git = ["git", "-c", "user.name=Writer", "-c", "user.email=writer@example.com"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Begin"]):
        subprocess.run([*git, *command], cwd=folder, capture_output=True, check=True)
    return folder


ELSEWHERE = "/path/to/repo"
SERVE = "kb serve"  # a line that ends so does not end by itself
# what a checkout says in which nothing has changed yet, and where something did
NOTHING_CHANGED = ("No article changed between the two. ", "No article between the two is news to this team. ")


@pytest.mark.parametrize("command", [command for command in _commands() if not command.endswith(SERVE)])
def test_every_command_line_of_the_readme_runs(command: str, shell: dict[str, str], small_repository: Path) -> None:
    """In a checkout, as it stands there; the service's port is the one that was free."""
    line = command.replace("http://127.0.0.1:8321", shell["ADDRESS"]).replace(ELSEWHERE, str(small_repository))
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, env=shell, capture_output=True, text=True, timeout=120, check=False)

    told = [line for line in done.stderr.splitlines() if not line.startswith(NOTHING_CHANGED)]
    assert (done.returncode, told) == (0, [])


@pytest.mark.parametrize("command", [command for command in _commands() if command.endswith(SERVE)])
def test_every_line_of_the_readme_that_serves_answers(
    command: str, shell: dict[str, str], small_repository: Path, tmp_path: Path
) -> None:
    """It says where, answers there from the repository that is named, and ends when it is stopped."""
    line = command.replace(ELSEWHERE, str(small_repository))
    with _serving(["sh", "-c", line], tmp_path, {**shell, "KB_DATA_DIR": str(tmp_path / "data")}) as address:
        asked = ["curl", "-s", f"{address}/v1/articles/lost-card"]
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout

    assert '"title":"A lost card"' in answer


@pytest.fixture(scope="session")
def set_up(shell: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout in which everything is installed, as far as its Makefile can see."""
    copy = tmp_path_factory.mktemp("copy") / "fingerpost"
    subprocess.run(["git", "clone", "--quiet", ROOT, copy], capture_output=True, check=True)
    shutil.copy(ROOT / "Makefile", copy)
    (copy / ".venv/bin").mkdir(parents=True)
    shutil.copy(Path(shell["PATH"].partition(":")[0]) / "kb", copy / ".venv/bin")
    (copy / ".venv/.ready").touch()
    return copy


@pytest.mark.proof
def test_make_run_serves_the_articles_and_prints_the_address(set_up: Path, shell: dict[str, str]) -> None:
    """The first thing that a new user types, from a checkout to an answer."""
    environment = {**shell, "KB_DATA_DIR": str(set_up / ".kb"), "PYTHONPATH": str(set_up)}
    with _serving(["make", "run"], set_up, environment) as address:
        asked = ["curl", "-s", f"{address}/v1/articles/ach-return-r10?jurisdiction=US"]
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout

    assert '"id":"ach-return-r10"' in answer


def test_make_test_runs_the_suite(set_up: Path) -> None:
    """Shown and not run: a suite that ran itself would not end."""
    alone = {name: value for name, value in os.environ.items() if not name.startswith(OF_MAKE)}
    told = subprocess.run(["make", "-n", "test"], cwd=set_up, env=alone, capture_output=True, text=True, check=True).stdout

    assert re.fullmatch(r"\.venv/bin/pytest .+\n", told)


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
