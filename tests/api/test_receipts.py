"""Receipts: every answer can be proved, and nothing else can."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api import snapshots
from api.access import Role
from api.database import Database
from api.events import receipt as receipts
from api.events.chain import hash_of
from api.events.event import Kind
from api.events.ledger import Ledger, Wanted
from api.events.receipt import document
from api.events.recorder import Recorder
from api.events.records import Records
from api.events.verification import Verdict, differences, proof_of, rebuilt_from, verify
from api.guidance import RequestError
from api.reader import LOOPBACK, Reader
from api.store_error import StoreError
from retriever import snapshot, snapshot_files
from retriever.translator import NoTranslator
from tests.doors import TICKETS
from tests.world import World

ANA = Reader("token-ana", "ana", Role.AGENT, frozenset({"default"}), tier=1)
BEN = replace(ANA, id="token-ben", name="ben")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """An event store that redacts one word."""
    recorder = Recorder(tmp_path / "journal", Ledger(Database(f"sqlite:///{tmp_path}/events.sqlite")))
    yield Records(recorder, lambda text: text.replace("4111111111111111", "[card]"), TICKETS)
    recorder.close()
    recorder.ledger.database.close()


@pytest.fixture
def cards(world: World) -> World:
    """Two articles, of which one stands above the frontline."""
    world.article("card-lost.md", body="# Lost\nFreeze the lost card in the console, then order a new card.")
    world.article("card-limits.md", body="# Limits\nThe daily card limit is 500 USD.")
    world.article("card-fraud.md", tier=2, body="# Fraud\nA stolen card number needs a fraud case.")
    return world


def _ask(world: World, records: Records, reader: Reader = ANA, **scope: Any) -> dict[str, Any]:
    world.reader = reader
    response = world.client(records).post("/v1/search", json={"q": "customer lost the card", **scope})
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def _receipt(world: World, records: Records, receipt: str, reader: Reader = ANA) -> Any:
    world.reader = reader
    return world.client(records).get(f"/v1/receipts/{receipt}")


def _verify(world: World, records: Records, receipt: dict[str, Any]) -> Verdict:
    return verify(receipt, records.recorder.ledger, rebuilt_from(world.space, world.models))


def test_every_answer_has_a_receipt_that_says_what_was_shown(cards: World, records: Records) -> None:
    """Hits in their order with blob, passage and score; the commit; the models; the question and its scope."""
    answer = _ask(cards, records, jurisdiction="US-CA", context={"ticket_id": "T-1", "channel": "chat"})
    receipt = _receipt(cards, records, answer["receipt"]).json()
    shown = receipt["shown"]

    assert [(hit["rank"], hit["id"]) for hit in shown["hits"]] == [
        (rank, hit["id"]) for rank, hit in enumerate(answer["hits"], 1)
    ]
    assert [round(hit["score"], 4) for hit in shown["hits"]] == [hit["score"] for hit in answer["hits"]]
    assert shown["hits"][0]["blob"] == cards.git("rev-parse", "HEAD:articles/card-lost.md")
    assert (shown["commit"], shown["models"]) == (answer["index"]["commit"], answer["index"]["models"])
    assert receipt["question"]["q"] == "customer lost the card"
    assert (receipt["scope"]["jurisdiction"], receipt["scope"]["tier"]) == ("US-CA", 1)
    assert (receipt["question"]["channel"], "channel" in receipt["scope"]) == (
        "chat",
        False,
    )  # what a client says can be erased
    assert receipt["reader"] == "token-ana"


def test_a_preview_is_written_down_in_its_space(cards: World, records: Records) -> None:
    """An answer from a branch has a receipt of the branch's commit, in the chain of the space, as has what is opened."""
    cards.commit()
    cards.git("checkout", "--quiet", "-b", "proposal")
    cards.article("card-lost.md", body="# Lost\nFreeze the lost card first.")
    proposed = cards.commit()
    cards.git("checkout", "--quiet", "main")
    writer = replace(ANA, role=Role.WRITER)

    answer = _ask(cards, records, writer, space="default@proposal")
    receipt = _receipt(cards, records, answer["receipt"], writer).json()
    opened = cards.client(records).get("/v1/articles/card-lost", params={"space": "default@proposal"})

    assert (answer["scope"]["space"], answer["index"]["space"]) == ("default@proposal", "default@proposal")
    assert (receipt["space"], receipt["shown"]["commit"], opened.status_code) == ("default", proposed, 200)
    assert records.recorder.ledger.spaces() == ["default"]


