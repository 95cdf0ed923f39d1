"""When the multilingual model reads a question: what it costs is spent only where it can change the answer."""

from pathlib import Path
from threading import Event

import pytest

from retriever.arrays import FloatVector
from retriever.snapshot import Models
from tests.retriever.worlds import HashEmbedder, World, article, fakes, ids, world_of

ASKED = "raise the daily wire limit"


class Listening(HashEmbedder):
    """A multilingual model that remembers the questions it read."""

    def __init__(self) -> None:
        super().__init__("words-any@1")
        self.read: list[str] = []
        self.begun = Event()

    def query(self, text: str) -> FloatVector:
        """See Embedder."""
        self.read.append(text)
        self.begun.set()
        return super().query(text)


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Listening:
    """Asked for the order alone: the confidence of these vectors means nothing."""
    monkeypatch.setattr("retriever.legs.UNSURE", (1, 0))
    return Listening()


def world(tmp_path: Path, listening: Listening, **articles: str) -> World:
    """A world of these articles; what is embedded is no question."""
    made = world_of(articles, tmp_path, Models(fakes().english, listening))
    listening.read.clear()
    return made


def test_the_multilingual_model_is_asked_where_the_first_two_articles_are_close(tmp_path: Path, listening: Listening) -> None:
    """Two texts that say the same."""
    it = world(tmp_path, listening, a=article("Raise the daily wire limit."), b=article("Raise the daily wire limit."))

    it.ask(ASKED)

    assert listening.read == [ASKED]


@pytest.mark.parametrize(("fewest", "reads"), [(2, []), (32, [ASKED])])
def test_where_nothing_is_foretold_the_model_is_asked_of_more_questions(
    tmp_path: Path, listening: Listening, monkeypatch: pytest.MonkeyPatch, fewest: int, reads: list[str]
) -> None:
    """Over few passages it has said nothing yet."""
    monkeypatch.setattr("retriever.alignment.FEWEST", fewest)
    monkeypatch.setattr("retriever.legs.CLOSE", 0.0)
    same = dict.fromkeys(("a", "b"), article("Raise the daily wire limit."))
    it = world(tmp_path, listening, **same, c=article("Close a dormant account."))

    it.ask(ASKED)

    assert listening.read == reads


def test_what_the_multilingual_model_would_say_is_foretold(
    tmp_path: Path, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every English question over enough articles, and without its reading one."""
    monkeypatch.setattr("retriever.alignment.FEWEST", 3)
    other = {name: article(f"{name} a dormant account.") for name in ("close", "open", "move")}
    it = world(tmp_path, listening, a=article("Raise the daily wire limit."), **other)

    first = it.ask(ASKED).hits[0]

    assert (first.article.id, listening.read) == ("a", [])
    assert set(first.explanation.legs) == {"lexical", "english", "aligned"}


def test_a_clear_first_article_needs_no_second_opinion(tmp_path: Path, listening: Listening) -> None:
    """The other one is of something else."""
    it = world(tmp_path, listening, a=article("Raise the daily wire limit."), b=article("Close a dormant account."))

    assert (ids(it.ask(ASKED))[0], listening.read) == ("a", [])


def test_what_may_not_be_shown_is_judged_by_the_first_opinion(tmp_path: Path, listening: Listening) -> None:
    """Two close texts above the reader's tier: nothing of their order is said."""
    above = dict.fromkeys(("b", "c"), article("Raise the daily wire limit.", tier=2))
    it = world(tmp_path, listening, a=article("Raise the daily limit of a wire."), **above)

    answer = it.ask(ASKED)

    assert (ids(answer), listening.read) == (["a"], [])
    assert answer.above_tier


def test_the_multilingual_model_reads_a_spanish_question_while_it_is_translated(tmp_path: Path, listening: Listening) -> None:
    """Both take milliseconds, and neither waits for the other."""

    class Waiting:
        name = "waiting"

        def english(self, text: str, lang: str) -> str | None:  # noqa: ARG002  # the port's
            return ASKED if listening.begun.wait(timeout=30) else None

        def start(self) -> None: ...

        def close(self) -> None: ...

    it = world(tmp_path, listening, a=article("Raise the daily wire limit."))
    listening.begun.clear()
    it.models = Models(it.models.english, listening, Waiting())

    answer = it.ask("¿cómo subo el límite diario de las transferencias?")

    assert (answer.query.translation, len(listening.read)) == (ASKED, 1)
