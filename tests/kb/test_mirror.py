"""Copies of repositories that lie elsewhere: what may be fetched, and how they follow their source."""

import subprocess
import sys
from pathlib import Path

import pytest

from kb.errors import RepositoryError
from kb.mirror import is_remote
from kb.repository import Repository, open_repository
from tests.conftest import ROOT
from tests.kb.conftest import World


def bundle(world: World, target: Path, *refs: str) -> Path:
    """Write these refs, by default everything, into a bundle."""
    world.git("bundle", "create", "-q", str(target), *(refs or ("--all",)))
    return target


def copy(world: World, tmp_path: Path) -> tuple[Repository, Path]:
    """A mirror of the world's bundle."""
    file = bundle(world, tmp_path / "kb.bundle", "HEAD", "--all")
    return open_repository(str(file), tmp_path / "clones"), file


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/kb.git",
        "https://bot:secret@example.com:8443/kb.git",
        "ssh://git@example.com:2222/kb.git",
        "git@example.com:team/kb.git",
        "https://[::1]/kb.git",
    ],
)
def test_https_and_ssh_are_fetched(url: str) -> None:
    """The two transports that neither run a command of the URL's choice nor read local files."""
    assert is_remote(url)


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c id",
        "fd::17",
        "file:///srv/kb.git",
        "http://example.com/kb.git",
        "git://example.com/kb.git",
        "ftp://example.com/kb.git",
        "--upload-pack=id",
        "-u id",
        "ssh://-oProxyCommand=id/kb.git",
        "ssh://git@-oProxyCommand=id/kb.git",
        "ssh://-l@example.com/kb.git",
        "-oProxyCommand=id@example.com:kb.git",
        "git@-oProxyCommand=id:kb.git",
        "git@example.com:-kb.git",
        "https://example.com/kb.git --upload-pack=id",
        "https://example.com/kb.git\nssh://x",
        "HTTPS::https://example.com",
    ],
)
def test_nothing_else_is(url: str) -> None:
    """Options in a host's place, other transports, helpers, and blanks."""
    assert not is_remote(url)


def test_a_mirror_follows_its_source(world: World, tmp_path: Path) -> None:
    """New commits come, deleted branches go, rewritten history is taken as it is."""
    world.article("a.md")
    first = world.commit()
    world.git("branch", "proposal")
    repository, file = copy(world, tmp_path)
    assert repository.resolve("proposal").sha == first
    world.git("branch", "-D", "proposal")
    world.git("commit", "-q", "--amend", "--allow-empty", "-m", "Rewritten")
    bundle(world, file, "HEAD", "--all")

    repository.refresh()

    assert repository.resolve(None).sha == world.git("rev-parse", "HEAD") != first
    with pytest.raises(RepositoryError, match="there is no branch, tag or commit 'proposal'"):
        repository.resolve("proposal")


def test_the_default_branch_moves_with_the_source(world: World, tmp_path: Path) -> None:
    """A team that renames `main` to `trunk` is followed."""
    world.article("a.md")
    world.commit()
    repository, file = copy(world, tmp_path)
    world.git("checkout", "-q", "-b", "trunk")
    world.article("a.md", "Newer.\n")
    newer = world.commit()
    bundle(world, file, "HEAD", "--all")

    repository.refresh()

    assert repository.resolve(None).sha == newer
    assert repository.resolve("main").sha != newer


def test_a_source_that_is_gone_leaves_the_copy_whole(world: World, tmp_path: Path) -> None:
    """What was fetched before can still be read; the error names the source."""
    world.article("a.md", "Kept.\n")
    commit = world.commit()
    repository, file = copy(world, tmp_path)
    file.unlink()

    with pytest.raises(RepositoryError, match=r"kb\.bundle: cannot be fetched: "):
        repository.refresh()

    assert repository.resolve(None).sha == commit


def test_two_processes_that_clone_at_once_both_succeed(world: World, tmp_path: Path) -> None:
    """One waits for the other."""
    world.article("a.md")
    commit = world.commit()
    file = bundle(world, tmp_path / "kb.bundle", "HEAD", "--all")
    code = (
        "import sys; from pathlib import Path; from kb.repository import open_repository as o; "
        "print(o(sys.argv[1], Path(sys.argv[2])).resolve(None).sha)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(file), str(tmp_path / "clones")], cwd=ROOT, stdout=subprocess.PIPE)
        for _ in range(3)
    ]

    said = [process.communicate(timeout=60)[0].decode().strip() for process in running]

    assert said == [commit] * 3


def test_a_copy_holds_no_password(tmp_path: Path) -> None:
    """Neither in its settings nor in its name."""
    with pytest.raises(RepositoryError) as caught:
        open_repository("https://bot:hunter2@localhost:1/kb.git", tmp_path / "clones")

    written = [path for path in (tmp_path / "clones").rglob("*") if path.is_file()]
    assert "hunter2" not in str(caught.value)
    assert [path for path in written if b"hunter2" in path.read_bytes() or "hunter2" in path.name] == []
