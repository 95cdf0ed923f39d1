"""What is installed is what was locked: every package by version and hash, and every one that we ask for."""

import re
import tomllib

from tests.conftest import ROOT

LOCK = (ROOT / "requirements.lock").read_text()
ENTRIES = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})*)", LOCK, re.M)
WITHOUT_HASH = {"torch"}  # its CPU builds differ from one index to the next: pinned by version alone, in the Makefile


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_locked_package_has_its_hashes() -> None:
    """A package that was replaced on the way is not installed."""
    lines = [line for line in LOCK.split("\n") if line and not line.startswith((" ", "#"))]

    assert len(ENTRIES) == len(lines)
    assert [name for name, _, hashes in ENTRIES if not hashes] == []


def test_everything_that_we_ask_for_is_locked() -> None:
    """No dependency is resolved anew on a user's machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]  # the other extras are for places of their own
    names = {_plain(re.split(r"[\[<>=!~; ]", entry)[0]) for entry in asked}

    assert names - WITHOUT_HASH - {_plain(name) for name, _, _ in ENTRIES} == set()


def test_what_is_installed_is_installed_by_hash() -> None:
    """The one way in which packages get in asks for hashes, and none brings friends along."""
    makefile = (ROOT / "Makefile").read_text()
    installs = [line for line in makefile.split("\n") if "pip install" in line and "-r " in line]

    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    assert "--no-deps" in installs[0]
