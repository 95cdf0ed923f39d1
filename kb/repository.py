"""Git, through GitPython: refs, commits, trees and blobs. Never a checkout; the working tree only when asked."""

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import Final

import git
from git.exc import GitCommandError, GitError, InvalidGitRepositoryError, NoSuchPathError, ODBError

from kb.errors import AsOfError, RepositoryError
from kb.tree import Commit, File, FileKind, Tree

_URL: Final = re.compile(r"(https|ssh)://\S+|[\w.-]+@[\w.-]+:[^\s:]\S*")
_PASSWORD: Final = re.compile(r"(://)[^/@\s]+@")  # messages reach logs; a token in a URL must not
_SHA: Final = re.compile(r"[0-9a-f]{7,64}")
_KINDS: Final = {b"120000": FileKind.SYMLINK, b"160000": FileKind.SUBMODULE}


class Repository:
    """One git repository, bare or not. Reading is safe from several threads."""

    def __init__(self, repo: git.Repo, location: str) -> None:
        self._repo = repo
        self._location = location
        self._lock = Lock()  # one `git cat-file --batch` process answers all reads

    def close(self) -> None:
        """End git's helper processes."""
        self._repo.close()

    @property
    def root(self) -> Path | None:
        """The root of the working tree; None for a bare repository."""
        return Path(self._repo.working_tree_dir) if self._repo.working_tree_dir else None

    def resolve(self, ref: str | None) -> Commit:
        """The commit that a branch, tag or commit id names; None names the default branch.

        Raises RepositoryError if there is no such commit.
        """
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
            raise AsOfError(f"as_of is {as_of!r}; expected an RFC 3339 instant, a date, or a commit id.")
        try:
            commit = self._commit(as_of)
        except RepositoryError:
            commit = None
        if commit is None or commit.sha not in self._git("rev-list", "--first-parent", tip.sha).split():
            raise AsOfError(
                f"Commit {as_of} is not in the history of what is served, so it was never live there. "
                "Ask for a commit that was merged, or for the merge itself."
            )
        return commit

    def tree(self, commit: Commit, folder: str) -> Tree:
        """Every file below the folder at the commit, straight from git's objects. Raises RepositoryError if none."""
        folder = _clean(folder)
        listing = self._git_bytes("ls-tree", "-r", "-z", "-l", "--full-tree", commit.sha, "--", *([folder] if folder else []))
        files = tuple(_entry(line) for line in listing.split(b"\0") if line)
        if not files:
            raise RepositoryError(
                f"{self._location}: there is no file below {folder or 'the root'!r} at commit {commit.sha[:12]}. "
                "Name the folder of the articles with --folder or KB_FOLDER."
            )
        return Tree(commit, folder, files, self._blob, lambda paths: self._last_changes(commit, folder, paths))

    def working_tree(self, folder: str) -> Tree:
        """The files below the folder as they lie on the disk, without those that git ignores."""
        root = self.root
        if root is None:
            raise RepositoryError(f"{self._location}: a bare repository has no working tree. Ask for a commit.")
        folder = _clean(folder)
        listing = self._git_bytes("ls-files", "-z", "-c", "-o", "--exclude-standard", "--", folder or ".")
        names = sorted({os.fsdecode(name) for name in listing.split(b"\0") if name})
        files = [file for name in names if (file := _file_on_disk(root, name))]
        if not files:
            raise RepositoryError(f"{root / folder}: there is no file here. Name the folder with --folder or KB_FOLDER.")
        head = self.resolve("HEAD") if self._has_head() else None
        changes: Callable[[Collection[str]], Mapping[str, Commit]] = lambda _paths: {}  # noqa: E731
        if head is not None:
            tip = head
            changes = lambda paths: self._last_changes(tip, folder, paths)  # noqa: E731
        return Tree(None, folder, tuple(files), lambda file: (root / file.path).read_bytes(), changes)

    def _commit(self, name: str) -> Commit:
        try:
            sha = self._git("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").splitlines()[-1]
            at = self._git("log", "-1", "--no-show-signature", "--format=%cI", "--end-of-options", sha, "--")
            return Commit(sha, datetime.fromisoformat(at))
        except (RepositoryError, ValueError):  # ValueError: a NUL, or `^main`, which excludes a commit
            branches = self._branches()
            known = f"It has the branches {', '.join(branches[:8])}." if branches else "It has no branch."
            raise RepositoryError(
                f"{self._location}: there is no branch, tag or commit {name!r}. {known} Correct --ref or KB_REF."
            ) from None

    def _has_head(self) -> bool:
        """Whether HEAD names a commit. Asked of a process of its own: GitPython's shared one answers one thread at a time."""
        try:
            return bool(self._git("rev-parse", "--verify", "--quiet", "HEAD^{commit}"))
        except RepositoryError:
            return False

    def _default_ref(self) -> str:
        if self._has_head():
            return "HEAD"
        branches = self._branches()  # HEAD names a branch that is not there: a bundle, or a mirror of one
        for name in ("main", "master"):
            if name in branches:
                return name
        if len(branches) == 1:
            return branches[0]
        if branches:
            raise RepositoryError(
                f"{self._location}: its HEAD names no commit, and it has the branches {', '.join(branches[:8])}. "
                "Name one with --ref or KB_REF."
            )
        raise RepositoryError(f"{self._location}: the repository is empty. Commit the articles first.")

    def _branches(self) -> list[str]:
        return self._git("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes").split()

    def _blob(self, file: File) -> bytes:
        try:
            with self._lock:
                return bytes(self._repo.odb.stream(bytes.fromhex(file.blob)).read())
        except (ODBError, ValueError, OSError) as error:
            raise RepositoryError(
                f"{self._location}: the content of {file.path} ({file.blob[:12]}) cannot be read: {error}. "
                "Run `git fsck` there; a partial clone lacks objects, so make a whole one."
            ) from None

    def _last_changes(self, commit: Commit, folder: str, paths: Collection[str]) -> dict[str, Commit]:
        """One pass over the first-parent history, ended as soon as every path was seen."""
        wanted, found = set(paths), dict[str, Commit]()
        process = self._repo.git.log(
            "--first-parent", "-m", "--no-show-signature", "--no-renames", "--name-only", "-z", "--format=%x01%H %cI",
            commit.sha, "--", *([f":(literal){folder}"] if folder else []), as_process=True,
        )  # fmt: skip
        try:
            for change, path in _changed_paths(process.stdout):
                if path in wanted:
                    wanted.discard(path)
                    found[path] = change
                if not wanted:
                    break
        finally:
            process.stdout.close()  # git ends by itself when nobody reads on
        return found

    def _git(self, *args: str) -> str:
        return os.fsdecode(self._git_bytes(*args)).strip()

    def _git_bytes(self, command: str, *args: str) -> bytes:
        try:
            output = self._repo.git.execute(["git", "--literal-pathspecs", command, *args], stdout_as_string=False)
        except GitCommandError as error:
            raise RepositoryError(f"{self._location}: git {command} failed: {_reason(error)}") from None
        return bytes(output)