def test_words_are_redacted_before_they_are_kept(cards: World, records: Records) -> None:
    """The event store has a gate of its own."""
    answer = _ask(cards, records, q="lost card 4111111111111111", context={"host": "desk 4111111111111111"})
    _receipt(cards, records, answer["receipt"])

    assert "4111111111111111" not in json.dumps([link.words for link in records.recorder.ledger.links(Wanted("default"))])


def test_a_receipt_is_ones_own_or_the_auditors(cards: World, records: Records) -> None:
    """For everybody else it looks exactly as if there were none; so does one of another space."""
    receipt = _ask(cards, records)["receipt"]
    missing = "01J00000000000000000000000"
    elsewhere = replace(BEN, role=Role.AUDITOR, spaces=frozenset({"other"}))
    readers = {
        "ana": ANA, "ben": BEN, "auditor": replace(BEN, role=Role.AUDITOR), "lead": replace(BEN, role=Role.LEAD),
        "elsewhere": elsewhere,
    }  # fmt: skip
    answers = {name: _receipt(cards, records, receipt, reader) for name, reader in readers.items()}
    refusal = _receipt(cards, records, missing, BEN).text.replace(missing, receipt)

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "ana": 200, "ben": 404, "auditor": 200, "lead": 404, "elsewhere": 404,
    }  # fmt: skip
    assert {answers[name].text for name in ("ben", "lead", "elsewhere")} == {refusal}


def test_a_receipt_proves_the_answer_after_the_articles_have_changed(cards: World, records: Records) -> None:
    """Rebuilt from git: the new text, the deleted article and the new one change nothing."""
    receipt = _receipt(cards, records, _ask(cards, records, jurisdiction="US")["receipt"]).json()
    (cards.repo / "articles" / "card-limits.md").unlink()
    cards.article("card-lost.md", body="# Lost\nNever freeze a card.")
    cards.article("card-lost-abroad.md", body="# Abroad\nA card that was lost abroad.")
    cards.publish()

    assert _verify(cards, records, receipt) == Verdict((), ())


QUESTIONS: list[dict[str, Any]] = [
    {"q": "how do I cook rice"},
    {"q": "stolen card number", "lang": "es"},
    {"q": "perdió la tarjeta", "products": ["cards"], "limit": 1},
    {"q": "lost card in Quebec"},
    {"q": "lost card", "jurisdiction": "nowhere"},
    {"q": "lost card", "products": []},
    {"q": "lost card", "effective_on": "2020-01-01"},
    {"q": "  caf\u0065\u0301 \n lost\u00a0card  "},
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda it: it["q"])
def test_whatever_was_asked_can_be_rebuilt(cards: World, records: Records, question: dict[str, Any]) -> None:
    """Refusals, empty answers and inferred places too."""
    receipt = _receipt(cards, records, _ask(cards, records, **question)["receipt"]).json()

    assert _verify(cards, records, receipt) == Verdict((), ())


def test_a_translated_question_is_rebuilt_without_the_translator(cards: World, records: Records) -> None:
    """What was searched is in the receipt; the program that translated may be another one by then, or gone."""

    class Rough(NoTranslator):
        name = "rough"

        def english(self, text: str, lang: str) -> str | None:  # noqa: ARG002  # the port's
            return "the client lost the card"

    cards.models = replace(cards.models, translator=Rough())
    receipt = _receipt(cards, records, _ask(cards, records, q="la clienta perdió la tarjeta")["receipt"]).json()
    cards.models = replace(cards.models, translator=NoTranslator())

    assert receipt["question"]["english"] == "the client lost the card"
    assert _verify(cards, records, receipt) == Verdict((), ())


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for place, item in enumerate(value):
            yield from _leaves(item, (*path, place))
    else:
        yield path


def _changed(value: Any) -> Any:
    return not value if isinstance(value, bool) else value + 1 if isinstance(value, int | float) else f"{value or ''}x"


def test_a_change_of_any_field_is_found(cards: World, records: Records) -> None:
    """Every leaf of the file, one after another, without a database and without a repository."""
    receipt = _receipt(cards, records, _ask(cards, records, jurisdiction="US")["receipt"]).json()
    unnoticed = []
    for path in _leaves(receipt):
        forged = copy.deepcopy(receipt)
        inner = forged
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = _changed(inner[path[-1]])
        try:
            if verify(forged, None, lambda *_: pytest.fail("it was rebuilt")).equal:
                unnoticed.append(path)
        except RequestError:
            continue

    assert unnoticed == []


