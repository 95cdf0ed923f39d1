"""A bare copy of a repository that lies elsewhere: fetched, never trusted, never checked out."""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kb.errors import RepositoryError
from kb.file_lock import locked
from kb.git_process import GitProcess, GitProcessError

# A host or user that began with `-` would be an option to ssh; every other transport can run commands or read any file.
_URL: Final = re.compile(r"(https|ssh)://([^\s/@-][^\s/@]*@)?[\w\[][^\s/@]*(/\S*)?|\w[\w.-]*@\w[\w.-]*:[^\s:-]\S*")
_PASSWORD: Final = re.compile(r"(://)[^/@\s]+@")  # messages reach logs; a token in a URL must not
_REFS: Final = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_LOOK_SECONDS: Final = 60.0  # for the list of branches; a host that does not answer must not hold a space for ever
_FETCH_SECONDS: Final = 1800.0  # for the first clone of a large repository over a slow line
_SSH: Final = "ssh -o BatchMode=yes -o ConnectTimeout=15"


def is_remote(location: str) -> bool:
    """Whether the location is a URL that may be fetched from."""
    return _URL.fullmatch(location) is not None


def is_bundle(location: str) -> bool:
    """Whether the location is a bundle file."""
    path = Path(location).expanduser()
    return path.suffix == ".bundle" and path.is_file()


def shown(location: str) -> str:
    """The location without its password."""
    return _PASSWORD.sub(r"\1***@", location)


class Mirror:
    """The bare copy of one URL or bundle. Only one exists for each below a data folder, whoever uses it."""

    def __init__(self, location: str, clones: Path) -> None:
        self._source = location if is_remote(location) else str(Path(location).expanduser().resolve())
        self._shown = shown(location)
        self._target = clones / hashlib.sha256(self._source.encode()).hexdigest()[:16]
        self._environment = {
            "GIT_TERMINAL_PROMPT": "0",  # a missing password is an error, not a question to nobody
            "GIT_ALLOW_PROTOCOL": "https:ssh" if is_remote(location) else "file",  # also where a server redirects to
            "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", _SSH),
        }

    def open(self) -> GitProcess:
        """The copy, brought up to date. Raises RepositoryError."""
        with self._held():
            self._target.parent.mkdir(parents=True, exist_ok=True)
            git = GitProcess.bare(self._target)
        self.refresh(git)
        return git

    def refresh(self, git: GitProcess) -> None:
        """Fetch what is new, and let the default branch be the source's. Raises RepositoryError; the copy stays whole."""
        with self._held():
            listed = self._run(git, "ls-remote", "--symref", "--", self._source, seconds=_LOOK_SECONDS)
            theirs = _refs(listed)
            if theirs != _refs(git.output("for-each-ref", "--format=%(objectname)%09%(refname)", "refs/heads", "refs/tags")):
                self._run(
                    git, "fetch", "--prune", "--quiet", "--force", "--no-recurse-submodules", "--no-auto-gc",
                    "--no-write-fetch-head", "--update-head-ok", "--", self._source, *_REFS, seconds=_FETCH_SECONDS,
                )  # fmt: skip
            _follow(git, _default_branch(listed, theirs))

    def _run(self, git: GitProcess, command: str, *args: str, seconds: float) -> bytes:
        return git.output(command, *args, environment=self._environment, seconds=seconds)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """One process at a time; every failure as a RepositoryError without passwords."""
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            with locked(self._target.with_suffix(".lock")):
                yield
        except (GitProcessError, OSError) as error:
            reason = shown(str(error)).replace(self._source, self._shown)
            raise RepositoryError(
                f"{self._shown}: cannot be fetched: {reason}. Correct --repo or KB_REPO, or its access."
            ) from None


def _refs(listed: bytes) -> dict[str, str]:
    """Branch or tag → object, from `git ls-remote` or `git for-each-ref`; without the objects that tags point at."""
    pairs = (line.split("\t", 1) for line in os.fsdecode(listed).splitlines() if "\t" in line)
    return {name: sha for sha, name in pairs if name.startswith(("refs/heads/", "refs/tags/")) and not name.endswith("^{}")}


def _default_branch(listed: bytes, refs: dict[str, str]) -> str | None:
    """What the source's HEAD names: said by a server, by a bundle only to be guessed from its commit."""
    for line in os.fsdecode(listed).splitlines():
        value, _, name = line.partition("\t")
        if name == "HEAD" and value.startswith("ref: refs/heads/"):
            return value.removeprefix("ref: ")
    head = next((line.partition("\t")[0] for line in os.fsdecode(listed).splitlines() if line.endswith("\tHEAD")), None)
    branches = sorted(name for name, sha in refs.items() if sha == head and name.startswith("refs/heads/"))
    usual = [name for name in ("refs/heads/main", "refs/heads/master") if name in branches]
    return next(iter(usual + branches), None)


def _follow(git: GitProcess, branch: str | None) -> None:
    if branch is not None and git.output("symbolic-ref", "--quiet", "HEAD").decode().strip() != branch:
        git.output("symbolic-ref", "HEAD", branch)
