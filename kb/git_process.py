"""Git's own program and objects, through GitPython: the one file that knows it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Final, TypeVar

import git
from git.exc import GitCommandError, InvalidGitRepositoryError, NoSuchPathError, ODBError

from kb.errors import RepositoryError

T = TypeVar("T")

# A repository may name programs to run on its files (filters, hooks, monitors, signatures); none is needed to read it.
_QUIET: Final = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never")


class GitProcessError(Exception):
    """A git command failed. The message is git's own reason, in one line."""


class GitProcess:
    """One repository's commands and blobs. Safe from several threads."""

    def __init__(self, repo: git.Repo) -> None:
        self._repo = repo
        self._lock = Lock()  # one `git cat-file --batch` process answers all reads

    @classmethod
    def at(cls, path: Path) -> "GitProcess | None":
        """The repository that the path is in; None if it is in none."""
        try:
            return cls(git.Repo(path, search_parent_directories=True))
        except (InvalidGitRepositoryError, NoSuchPathError):
            return None

    @classmethod
    def bare(cls, path: Path) -> "GitProcess":
        """The bare repository in this folder, made if there is none. Raises GitProcessError or OSError."""
        try:
            return cls(git.Repo.init(path, bare=True, initial_branch="main"))
        except GitCommandError as error:
            raise GitProcessError(_reason(error)) from None

    def close(self) -> None:
        """End git's helper processes."""
        self._repo.close()

    @property
    def root(self) -> Path | None:
        """The root of the working tree; None for a bare repository."""
        return Path(self._repo.working_tree_dir) if self._repo.working_tree_dir else None

    def output(
        self,
        command: str,
        *args: str,
        environment: Mapping[str, str] | None = None,
        seconds: float | None = None,
        stdin: BinaryIO | None = None,
    ) -> bytes:
        """What the command printed. Raises GitProcessError; also when it takes longer than `seconds`."""
        try:
            printed: Any = self._repo.git.execute(
                ["git", *_QUIET, "--literal-pathspecs", command, *args],
                stdout_as_string=False,
                env={**environment} if environment else None,
                kill_after_timeout=seconds,
                istream=stdin,
            )
        except GitCommandError as error:
            raise GitProcessError(_reason(error)) from None
        return bytes(printed)

    def search(self, *args: str) -> bytes:
        """What `git grep` printed; finding nothing is no failure. Raises GitProcessError."""
        found: Any = self._repo.git.execute(
            ["git", *_QUIET, "--literal-pathspecs", "grep", *args],
            stdout_as_string=False,
            with_exceptions=False,
            with_extended_output=True,
        )
        status, printed, reason = found
        if status not in (0, 1):
            raise GitProcessError(str(reason).strip())
        return bytes(printed)

    @contextmanager
    def stream(self, command: str, *args: str) -> Iterator[Any]:
        """What the command prints, while it prints; git ends by itself when nobody reads on."""
        process: Any = self._repo.git.execute(["git", *_QUIET, command, *args], as_process=True)
        try:
            yield process.stdout
        finally:
            process.stdout.close()

    def blob(self, sha: str) -> bytes:
        """The content of that name. Raises GitProcessError."""
        return self._asked(lambda name: bytes(self._repo.odb.stream(name).read()), sha)

    def size(self, sha: str) -> int:
        """How many bytes the content of that name has, without reading it. Raises GitProcessError."""
        return self._asked(lambda name: int(self._repo.odb.info(name).size), sha)

    def _asked(self, ask: Callable[[bytes], T], sha: str) -> T:
        with self._lock:
            try:
                return ask(bytes.fromhex(sha))
            except (ODBError, ValueError, OSError):
                self._repo.git.clear_cache()  # the process that answers may have been killed, or the object just fetched
            try:
                return ask(bytes.fromhex(sha))
            except (ODBError, ValueError, OSError) as error:
                raise GitProcessError(str(error)) from None


def git_output(process: GitProcess, location: str, command: str, *args: str) -> bytes:
    """What a command printed. Raises RepositoryError, which names the repository by its location."""
    try:
        return process.output(command, *args)
    except GitProcessError as error:
        raise RepositoryError(f"{location}: git {command} failed: {error}") from None


def _reason(error: GitCommandError) -> str:
    lines = [line.strip() for line in str(error.stderr or "").strip(" '\n").splitlines() if line.strip()]
    known = [line for line in lines if line.startswith(("fatal:", "error:", "stderr: 'fatal:"))]
    return (known or lines or [f"exit code {error.status}"])[-1].removeprefix("stderr: '").removesuffix("'")