def open_repository(location: str, clones: Path) -> Repository:
    """Open a local repository in place, or keep a bare clone of a URL or bundle under `clones` and bring it up to date.

    Raises RepositoryError if the location is neither, or cannot be reached.
    """
    if _URL.fullmatch(location):
        return Repository(_mirror(location, clones), _PASSWORD.sub(r"\1***@", location))
    path = Path(location).expanduser()
    if path.is_file() and path.suffix == ".bundle":
        return Repository(_mirror(str(path.resolve()), clones), location)
    if not path.exists():
        raise RepositoryError(
            f"{location}: there is no such folder; expected a git repository, a bundle, or an https or ssh URL. "
            "Correct --repo or KB_REPO."
        )
    try:
        return Repository(git.Repo(path, search_parent_directories=True), location)
    except (InvalidGitRepositoryError, NoSuchPathError):
        raise RepositoryError(
            f"{location}: this is no git repository. Run `git init` there, or correct --repo or KB_REPO."
        ) from None


def write_repository(folder: Path, files: Mapping[str, bytes], *, at: datetime) -> None:
    """Make a bare repository whose one commit, on `main`, holds these files: path → content. The same files, the same commit.

    at: when the commit says it was made (aware). Raises RepositoryError if the folder cannot be written.
    """
    stamp = f"{int(at.timestamp())} +0000"
    try:
        with TemporaryFile() as stream, closing(git.Repo.init(folder, bare=True, initial_branch="main")) as repo:
            stream.write(f"commit refs/heads/main\ncommitter kb <kb@localhost> {stamp}\ndata 0\n".encode())
            for path, content in files.items():
                stream.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
            stream.seek(0)
            repo.git.execute(["git", "fast-import", "--quiet"], istream=stream)
    except (GitError, OSError) as error:
        reason = _reason(error) if isinstance(error, GitCommandError) else error
        raise RepositoryError(f"{folder}: the repository cannot be written: {reason}. Free some space there.") from None


