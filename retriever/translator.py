"""The port of what turns a question into rough English."""

from typing import Protocol


class Translator(Protocol):
    """A question in another language to rough English, good enough for searching and for nothing else.

    Words that it does not know stay as they are. It never raises and never keeps a search waiting beyond a time budget of
    its own: it says None instead, and the question is searched as it stands. Safe from any thread.
    """

    @property
    def name(self) -> str:
        """What translates, for `/readyz` and reports; `none` if nothing does."""
        ...

    def english(self, text: str, lang: str) -> str | None:
        """The text in English; None for a language it does not read, or if it is not there or not in time."""
        ...

    def start(self) -> None:
        """Make ready now, so that the first question does not wait for it."""
        ...

    def close(self) -> None:
        """End whatever it runs; further questions are not translated."""
        ...


class NoTranslator:
    """For a machine without a translation program: every question is searched as it stands."""

    name = "none"

    def english(self, text: str, lang: str) -> str | None:  # noqa: ARG002  # the port's
        """See Translator."""
        return None

    def start(self) -> None:
        """See Translator."""

    def close(self) -> None:
        """See Translator."""
