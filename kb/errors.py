"""The errors of this floor. Anything else that escapes from kb is a bug."""

from collections.abc import Sequence

from kb.problem import Problem


class KbError(Exception):
    """Root of every error that kb raises on purpose; the message says where, what, what was expected and the cure."""


class RepositoryError(KbError):
    """A repository, ref, commit or folder cannot be read."""


class RefError(RepositoryError):
    """The repository can be read, and the branch, tag or commit that is wanted is not in it."""


class AsOfError(RepositoryError):
    """What was live then cannot be told. The message names neither branches nor places of the machine: readers see it."""


class ContentError(KbError):
    """Articles that may not go live. `problems` holds every one of them, not the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def counted(self) -> str:
        """How many there are, for a sentence."""
        return f"{len(self.problems)} problem{'' if len(self.problems) == 1 else 's'}"
