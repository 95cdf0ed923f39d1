"""Git: which commit a name or a moment means, and how commits lie to each other."""

import os
import re
from contextlib import suppress
from datetime import datetime
from typing import Final

from kb.errors import AsOfError, RefError, RepositoryError
from kb.git_process import GitProcess, GitProcessError
from kb.tree import Commit

_PLAIN: Final = re.compile(r"\w[\w/-]*(?:\.[\w/-]+)*")  # a name, and no range or pattern
_SHA: Final = re.compile(r"[0-9a-f]{7,64}")


class Refs:
    """The commits of one repository, by name, by moment and by each other."""

    def __init__(self, process: GitProcess, location: str) -> None:
        self._process = process
        self._location = location
        self._had_head = False
        self._served: str | None = None  # the default branch of earlier, which no other one replaces

    def hold_to(self, branch: str | None) -> None:
        """Take no other branch for the default one where HEAD names none: this one was served. None: it is not known."""
        self._served = branch

    def default_branch(self) -> str | None:
        """The branch that is meant where none is named; None if HEAD names a commit itself. Raises RepositoryError."""
        default = self._default_ref()
        if default != "HEAD":
            return default
        with suppress(RepositoryError):
            return self._git("symbolic-ref", "--quiet", "--short", "HEAD")
        return None

    def resolve(self, ref: str | None) -> Commit:
        """The commit that a branch, tag or commit id names; None names the default branch.

        Raises RepositoryError if there is no such commit.
        """
        if ref is None:
            with suppress(RepositoryError, ValueError):  # nearly always one process, which costs more than what it reads
                commit = self._named("HEAD")
                self._had_head = True
                return commit
        return self._commit(ref or self._default_ref())

    def at(self, ref: str | None, as_of: datetime | str) -> Commit:
        """The commit that was live on the ref at an instant (aware), or the commit of that id if it ever was live there.

        Only the ref's first-parent history counts: what stood on a branch before its merge was never guidance.
        """
        tip = self.resolve(ref)
        if isinstance(as_of, datetime):
            latest = max(0, int(as_of.timestamp()))  # git reads seconds exactly, and words such as dates by guessing
            sha = self._git("rev-list", "-1", "--first-parent", f"--min-age={latest}", tip.sha)
            if not sha:
                raise AsOfError(f"Nothing was live at {as_of.isoformat()}; the history begins later. Ask for a later moment.")
            return self._commit(sha)
        if not _SHA.fullmatch(as_of):
            raise AsOfError(
                f"{as_of!r} names no moment; expected an RFC 3339 instant, a date, or the id of a commit that was live."
            )
        try:
            commit = self._commit(as_of)
        except RepositoryError:
            commit = None
        if commit is None or commit.sha not in self.lineage(tip):
            raise AsOfError(
                f"Commit {as_of} is not in the history of what is served, so it was never live there. "
                "Ask for a commit that was merged, or for the merge itself."
            )
        return commit

    def branch(self, name: str) -> Commit:
        """The newest commit of a branch, which need not be merged. Raises AsOfError if there is no such branch."""
        try:
            return self._commit(self._git("show-ref", "--verify", "--hash", f"refs/heads/{name}"))  # `main~1` is no branch
        except (RepositoryError, ValueError):  # ValueError: a NUL
            raise AsOfError(f"There is no branch {name!r}. Push it first, or correct its name after the @.") from None

    def parent(self, commit: Commit) -> Commit | None:
        """The commit that was live before it; None if it is the first."""
        parents = self._git("rev-list", "-1", "--parents", commit.sha).split()[1:]
        return self._commit(parents[0]) if parents else None

    def lineage(self, tip: Commit) -> tuple[str, ...]:
        """The ids of the commits of the first-parent history, newest first."""
        return tuple(self._git("rev-list", "--first-parent", tip.sha).split())

    def is_before(self, one: str, other: str) -> bool:
        """Whether the commit `one` lies in the history of `other`; no, if the repository has forgotten either."""
        try:
            return self._git("merge-base", one, other) == one
        except RepositoryError:
            return False

    def names(self, ref: str | None, full: str) -> bool:
        """Whether a full name, as `refs/heads/main`, is what the ref names. None names the default branch."""
        if ref is not None:
            return full in (ref, f"refs/heads/{ref}", f"refs/tags/{ref}")
        default = self._default_ref()
        return full == (self._git("symbolic-ref", "--quiet", "HEAD") if default == "HEAD" else f"refs/heads/{default}")

    def _commit(self, name: str) -> Commit:
        try:
            if _PLAIN.fullmatch(name):
                return self._named(name)
            return self._named(self._git("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").splitlines()[-1])
        except (RepositoryError, ValueError) as error:  # ValueError: a NUL, or `^main`, which excludes a commit
            branches = self._branches()
            if name in branches:  # it is there, and git failed
                raise RepositoryError(f"{self._location}: {name} cannot be read: {error}. Run `git fsck` there.") from None
            known = f"It has the branches {', '.join(branches[:8])}." if branches else "It has no branch."
            raise RefError(f"{self._location}: there is no branch, tag or commit {name!r}. {known} Correct the name.") from None

    def _named(self, name: str) -> Commit:
        shown = self._git("log", "-1", "--no-show-signature", "--format=%H %cI", "--end-of-options", f"{name}^{{commit}}", "--")
        sha, at = shown.split()
        return Commit(sha, datetime.fromisoformat(at))

    def _has_head(self) -> bool:
        """Whether HEAD names a commit. Asked of a process of its own: GitPython's shared one answers one thread at a time."""
        try:
            return bool(self._git("rev-parse", "--verify", "--quiet", "HEAD^{commit}"))
        except RepositoryError:
            return False

    def _default_ref(self) -> str:
        if self._has_head():
            self._had_head = True
            return "HEAD"
        branches = self._branches()  # HEAD names a branch that is not there: a bundle, or a mirror of one
        if self._served in branches:
            return self._served
        if not self._had_head and self._served is None:  # a branch that was deleted is not replaced by whatever draft is left
            for name in ("main", "master"):
                if name in branches:
                    return name
            if len(branches) == 1:
                return branches[0]
        if branches:
            raise RefError(
                f"{self._location}: its HEAD names no commit, and it has the branches {', '.join(branches[:8])}. "
                "Name one with --ref or KB_REF."
            )
        if self._had_head or self._served:
            raise RefError(f"{self._location}: the branch {self._served or 'that HEAD names'} is gone. Push it again.")
        raise RefError(f"{self._location}: the repository is empty. Commit the articles first.")

    def _branches(self) -> list[str]:
        return self._git("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes").split()

    def _git(self, *args: str) -> str:
        return os.fsdecode(self._git_bytes(*args)).strip()

    def _git_bytes(self, command: str, *args: str) -> bytes:
        try:
            return self._process.output(command, *args)
        except GitProcessError as error:
            raise RepositoryError(f"{self._location}: git {command} failed: {error}") from None