def _forged(receipt: dict[str, Any], which: int, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The receipt with another body in one event, and every hash and field of the file made to fit."""
    links = list(proof_of(receipt))
    body = links[which].facts()
    change(body)
    links[which] = replace(links[which], body=json.dumps(body, sort_keys=True, separators=(",", ":")))
    links[which] = replace(links[which], hash=hash_of(links[which]))
    return json.loads(json.dumps(document(links)))  # type: ignore[no-any-return]


def test_a_forgery_with_fitting_hashes_is_not_in_the_chain(cards: World, records: Records) -> None:
    """Whoever can compute a hash cannot put it in front of what followed."""
    receipt = _receipt(cards, records, _ask(cards, records)["receipt"]).json()
    forged = _forged(receipt, 0, lambda body: body.update(role="lead"))

    assert _verify(cards, records, forged).differences == (
        "asked: the chain holds another event under this id (event 1 of space default)",
    )


def test_a_forgery_with_fitting_hashes_is_not_what_git_answers(cards: World, records: Records) -> None:
    """Also where there is no database: the difference is named by rank."""
    receipt = _receipt(cards, records, _ask(cards, records, jurisdiction="US")["receipt"]).json()
    forged = _forged(receipt, 1, lambda body: body["hits"][0].update(id="card-forged"))
    verdict = verify(forged, None, rebuilt_from(cards.space, cards.models))

    assert verdict.differences == ("rank 1: was card-forged, is card-lost",)
    assert "no database" in verdict.notes[0]


def test_a_commit_that_is_missing_is_said(cards: World, records: Records) -> None:
    """Instead of an answer from another one."""
    receipt = _receipt(cards, records, _ask(cards, records)["receipt"]).json()
    forged = _forged(receipt, 1, lambda body: body.update(commit="0" * 40))
    verdict = verify(forged, None, rebuilt_from(cards.space, cards.models))

    assert [difference.startswith("commit: ") for difference in verdict.differences] == [True]


def test_each_difference_is_named() -> None:
    """Rank, passage, score beyond tolerance, model; what is within tolerance is equal."""
    hit = {
        "id": "a", "path": "a.md", "blob": "1", "commit": "c", "lang": "en", "place": "US", "score": 0.5,
        "passage": {"anchor": "x", "start": 0, "end": 9, "sha256": "s"},
    }  # fmt: skip
    then = {
        "models": {"english": "m@1"}, "hits": [hit], "commit": "c", "folder": "articles", "taxonomy": None, "lang": "en",
        "inferred_jurisdiction": None, "found": 1, "answerable": True, "confidence": 0.9, "above_tier": None,
        "varies_by_jurisdiction": [], "leads": [], "reason": None,
    }  # fmt: skip
    near = {**then, "confidence": 0.9005, "hits": [{**hit, "score": 0.4995}]}
    other = {**then, "models": {"english": "m@2"}, "confidence": 0.8, "hits": [{**hit, "score": 0.4, "blob": "2"}, hit]}

    assert list(differences(then, near)) == []
    assert list(differences(then, other)) == [
        "english model: was m@1, is m@2",
        "rank 1, a: blob was '1', is '2'",
        "rank 1, a: score was 0.5, is 0.4 (beyond 0.001)",
        "rank 2: was nothing, is a",
        "confidence: was 0.9, is 0.8",
    ]


def test_a_receipt_from_before_a_new_format_of_the_index_is_still_verified(
    cards: World, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit is indexed anew beside the old snapshot; the verdict notes what is another one now."""
    with monkeypatch.context() as before:
        for module in (snapshot, snapshot_files, snapshots):
            before.setattr(module, "FORMAT", 1)
        before.setattr(receipts, "INDEX_FORMAT", 1)
        receipts.ranking_build.cache_clear()
        receipt = _receipt(cards, records, _ask(cards, records)["receipt"]).json()
    receipts.ranking_build.cache_clear()
    verdict = _verify(cards, records, receipt)

    assert verdict == Verdict((), ("the code that ranks is another one now: format",))


def test_an_erased_question_leaves_what_was_shown(cards: World, records: Records) -> None:
    """The words are gone, the chain stands, and the receipt says why it cannot be rebuilt."""
    receipt = _ask(cards, records, context={"ticket_id": "T-1"})["receipt"]
    records.recorder.flush()
    records.recorder.ledger.erase("default", tickets=TICKETS.every("T-1"), by="admin", at=datetime.now(UTC))
    left = _receipt(cards, records, receipt).json()

    assert (left["erased"], left["question"], len(left["shown"]["hits"])) == (True, None, 2)
    assert _verify(cards, records, left).notes == ("the question was erased, so the answer cannot be rebuilt",)
    assert list(records.recorder.ledger.verify("default")) == []


def test_an_answer_that_cannot_be_written_down_says_so(cards: World, records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent gets the answer; nobody believes that it can be proved."""

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(records.recorder, "record", full)
    answer = _ask(cards, records)

    assert answer["receipt"] is None
    assert "cannot be proved" in answer["receipt_note"]
    assert [hit["id"] for hit in answer["hits"]] == ["card-lost", "card-limits"]


def test_a_name_with_joiners_and_no_break_spaces_reads_its_own_receipts(cards: World, records: Records) -> None:
    """They are part of names, and two names that differ in them are two readers."""
    joined = replace(ANA, id="token:1:Nimr\u200da\u00a0K")
    receipt = _ask(cards, records, joined)["receipt"]
    others = [replace(joined, id=name) for name in ("token:1:Nimra\u00a0K", "token:1:Nimr\ufffda\ufffdK")]

    assert _receipt(cards, records, receipt, joined).status_code == 200
    assert [_receipt(cards, records, receipt, other).status_code for other in others] == [404, 404]


def test_what_is_refused_is_written_down(cards: World, records: Records) -> None:
    """In the space's chain where the reader may ask; in the service's own where not, without the space's name."""
    cards.reader = ANA
    client = cards.client(records)
    client.post("/v1/search", json={"q": "card", "tier": 2})
    client.post("/v1/search", json={"q": "card", "space": "other-company"})
    client.patch("/v1/feedback/01J00000000000000000000000", json={"state": "closed"})
    records.recorder.flush()
    ledger = records.recorder.ledger

    assert [(link.kind, link.reader) for link in ledger.links(Wanted("default"))] == [("denied", "token-ana")]
    assert [link.facts()["why"] for link in ledger.links(Wanted("-"))] == ["search", "work feedback"]
    assert ledger.spaces() == ["-", "default"]


def test_who_opened_which_version_is_written_down(cards: World, records: Records) -> None:
    """By the server itself, over the API and as a page."""
    cards.reader = ANA
    client = cards.client(records)
    for address in ("/v1/articles/card-lost", "/articles/card-lost", "/v1/articles/none"):
        client.get(address)
    records.recorder.flush()

    opened = records.recorder.ledger.links(Wanted("default", kind=Kind.OPENED))
    assert [link.facts()["article"] for link in opened] == ["card-lost", "card-lost"]


def test_the_operator_sees_what_waits_for_the_database(cards: World, records: Records) -> None:
    """And nobody else."""
    cards.reader = LOOPBACK
    seen = cards.client(records).get("/readyz").json()["events"]
    cards.reader = ANA

    assert seen == {"waiting_bytes": 0, "error": None, "damaged": 0}
    assert cards.client(records).get("/readyz").json()["events"] is None


def test_a_receipt_is_verified_from_the_command_line(
    cards: World, records: Records, kb: Callable[..., Any], tmp_path: Path
) -> None:
    """Equal exits with 0; a change is named and exits with 1; what is no receipt exits with 2."""
    receipt = _receipt(cards, records, _ask(cards, records, jurisdiction="US")["receipt"]).json()
    (tmp_path / "true.json").write_text(json.dumps(receipt))
    (tmp_path / "forged.json").write_text(json.dumps({**receipt, "reader": "somebody else"}))
    (tmp_path / "other.json").write_text("{}")
    place = {"KB_REPO": str(cards.repo), "KB_DATABASE": f"sqlite:///{tmp_path}/events.sqlite"}
    results = {name: kb("receipt", "verify", str(tmp_path / f"{name}.json"), **place) for name in ("true", "forged", "other")}
    (tmp_path / "spaces.yml").write_text(f"spaces:\n  default: {{repo: {cards.repo}}}\n")
    several = kb("receipt", "verify", str(tmp_path / "true.json"), KB_CONFIG=str(tmp_path / "spaces.yml"))

    assert {name: result.returncode for name, result in results.items()} == {"true": 0, "forged": 1, "other": 2}
    assert (results["true"].stdout, results["true"].stderr) == ("equal\n", "")
    assert several.stdout == "equal\n"
    assert results["forged"].stdout == "not equal\nreader: it is not what the proof says\n"
    assert "no receipt" in results["other"].stderr
