"""Git: the files of one commit, or of the working tree when asked, and when each was changed. Never a checkout."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from kb.errors import RepositoryError
from kb.git_process import GitProcess, GitProcessError, git_output
from kb.tree import Commit, File, FileKind, Tree

_KINDS: Final = {"120000": FileKind.SYMLINK, "160000": FileKind.SUBMODULE}
_DIFFERENCES: Final = ("-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none")
_CHANGES: Final = (
    "--first-parent", "-m", "--no-show-signature", "--no-renames", "--name-only", "-z", "--format=%x01%H %cI"
)  # fmt: skip


class Listing:
    """The files of one repository: which there are, what they hold, and the commits that changed them."""

    def __init__(self, process: GitProcess, location: str) -> None:
        self._process = process
        self._location = location
        self._git = partial(git_output, process, location)
        self._listed: dict[str, tuple[str, tuple[File, ...]]] = {}  # folder → the commit whose files were listed last, and they

    def tree(self, commit: Commit, folder: str, only: Collection[str] = ()) -> Tree:
        """Every file below the folder at the commit, straight from git's objects; of some paths alone, if `only` names them.

        Raises RepositoryError if there is none.
        """
        folder = _clean(folder)
        files = self._files(commit, sorted(only)) if only else self._all_files(commit, folder)
        if not files:
            raise RepositoryError(
                f"{self._location}: there is no file below {folder or 'the root'!r} at commit {commit.sha[:12]}. "
                "Name the folder of the articles with --folder or KB_FOLDER."
            )
        return Tree(
            commit,
            folder,
            files,
            self.content,
            self.size,
            lambda paths: self._last_changes(commit, folder, paths),
            lambda earlier: self._changes_since(earlier, commit, folder),
        )

    def working_tree(self, folder: str, head: Commit | None) -> Tree:
        """The files below the folder as they lie on the disk, without those that git ignores. head: what HEAD names."""
        root = self._process.root
        if root is None:
            raise RepositoryError(f"{self._location}: a bare repository has no working tree. Ask for a commit.")
        folder = _clean(folder)
        listing = self._git("ls-files", "-z", "-c", "-o", "--exclude-standard", "--", folder or ".")
        names = sorted({os.fsdecode(name) for name in listing.split(b"\0") if name})
        files = [file for name in names if (file := _file_on_disk(root, name))]
        if not files:
            if head is None and not self._git("ls-files", "-c", "-o", "--exclude-standard"):
                raise RepositoryError(
                    f"{self._location}: the repository is empty. Write the articles first; `kb new` begins one."
                )
            raise RepositoryError(f"{root / folder}: there is no file here. Name the folder with --folder or KB_FOLDER.")
        changes: Callable[[Collection[str]], Mapping[str, Commit]] = lambda _paths: {}  # noqa: E731
        if head is not None:
            tip = head
            changes = lambda paths: self._last_changes(tip, folder, paths)  # noqa: E731
        return Tree(
            None,
            folder,
            tuple(files),
            lambda file: (root / file.path).read_bytes(),
            lambda file: (root / file.path).stat().st_size,
            changes,
        )

    def size(self, file: File) -> int:
        """How many bytes that is, without reading them. Raises RepositoryError if git has lost it."""
        try:
            return self._process.size(file.blob)
        except GitProcessError as error:
            raise self._lost(file, error) from None

    def content(self, file: File) -> bytes:
        """The content of a file of any commit. Raises RepositoryError if git has lost it."""
        try:
            return self._process.blob(file.blob)
        except GitProcessError as error:
            raise self._lost(file, error) from None

    def _lost(self, file: File, error: GitProcessError) -> RepositoryError:
        return RepositoryError(
            f"{self._location}: the content of {file.path} ({file.blob[:12]}) cannot be read: {error}. "
            "Run `git fsck` there; a partial clone lacks objects, so make a whole one."
        )

    def _all_files(self, commit: Commit, folder: str) -> tuple[File, ...]:
        """The files below the folder, by what differs from those that were listed last: 10,000 lines take longest to read."""
        sha, files = self._listed.get(folder, ("", ()))
        if sha != commit.sha:
            files = (self._patched(files, sha, commit, folder) if files else None) or self._files(commit, part(folder))
            self._listed[folder] = (commit.sha, files)
        return files

    def _files(self, commit: Commit, paths: Sequence[str]) -> tuple[File, ...]:
        listing = self._git("ls-tree", "-r", "-z", "--full-tree", commit.sha, "--", *paths)
        return tuple(_entry(line) for line in os.fsdecode(listing).split("\0") if line)

    def _patched(self, files: Sequence[File], sha: str, commit: Commit, folder: str) -> tuple[File, ...] | None:
        """The commit's files by those of another one; None if git has forgotten that one."""
        try:
            printed = self._process.output("diff-tree", *_DIFFERENCES, sha, commit.sha, "--", *part(folder))
        except GitProcessError:
            return None
        fields = os.fsdecode(printed).split("\0")
        found = {file.path: file for file in files}
        for head, path in zip(fields[:-1:2], fields[1::2], strict=True):
            _old_mode, mode, _old_blob, blob, status = head.removeprefix(":").split(" ")
            if status == "D":
                found.pop(path, None)
            else:
                found[path] = File(path, blob, _KINDS.get(mode, FileKind.FILE))
        return tuple(sorted(found.values(), key=lambda file: os.fsencode(file.path)))

    def _last_changes(self, commit: Commit, folder: str, paths: Collection[str]) -> dict[str, Commit]:
        """One pass over the first-parent history, ended as soon as every path was seen."""
        wanted, found = set(paths), dict[str, Commit]()
        with self._process.stream("log", *_CHANGES, commit.sha, "--", *_only(folder)) as printed:
            for change, path in _changed_paths(printed):
                if path in wanted:
                    wanted.discard(path)
                    found[path] = change
                if not wanted:
                    break
        return found

    def _changes_since(self, earlier: Commit, commit: Commit, folder: str) -> dict[str, Commit] | None:
        """The newest change of every path that changed after `earlier`; None if it is not on the first-parent history."""
        last = self._git("rev-list", "--first-parent", "--parents", f"{earlier.sha}..{commit.sha}").decode().splitlines()[-1:]
        began = last[0].split()[1:2] if last else [commit.sha]
        if began != [earlier.sha]:
            return None
        found: dict[str, Commit] = {}
        with self._process.stream("log", *_CHANGES, f"{earlier.sha}..{commit.sha}", "--", *_only(folder)) as printed:
            for change, path in _changed_paths(printed):
                found.setdefault(path, change)
        return found


