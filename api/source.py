"""Where a space's articles come from."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from kb.errors import RepositoryError
from kb.library import OutsideTaxonomy


@dataclass(frozen=True, slots=True)
class Source:
    """Where a space's articles come from. outside: a kb.yml that does not lie in the repository."""

    repo: str
    ref: str | None
    folder: str
    outside: OutsideTaxonomy | None = None

    @property
    def key(self) -> str:
        """The source as twelve digits: several can share one data folder. `.` and the same folder's full path are one."""
        local = Path(self.repo).expanduser()
        repo = str(local.resolve()) if local.exists() else self.repo
        outside = str(Path(self.outside.path).resolve()) if self.outside else None
        facts = [repo, self.ref, self.folder, outside]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]


def outside_taxonomy(path: Path | None) -> OutsideTaxonomy | None:
    """Read a kb.yml that lies outside the repository. Raises RepositoryError if it cannot be read."""
    if path is None:
        return None
    try:
        return OutsideTaxonomy(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RepositoryError(f"{path}: cannot be read: {error}. Correct --kb or KB_TAXONOMY.") from None
