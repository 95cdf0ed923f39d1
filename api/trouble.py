"""Why the newest commit of a space is not served, as the process that leads tells the others."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Trouble:
    """One file. tells: whether this is the process whose word it is."""

    path: Path
    tells: bool
    _last: str | None = field(default="nothing was told yet", init=False)  # whoever led before may have left a word

    def tell(self, error: str | None) -> None:
        """Write it down; None: there is none. Does nothing where it is another's word."""
        if self.tells and error != self._last:
            with suppress(OSError):  # it stands in the log too
                written = self.path.with_name(f"{self.path.name}.new")
                written.write_text(error or "", encoding="utf-8")
                written.replace(self.path)  # nobody reads half of it
            self._last = error

    def told(self) -> str | None:
        """What was written last."""
        with suppress(OSError):
            return self.path.read_text(encoding="utf-8") or None
        return None
