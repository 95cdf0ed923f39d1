"""What was live when: one line for each publication, refusal and rollback, written before anybody is served from it."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from kb.file_lock import locked
from kb.library_change import LibraryChange
from kb.tree import Commit
from retriever.errors import SnapshotError


class Outcome(StrEnum):
    """What became of a commit that should have gone live."""

    PUBLISHED = "published"
    ROLLED_BACK = "rolled back"  # to a commit that lies before the one that was live
    REFUSED = "refused"  # it has errors
    FAILED = "failed"  # it could not be indexed: a full disk, a repository that cannot be read


@dataclass(frozen=True, slots=True)
class Publication:
    """One line of the log.

    at:           when it was decided (aware).
    committed_at: when the commit was made; the repository may have forgotten the commit since.
    previous:     the commit that was live before, and still is after a refusal.
    reason:       why it was refused, in full: it quotes articles, so it is for operators and writers.
    public:       the same for everybody: rules and counts, no text, no names.
    counts:       articles since the publication before; None if that one is not at hand.
    embedded:     passages, by model. milliseconds: by stage.
    branch:       that was served where the settings name none; None if they do, or if HEAD named the commit itself.
    """

    at: datetime
    commit: str
    committed_at: datetime
    previous: str | None
    outcome: Outcome
    reason: str | None = None
    public: str | None = None
    counts: LibraryChange | None = None
    embedded: Mapping[str, int] = field(default_factory=dict)
    milliseconds: Mapping[str, float] = field(default_factory=dict)
    branch: str | None = None

    @property
    def is_live(self) -> bool:
        """Whether the commit was served from then on."""
        return self.outcome in (Outcome.PUBLISHED, Outcome.ROLLED_BACK)

    @property
    def what(self) -> Commit:
        """The commit."""
        return Commit(self.commit, self.committed_at)


_LINE: Final = TypeAdapter(Publication)


def log_path(root: Path, source: str) -> Path:
    """Where a source's log lies below the folder of its space."""
    return root / f"publications-{source}.jsonl"


class PublishLog:
    """The log of one source: a file of JSON lines. Several processes may write it; a line that is not whole does not count."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int], tuple[Publication, ...]] = ((-1, -1), ())

    def all(self) -> Sequence[Publication]:
        """Every line, oldest first. Cheap while nothing is written. Raises SnapshotError if the file cannot be read."""
        try:
            stat = self._path.stat()
            seen = (stat.st_ino, stat.st_size)  # it only ever grows
            if seen != self._read[0]:
                self._read = (seen, tuple(_lines(self._path.read_bytes())))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise SnapshotError(f"{self._path}: cannot be read: {error.strerror}. Correct the rights.") from None
        return self._read[1]

    def live(self) -> Publication | None:
        """The publication that is served; None if there was none yet."""
        return next((line for line in reversed(self.all()) if line.is_live), None)

    def live_at(self, moment: datetime) -> Publication | None:
        """The publication that was served at a moment (aware); None if the log begins later.

        Lines count in the order in which they were written: a clock that was set back does not undo what came after.
        """
        return next((line for line in reversed(self.all()) if line.is_live and line.at <= moment), None)

    def refusal(self, sha: str) -> Publication | None:
        """The refusal of a commit, if that is the last thing that became of it."""
        last = next((line for line in reversed(self.all()) if line.commit == sha), None)
        return last if last is not None and not last.is_live else None

    def refused(self) -> frozenset[str]:
        """The commits that were refused and never served."""
        lines = self.all()
        return frozenset(it.commit for it in lines if it.outcome is Outcome.REFUSED) - {it.commit for it in lines if it.is_live}

    def append(self, line: Publication) -> bool:
        """Write one line, to the disk and not only to the system; False if it would say again what the last one says.

        Raises SnapshotError if it cannot be written: then nothing may be served that it should have told.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self._path.with_suffix(".lock")):
                lines = self.all()
                repeated = bool(lines) and _same(lines[-1], line)
                if not repeated:
                    self._write(line)
                return not repeated
        except OSError as error:
            raise SnapshotError(
                f"{self._path}: cannot be written: {error.strerror or error}. What was published before keeps serving. "
                "Free some space, or correct the rights."
            ) from None

    def _write(self, line: Publication) -> None:
        text = json.dumps(_LINE.dump_python(line, mode="json"), ensure_ascii=True) + "\n"
        with self._path.open("ab+") as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                text = text if file.read(1) == b"\n" else f"\n{text}"  # after a line that a power cut has torn
            try:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)  # a full disk leaves the log as it was
                raise


def _same(one: Publication, other: Publication) -> bool:
    return (one.commit, one.outcome, one.reason) == (other.commit, other.outcome, other.reason)


def _lines(content: bytes) -> list[Publication]:
    found = []
    for line in content.split(b"\n"):
        try:
            found.append(_LINE.validate_json(line))
        except ValidationError:
            continue  # empty, or torn by a power cut: what it would have told was never served
    return found


def now() -> datetime:
    """The moment, to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def as_json(line: Publication) -> dict[str, object]:
    """One line for people's programs."""
    return {
        **asdict(line),
        "at": line.at.isoformat(),
        "committed_at": line.committed_at.isoformat(),
        "outcome": str(line.outcome),
    }
