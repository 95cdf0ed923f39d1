"""Git: one repository's commits, by name, by moment and by each other, and what they changed."""

import os
import re
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from kb.commit_log import LogEntry
from kb.errors import AsOfError, RefError, RepositoryError
from kb.git_process import GitProcess, GitProcessError, git_output
from kb.listing import Listing, part
from kb.mirror import Mirror, is_bundle, is_remote, shown
from kb.raw_log import LOG_OPTIONS, parse_log
from kb.tree import Commit, File, Tree

_PLAIN: Final = re.compile(r"\w[\w/-]*(?:\.[\w/-]+)*")  # a name, and no range or pattern
_SHA: Final = re.compile(r"[0-9a-f]{7,64}")


class Repository:
    """One git repository, bare or not: its commits, and their files. Reading is safe from several threads."""

    def __init__(self, process: GitProcess, location: str, mirror: Mirror | None = None) -> None:
        self._process = process
        self._location = location
        self._mirror = mirror
        self._listing = Listing(process, location)
        self._had_head = False
        self._served: str | None = None  # the default branch of earlier, which no other one replaces

    def close(self) -> None:
        """End git's helper processes."""
        self._process.close()

    @property
    def is_remote(self) -> bool:
        """Whether the commits lie elsewhere and have to be fetched."""
        return self._mirror is not None

    def refresh(self) -> None:
        """Fetch what is new, where the commits lie elsewhere. Raises RepositoryError."""
        if self._mirror is not None:
            self._mirror.refresh(self._process)

    @property
    def root(self) -> Path | None:
        """The root of the working tree; None for a bare repository."""
        return self._process.root

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

    def tree(self, commit: Commit, folder: str, only: Collection[str] = ()) -> Tree:
        """Every file below the folder at the commit, straight from git's objects; of some paths alone, if `only` names them.

        Raises RepositoryError if there is none.
        """
        return self._listing.tree(commit, folder, only)

    def working_tree(self, folder: str) -> Tree:
        """The files below the folder as they lie on the disk, without those that git ignores."""
        return self._listing.working_tree(folder, self.resolve("HEAD") if self._has_head() else None)

    def content(self, file: File) -> bytes:
        """The content of a file of any commit. Raises RepositoryError if git has lost it."""
        return self._listing.content(file)

    def size(self, file: File) -> int:
        """How many bytes that is, without reading them. Raises RepositoryError if git has lost it."""
        return self._listing.size(file)

    def log(
        self, tip: Commit, folder: str, *, since: Commit | None = None, whole: bool = False, most: int | None = None
    ) -> tuple[LogEntry, ...]:
        """The commits up to `tip` that changed a file below the folder, newest first, each against its first parent.

        since: leave out whatever this commit holds already.
        whole: every commit that merges brought instead of the merges themselves.
        most:  only so many, the newest.
        """
        which = ["--no-merges"] if whole else ["--first-parent", "-m"]
        which += [f"--max-count={most}"] if most else []
        without = [f"^{since.sha}"] if since else []
        args = (*which, *LOG_OPTIONS, tip.sha, *without, "--", *part(folder))
        return parse_log(git_output(self._process, self._location, "log", *args))

    def merged(self, entry: LogEntry, paths: Collection[str]) -> tuple[LogEntry, ...]:
        """The commits that a merge brought to these files, newest first; none for a commit that is no merge."""
        if len(entry.parents) < 2:
            return ()
        brought = self.log(entry.commit, "", since=Commit(entry.parents[0], entry.commit.at), whole=True)
        return tuple(each for each in brought if any(touch.path in paths for touch in each.touches))

    def holding(self, commit: Commit, folder: str, words: Collection[str]) -> list[str]:
        """The files below the folder at the commit that hold one of the words, letter for letter."""
        wanted = [part for word in sorted(words) for part in ("-e", word)]
        try:
            found = self._process.search("-l", "-z", "--full-name", "-F", *wanted, commit.sha, "--", *part(folder))
        except GitProcessError as error:
            raise RepositoryError(f"{self._location}: git grep failed: {error}. Run `git fsck` there.") from None
        return [os.fsdecode(name).partition(":")[2] for name in found.split(b"\0") if name]

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

    def _git(self, command: str, *args: str) -> str:
        return os.fsdecode(git_output(self._process, self._location, command, *args)).strip()


def open_repository(location: str, clones: Path) -> Repository:
    """Open a local repository in place, or keep a bare clone of a URL or bundle under `clones` and bring it up to date.

    Raises RepositoryError if the location is neither, or cannot be reached.
    """
    if is_remote(location) or is_bundle(location):
        mirror = Mirror(location, clones)
        return Repository(mirror.open(), shown(location), mirror)
    path = Path(location).expanduser()
    if not path.exists():
        raise RepositoryError(
            f"{location}: there is no such folder; expected a git repository, a bundle, or an https or ssh URL. "
            "Correct --repo or KB_REPO."
        )
    process = GitProcess.at(path)
    if process is None:
        raise RepositoryError(f"{location}: this is no git repository. Run `git init` there, or correct --repo or KB_REPO.")
    return Repository(process, location)