def _mirror(url: str, clones: Path) -> git.Repo:
    """A bare clone whose branches are those of the URL. Only one clone of a URL exists."""
    shown = _PASSWORD.sub(r"\1***@", url)
    target = clones / hashlib.sha256(url.encode()).hexdigest()[:16]
    environment = {"GIT_TERMINAL_PROMPT": "0"}  # a missing password is an error, not a question to nobody
    try:
        if not (target / "HEAD").exists():
            clones.mkdir(parents=True, exist_ok=True)
            git.Repo.clone_from(url, target, bare=True, env=environment).close()
        repo = git.Repo(target)
        with repo.git.custom_environment(**environment):
            repo.git.fetch("--prune", "--quiet", "origin", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    except GitCommandError as error:
        reason = _PASSWORD.sub(r"\1***@", _reason(error))
        raise RepositoryError(f"{shown}: cannot be fetched: {reason}. Correct --repo or KB_REPO, or its access.") from None
    except GitError as error:
        raise RepositoryError(f"{shown}: refused: {error}. Use an https or ssh URL.") from None
    return repo


def _reason(error: GitCommandError) -> str:
    lines = [line.strip() for line in str(error.stderr or "").strip(" '\n").splitlines() if line.strip()]
    known = [line for line in lines if line.startswith(("fatal:", "error:", "stderr: 'fatal:"))]
    return (known or lines or [f"exit code {error.status}"])[-1].removeprefix("stderr: '").removesuffix("'")


def _clean(folder: str) -> str:
    return "/".join(part for part in folder.split("/") if part not in ("", "."))


def _entry(line: bytes) -> File:
    """One line of `git ls-tree -z -l`: mode, type, object, size, and after a tab the path."""
    head, _, path = line.partition(b"\t")
    mode, _type, blob, size = head.split()
    kind = _KINDS.get(mode, FileKind.FILE)
    return File(os.fsdecode(path), blob.decode(), 0 if size == b"-" else int(size), kind)


def _file_on_disk(root: Path, name: str) -> File | None:
    path = root / name
    if path.is_symlink() or path.parent.resolve() != root.resolve() / Path(name).parent:
        return File(name, "", 0, FileKind.SYMLINK)
    if path.is_dir():
        return File(name, "", 0, FileKind.SUBMODULE)
    if not path.is_file():
        return None  # deleted, and the deletion is not committed yet
    content = path.read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return File(name, blob, len(content))


def _changed_paths(stream: "Iterator[bytes] | object") -> Iterator[tuple[Commit, str]]:
    """(commit, path) for each path of `git log -z --name-only --format=%x01%H %cI`, newest first."""
    commit: Commit | None = None
    for raw in _fields(stream):
        field = raw.lstrip(b"\n")
        if field.startswith(b"\x01"):
            sha, at = field[1:].decode().split(" ", 1)
            commit = Commit(sha, datetime.fromisoformat(at.strip()))
        elif field and commit is not None:
            yield commit, os.fsdecode(field)


def _fields(stream: object) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(65536):  # type: ignore[attr-defined]
        *fields, rest = (rest + chunk).split(b"\0")
        yield from fields
    if rest:
        yield rest
