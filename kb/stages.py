"""How long each stage of a piece of work took."""

from time import perf_counter


class Stages:
    """A stopwatch: one stage at a time, each ended by the next."""

    def __init__(self) -> None:
        self._milliseconds: dict[str, float] = {}
        self._running: tuple[str, float] | None = None

    def begin(self, name: str) -> None:
        """End the stage that runs, and begin this one; one that begins again goes on."""
        self.end()
        self._running = (name, perf_counter())

    def end(self) -> None:
        """End the stage that runs."""
        if self._running is not None:
            name, begun = self._running
            self._milliseconds[name] = self._milliseconds.get(name, 0.0) + (perf_counter() - begun) * 1000
            self._running = None

    @property
    def milliseconds(self) -> dict[str, float]:
        """What each stage that has ended took, in the order in which they began."""
        return {name: round(took, 1) for name, took in self._milliseconds.items()}


class _Untimed(Stages):
    """Nobody asks how long it takes."""

    def begin(self, name: str) -> None:
        """Forget it at once."""


UNTIMED = _Untimed()
