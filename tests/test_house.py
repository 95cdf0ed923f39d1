"""The floors and their doors: who may import whom, and which library stands behind which file."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("kb", "retriever", "api")  # data goes right, imports point left only

BEHIND_ONE_FILE = {
    "git": "kb/git_process.py",
    "yaml": "kb/yaml.py",
    "stdnum": "kb/redaction/check_digits.py",
    "phonenumbers": "kb/redaction/phone_numbers.py",
    "mnemonic": "kb/redaction/seed_words.py",
    "pycountry": "kb/jurisdiction.py",
    "pathspec": "kb/adoption.py",
    "nh3": "kb/visible.py",
    "faiss": "retriever/faiss_store.py",
    "langchain_text_splitters": "retriever/splitter.py",
    "sentence_transformers": "retriever/models.py",
    "torch": "retriever/models.py",
    "transformers": "retriever/models.py",
    "onnx": "retriever/int8_graph.py",
    "Stemmer": "retriever/lexical.py",
    "lingua": "retriever/language.py",
    "pydantic_settings": "api/settings.py",
    "limits": "api/rate.py",
    "jwt": "api/oidc.py",
    "prometheus_client": "api/metrics.py",
    "uvicorn": "api/server.py",
    "sqlalchemy": "api/database.py",
    "alembic": "api/database.py",
    "apprise": "api/digests/post.py",
    "standardwebhooks": "api/digests/hooks.py",
}
MIGRATIONS = ROOT / "api" / "migrations"  # written in alembic's and SQLAlchemy's own words, and by no other's


def _files(floor: str) -> list[Path]:
    return sorted(path for path in (ROOT / floor).rglob("*.py") if "__pycache__" not in path.parts)


def _imports(path: Path) -> Iterator[str]:
    """Every module the file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_point_left_only(floor: str) -> None:
    """A floor never imports from a floor to its right."""
    right = FLOORS[FLOORS.index(floor) + 1 :]
    crossings = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in _files(floor)
        for module in _imports(path)
        if module.partition(".")[0] in right
    ]

    assert crossings == []


@pytest.mark.parametrize(("library", "door"), BEHIND_ONE_FILE.items())
def test_a_library_stands_behind_one_file(library: str, door: str) -> None:
    """Foreign conventions end at one seam, so that a library can be replaced there."""
    users = {
        str(path.relative_to(ROOT))
        for floor in FLOORS
        for path in _files(floor)
        if library in {module.partition(".")[0] for module in _imports(path)} and MIGRATIONS not in path.parents
    }

    assert users == {door}


def test_migrations_know_only_the_database() -> None:
    """A released migration never changes, so it leans on nothing of ours that does; and no other library hides there."""
    known = {"alembic", "sqlalchemy"}
    found = {module.partition(".")[0] for path in MIGRATIONS.rglob("*.py") for module in _imports(path)}

    assert found - sys.stdlib_module_names <= known


def test_the_lower_floors_know_neither_http_nor_settings() -> None:
    """kb and retriever are given everything; they read no environment and speak no protocol."""
    foreign = {"fastapi", "starlette", "uvicorn", "typer", "pydantic_settings", "httpx"}
    found = [
        f"{path.relative_to(ROOT)} imports {module}"
        for floor in FLOORS[:2]
        for path in _files(floor)
        for module in _imports(path)
        if module.partition(".")[0] in foreign
    ]

    assert found == []


def test_no_import_goes_in_a_circle() -> None:
    """Every module can be read on its own, after those it imports."""
    graph = {_module(path): set[str]() for floor in FLOORS for path in _files(floor)}
    for floor in FLOORS:
        for path in _files(floor):
            for node in ast.parse(path.read_text()).body:
                graph[_module(path)] |= {name for name in _top_level(node) if name in graph}
    done: set[str] = set()
    while ready := {name for name, needs in graph.items() if name not in done and needs - {name} <= done}:
        done |= ready

    assert sorted(set(graph) - done) == []


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _top_level(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_answering_imports_neither_torch_nor_transformers() -> None:
    """The serving path stays light: six seconds and 400 MB of imports belong to preparing a model."""
    heavy = ("torch", "transformers", "sentence_transformers", "langchain_text_splitters", "onnx", "alembic")
    script = f"import api.app, api.cli, sys; api.cli.command_line(); print([name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"


def test_a_question_on_the_command_line_imports_no_database_and_no_tokens() -> None:
    """`kb search` starts quickly; whom requests are taken for is the service's concern."""
    heavy = (
        "sqlalchemy",
        "alembic",
        "jwt",
        "cryptography",
        "limits",
        "fastapi",
        "uvicorn",
        "scipy",
        "kb.changes",
        "kb.reading",
        "kb.tree_reading",
    )
    script = (
        "import api.cli, sys; api.cli.command_line(['search']); import api.composition; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"


def test_a_question_on_the_command_line_has_its_models_loading_before_the_rest_is_imported() -> None:
    """Reading a model needs no turn of the interpreter, and imports need little else."""
    rest = ("api.guidance", "api.composition", "api.space", "kb.repository", "git", "faiss")
    script = (
        "import api.cli, sys; api.cli.command_line(['search']); import api.loading; "
        f"print([name for name in {rest!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"


def test_a_service_imports_what_few_need_when_they_need_it() -> None:
    """`kb serve` answers soon; a provider's signatures and a hundred kinds of channels can wait."""
    heavy = ("apprise", "jwt", "cryptography")
    script = (
        "import api.cli, api.app, api.authentication, api.digests.post, api.digests.scheduler, api.machines, sys; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"


def test_nothing_names_a_place_that_only_this_machine_has() -> None:
    """No path of a machine, no download address of a package, in anything that is committed."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    texts = [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).suffix not in (".png", ".ico")]
    marks = ("/".join(("", "work", "")), "/".join(("", "root", "")), "files.python" + "hosted", "index-" + "url =")
    found = [
        f"{path.relative_to(ROOT)}: {mark}"
        for path in texts
        if path.is_file()
        for mark in marks
        if mark in path.read_text(encoding="utf-8", errors="replace")
    ]

    assert found == []


def test_no_assertion_depends_on_how_fast_the_machine_is() -> None:
    """Machines are shared: a test that reads a clock fails for nobody's fault. Timings belong into benchmarks/."""
    why = {  # a clock is read there all the same
        "tests/api/test_faults.py": "how long an update takes, so that it is killed somewhere within",
        "tests/api/test_following.py": "a moment in the future, which the product's clock is set to",
        "tests/api/test_rate.py": "between which two moments a request was counted, and moments that the clock is set to",
        "tests/retriever/test_apertium.py": "a moment in the future, which the product is told it heard something at",
        "tests/retriever/test_apertium_hangs.py": "moments in the future, until one of which it waits at most",
        "tests/waiting.py": "when to give up waiting for what never comes",
    }
    read = {
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if any(map(_reads_a_clock, ast.walk(ast.parse(path.read_text()))))
    }

    assert read == set(why)


def _reads_a_clock(node: ast.AST) -> bool:
    """Whether a clock that counts seconds is imported from `time`, or called by that name."""
    clocks = {"perf_counter", "process_time", "thread_time", "monotonic", "time", "clock_gettime"}
    if isinstance(node, ast.ImportFrom):
        names = {alias.name for alias in node.names} if node.module == "time" else set()
    elif isinstance(node, ast.Attribute):
        names = {node.attr} if isinstance(node.value, ast.Name) and node.value.id == "time" else set()
    else:
        return False
    return not clocks.isdisjoint(name.removesuffix("_ns") for name in names)
