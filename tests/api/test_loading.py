"""What a service loads when: first what its first question waits for, the rest when it has nothing else to do."""

from collections.abc import Iterator, Sequence
from threading import Event

import pytest

from api import loading
from api.loading import MOMENT, PATIENCE, load_for_service, load_later
from retriever.arrays import FloatVector
from retriever.dictionaries import Dictionaries
from retriever.errors import ModelError
from retriever.snapshot import Models
from tests.retriever.worlds import HashEmbedder

STEP = 0.25  # seconds that each step of what stops the interpreter takes here
REST = ["language", "rest of 0.25", "language", "rest of 0.25", "spelling", "rest of 0.25", "spelling", "rest of 0.25"]


class Noted(HashEmbedder):
    """A model that notes when it is loaded, which its first question does."""

    def __init__(self, name: str, order: list[str]) -> None:
        super().__init__(name)
        self.order = order

    def query(self, text: str) -> FloatVector:
        """See Embedder."""
        self.order.append(self.name)
        if self.name == "damaged":
            raise ModelError("damaged")
        return super().query(text)


def later(order: list[str], models: Models, monkeypatch: pytest.MonkeyPatch, used: Sequence[float]) -> None:
    """Load the rest, on a clock of our own. used: processor seconds of the process, moment after moment, the last for ever."""
    clock, spent, done = [0.0], [*used], Event()

    def steps(name: str) -> Iterator[None]:
        for _ in range(2):
            clock[0] += STEP
            order.append(name)
            yield

    def sleep(seconds: float) -> None:
        clock[0] += seconds
        order.append("moment" if seconds == MOMENT else f"rest of {seconds}")

    monkeypatch.setattr(loading, "sleep", sleep)
    monkeypatch.setattr(loading, "monotonic", lambda: clock[0])
    monkeypatch.setattr(loading, "process_time", lambda: spent.pop(0) if len(spent) > 1 else spent[0] + clock[0])
    monkeypatch.setattr(loading, "warm_language", lambda: steps("language"))
    monkeypatch.setattr(Dictionaries, "warm", lambda _: steps("spelling"))

    load_later(models, [("US",)], then=done.set)

    assert done.wait(30)


def test_a_start_waits_for_the_english_model_alone() -> None:
    """The multilingual one would take a core from the first answer."""
    order: list[str] = []

    load_for_service(Models(Noted("english", order), Noted("multilingual", order))).result()

    assert order == ["english"]


def test_the_rest_is_loaded_after_the_first_moment_of_leisure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two moments of work, one without: then what a Spanish question needs; last, with rests, what stops the interpreter."""
    order: list[str] = []
    models = Models(Noted("english", order), Noted("multilingual", order))

    later(order, models, monkeypatch, used=[0.0, 0.4, 0.8, 0.81, 0.81])

    assert order == ["moment", "moment", "moment", "multilingual", *REST]


def test_questions_without_a_pause_put_it_off_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the first Spanish question of a busy day would wait for its model."""
    order: list[str] = []
    models = Models(Noted("english", order), Noted("multilingual", order))

    later(order, models, monkeypatch, used=[0.0])

    assert order == ["moment"] * int(PATIENCE / MOMENT) + ["multilingual", *REST]


def test_a_model_that_cannot_be_loaded_keeps_nothing_else_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question that needs it says so."""
    order: list[str] = []

    later(order, Models(Noted("english", order), Noted("damaged", order)), monkeypatch, used=[0.0, 0.0, 0.0])

    assert order == ["moment", "damaged", *REST]