def _only(folder: str) -> list[str]:
    return [f":(literal){folder}"] if folder else []


def part(folder: str) -> list[str]:
    """The folder as the end of a command whose paths are taken letter for letter."""
    return [folder] if (folder := _clean(folder)) else []


def _clean(folder: str) -> str:
    return "/".join(part for part in folder.split("/") if part not in ("", "."))


def _entry(line: str) -> File:
    """One line of `git ls-tree -z`: mode, type, object, and after a tab the path."""
    head, _, path = line.partition("\t")
    mode, _type, blob = head.split(" ")
    return File(path, blob, _KINDS.get(mode, FileKind.FILE))


def _file_on_disk(root: Path, name: str) -> File | None:
    path = root / name
    if path.is_symlink() or path.parent.resolve() != root.resolve() / Path(name).parent:
        return File(name, "", FileKind.SYMLINK)
    if path.is_dir():
        return File(name, "", FileKind.SUBMODULE)
    if not path.is_file():
        return None  # deleted, and the deletion is not committed yet
    content = path.read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return File(name, blob)


def _changed_paths(printed: Any) -> Iterator[tuple[Commit, str]]:
    """(commit, path) for each path of `git log` with _CHANGES, newest first."""
    commit: Commit | None = None
    for raw in _fields(printed):
        field = raw.lstrip(b"\n")
        if field.startswith(b"\x01"):
            sha, at = field[1:].decode().split()
            commit = Commit(sha, datetime.fromisoformat(at))
        elif field and commit is not None:
            yield commit, os.fsdecode(field)


def _fields(stream: Any) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(65536):
        *fields, rest = (rest + chunk).split(b"\0")
        yield from fields
    if rest:
        yield rest
