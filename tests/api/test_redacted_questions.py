"""A customer's secrets never get past the door: not into the search, the answer, an error or the log."""

import io
import json
import logging
from typing import Any

import pytest
import structlog

from api.guidance import Ask
from api.log_lines import LineWithoutSecrets, without_secrets
from kb.redaction import redact
from retriever.question import Normalised, Question, normalise
from retriever.space_words import SpaceWords
from tests.conftest import SHARED
from tests.world import World

CARD = "4242 4242 4242 4242"
LOST = "Freeze the card in the app first. Then order a new plastic; it arrives in seven business days."


def test_a_question_is_answered_without_its_card_number(world: World) -> None:
    """The answer names what was struck and where, for the widget to show; the right article is still first."""
    world.article("lost.md", LOST, id="lost")

    query = world.search(f"  lost my card {CARD}, cvv 123", jurisdiction="US").query

    assert query.text == "lost my card [card number], cvv [security code]"
    assert query.redacted == ["card_number", "security_code"]
    assert query.struck == [(15, 34), (40, 43)]


def test_nothing_behind_the_door_holds_what_was_typed() -> None:
    """An Ask, which everything else is given, has no secret in it from its first moment."""
    assert CARD not in repr(Ask(q=f"lost my card {CARD}"))


def test_the_search_itself_never_sees_a_secret(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Language, place, both models and the words are asked with the redacted text."""
    world.article("lost.md", LOST, id="lost")
    seen: list[str] = []

    def spy(question: Question, words: SpaceWords, *, placed: bool) -> Normalised:
        seen.append(question.text)
        return normalise(question, words, placed=placed)

    monkeypatch.setattr("retriever.search.normalise", spy)

    world.search(f"lost my card {CARD}", jurisdiction="US")

    assert seen == ["lost my card [card number]"]


def test_the_place_in_the_words_is_still_understood(world: World) -> None:
    """A telephone number beside it takes nothing away."""
    world.article("lost.md", LOST, id="lost")

    answer = world.search("customer in Quebec, 514-555-0132, lost her card")

    assert (answer.query.inferred.jurisdiction, answer.query.text) == (
        "CA-QC",
        "customer in Quebec, [phone number], lost her card",
    )


def test_over_http_no_part_of_an_answer_repeats_a_secret(world: World) -> None:
    """Neither the question nor the context comes back."""
    world.article("lost.md", LOST, id="lost")
    body = {
        "q": f"lost my card {CARD}",
        "jurisdiction": "US",
        "products": [CARD],
        "context": {"ticket_id": CARD, "channel": "chat"},
    }

    response = world.client().post("/v1/search", json=body)

    assert response.status_code == 200
    assert CARD not in response.text


@pytest.mark.parametrize(
    ("method", "address", "content"),
    [
        ("POST", "/v1/search", {"q": "x", CARD: 1}),
        ("POST", "/v1/search", {"q": [CARD]}),
        ("POST", "/v1/search", {"q": "x", "limit": CARD}),
        ("POST", "/v1/search", {"q": "x", "as_of": CARD}),
        ("POST", "/v1/search", {"q": "x", "space": CARD}),
        ("POST", "/v1/search", CARD),
        ("GET", f"/v1/articles/{CARD}", None),
        ("GET", f"/articles/{CARD}", None),
        ("GET", f"/{CARD}", None),
    ],
)
def test_no_error_quotes_a_secret(world: World, method: str, address: str, content: Any) -> None:
    """Whatever was wrong, and wherever the secret stood: in a name, a value, or the address."""
    world.article("lost.md", LOST, id="lost")

    response = world.client().request(method, address, json=content) if content else world.client().request(method, address)

    assert response.status_code in (403, 404, 422)
    assert CARD not in response.text
    assert "4242" not in response.text


def test_no_log_line_holds_a_secret() -> None:
    """A bug's traceback may quote its input; the line is redacted when it is written, whoever writes it."""
    out = io.StringIO()
    log = structlog.wrap_logger(
        structlog.PrintLogger(out), [structlog.processors.format_exc_info, without_secrets, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(LineWithoutSecrets(logging.BASIC_FORMAT))
    error = ValueError(f"cannot read {CARD}")

    log.error("unexpected", exc_info=error, reason=f"ssn 536-22-8726 of {CARD}")
    handler.emit(logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed for %s", (CARD,), (ValueError, error, None)))

    assert "4242" not in out.getvalue()
    assert "536-22" not in out.getvalue()
    assert out.getvalue().count("[card number]") == 4


def test_ordinary_questions_are_not_changed() -> None:
    """Of 5,893 questions of ten sets one is: it holds an e-mail address."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the shared test data is not here")
    files = sorted((SHARED / "data").glob("*/queries.jsonl"))
    questions = [json.loads(line)["text"] for path in files for line in path.open(encoding="utf-8")]

    changed = [redacted.kinds for redacted in map(redact, questions) if redacted.found]

    assert (len(questions) > 5_000, changed) == (True, [("email",)])
