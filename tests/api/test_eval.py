"""`kb eval`: a labelled set goes through the real pipeline and comes out as figures."""

import gzip
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.cli.eval import as_text
from api.evaluation import Answered, Evaluation, Published, articles_of, ask_all, first_sentence, measured, publish, report
from api.evaluation_set import EvaluationSet, Judged, read_set
from api.guidance import RequestError
from retriever.snapshot import Models

Line = Mapping[str, object]

CARD: Line = {
    "_id": "lost-card",
    "title": "A card is lost or stolen",
    "text": "Freeze the card in the app, then order a new one. It arrives in five days.",
}
LOGIN: Line = {
    "_id": "login-code",
    "title": "The login code does not arrive",
    "text": "Check the phone number, wait one minute, then send the code again.",
}
ABROAD: Line = {
    "_id": "cajero",
    "title": "Retirar efectivo en el extranjero",
    "text": "El cajero puede cobrar una comisión. Avise al cliente antes de que viaje.",
    "metadata": {"lang": "es"},
}
TAXES: Line = {
    "_id": "tax-form",
    "title": "Tax forms",
    "text": "The yearly tax statement is ready in February, under Documents.",
}
CORPUS: Sequence[Line] = (CARD, LOGIN, ABROAD, TAXES)

ASKED: Sequence[Line] = (
    {"_id": "q1", "text": "customer lost her card", "lang": "en"},
    {"_id": "q2", "text": "¿cuánto cobra el cajero en el extranjero?", "lang": "es"},
    {"_id": "q3", "text": "when is my tax statement ready?", "lang": "en"},
    {"_id": "q4", "text": "quiere retirar efectivo durante un viaje", "lang": "es"},
    {"_id": "q5", "text": "how long do I boil an egg", "lang": "en"},
    {"_id": "q6", "text": "¿quién ganó el mundial de fútbol?", "lang": "es"},
)
JUDGED = "query-id\tcorpus-id\tscore\nq1\tlost-card\t1\nq2\tcajero\t1\nq3\ttax-form\t2\nq4\tcajero\t1\n"


def _write(folder: Path, corpus: Sequence[Line] = CORPUS, queries: Sequence[Line] = ASKED, qrels: str = JUDGED) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "corpus.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in corpus))
    (folder / "queries.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in queries))
    (folder / "qrels.tsv").write_text(qrels)
    return folder


def _published(folder: Path, models: Models, vectors: Path | None = None) -> Published:
    return publish(read_set(folder), models, vectors or folder.parent / "vectors.sqlite")


def _answers(folder: Path, models: Models) -> dict[str, Answered]:
    return {it.question.id: it for it in ask_all(_published(folder, models)).answered}


def test_a_set_is_measured_in_both_languages(tmp_path: Path, models: Models) -> None:
    """Four questions whose article stands first."""
    found: Any = report(ask_all(_published(_write(tmp_path / "tiny"), models)))

    perfect = {"ndcg@10": 1.0, "recall@10": 1.0, "hit@1": 1.0, "hit@3": 1.0, "mrr@10": 1.0}
    assert found["dataset"] == "tiny"
    assert found["overall"] == {"queries": 4, **perfect}
    assert found["by_lang"] == {"en": {"queries": 2, **perfect}, "es": {"queries": 2, **perfect}}
    assert found["index"]["articles"] == 4
    assert found["translated"] is False


def test_a_second_run_embeds_nothing_and_says_so(tmp_path: Path, models: Models) -> None:
    folder = _write(tmp_path / "tiny")

    first, second = _published(folder, models), _published(folder, models)

    assert dict(first.indexed.embedded) == {"english": 3, "multilingual": 4}
    assert first.notes == ()
    assert dict(second.indexed.embedded) == {"english": 0, "multilingual": 0}
    assert "cache" in second.notes[0]


def test_the_same_set_is_the_same_commit(tmp_path: Path, models: Models) -> None:
    """Nothing of the clock or the machine reaches the repository, so two runs measure the same snapshot."""
    folder = _write(tmp_path / "tiny")

    assert (
        _published(folder, models).indexed.snapshot.manifest.fingerprint
        == _published(folder, models).indexed.snapshot.manifest.fingerprint
    )


def test_a_packed_corpus_is_read_like_a_plain_one(tmp_path: Path) -> None:
    plain, packed = _write(tmp_path / "plain" / "set"), _write(tmp_path / "packed" / "set")
    corpus = packed / "corpus.jsonl"
    (packed / "corpus.jsonl.gz").write_bytes(gzip.compress(corpus.read_bytes()))
    corpus.unlink()

    assert read_set(packed) == read_set(plain)


def test_a_question_is_asked_in_its_place(tmp_path: Path, models: Models) -> None:
    """The same rule in two states: a question sees that of its own state and the one for everywhere, never the other's."""
    rule = "A late fee may be charged from the first day."
    corpus: list[Line] = [
        {"_id": "ca", "title": "Late fee", "text": rule, "metadata": {"jurisdiction": "US-CA"}},
        {"_id": "ny", "title": "Late fee", "text": rule, "metadata": {"jurisdiction": ["US-NY", "US-TX"]}},
        {"_id": "everywhere", "title": "Fees", "text": "Every fee is listed in the app."},
    ]
    queries = [
        {"_id": name, "text": "late fee", "metadata": {"jurisdiction": place}}
        for name, place in (("in-ca", "US-CA"), ("in-tx", "US-TX"), ("in-wa", "US-WA"))
    ]

    answers = _answers(_write(tmp_path / "tiny", corpus, queries, "in-ca\tca\t1\n"), models)

    assert {name: set(it.ranked) for name, it in answers.items()} == {
        "in-ca": {"ca", "everywhere"},
        "in-tx": {"ny", "everywhere"},
        "in-wa": {"everywhere"},
    }


def test_a_question_is_asked_about_its_product(tmp_path: Path, models: Models) -> None:
    corpus = [{"_id": name, "text": "Raise the limit.", "metadata": {"product": name}} for name in ("cards", "wires: all")]
    queries = [{"_id": "q", "text": "raise the limit", "metadata": {"product": "wires: all"}}]

    answers = _answers(_write(tmp_path / "tiny", corpus, queries, "q\twires: all\t1\n"), models)

    assert answers["q"].ranked == ("wires: all",)


HOSTILE = {
    "front-matter": "---\nid: other\ntier: 9\n---\nzebra one",
    "fences": ":::tier 9\nzebra two\n\n::: warning zebra\n```\nnever closed\n:::only XX",
    "nul": "zebra\x00three \x1b[31m \x0b",
    "surrogate": "zebra \ud800 four",
    "a title: \"quoted\" <::> 'all' 🦓 ": "zebra five",
    "-": "zebra six {{ page.x }} {% raw %} <!-- open",
    "yaml": "zebra: seven\n- &anchor *alias !!tag",
    "crlf": "zebra\r\neight\rnine\x85ten\u2028eleven",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_any_text_survives_the_way_through_markdown(name: str, tmp_path: Path, models: Models) -> None:
    """A text may look like front matter or fences, or hold what no file may; its words find it all the same."""
    corpus = [{"_id": key, "title": key, "text": text} for key, text in HOSTILE.items()]
    queries = [{"_id": "q", "text": HOSTILE[name].encode("utf-8", "replace").decode(), "lang": "en"}]
    published = _published(_write(tmp_path / "tiny", corpus, queries, f"q\t{name}\t1\n"), models)

    answered = ask_all(published).answered[0]

    assert name in answered.ranked[:2]  # a model may find another text of seven a little nearer
    assert published.indexed.snapshot.manifest.articles == len(HOSTILE)
    assert published.notes[0].startswith("2 documents hold control characters")


def test_fence_lines_keep_their_words(tmp_path: Path, models: Models) -> None:
    """As a fence the line would be markup, and its words would be lost to the index."""
    corpus = [{"_id": "a", "text": "First line.\n::: warning pangolin"}, {"_id": "b", "text": "Second line."}]
    published = _published(_write(tmp_path / "tiny", corpus, [{"_id": "q", "text": "pangolin"}], "q\ta\t1\n"), models)

    snapshot = published.guidance.spaces["default"].current()

    assert [passage.text for passage in snapshot.passages] == ["First line. ::: warning pangolin", "Second line."]


def _document(tmp_path: Path, **line: object) -> str:
    folder = _write(tmp_path / "tiny", [{"_id": "x", "text": "words", **line}], [{"_id": "q", "text": "q"}], "")
    files, _, _ = articles_of(read_set(folder))
    return files["documents/000000.md"].decode()


def test_without_metadata_a_document_is_for_all(tmp_path: Path) -> None:
    assert _document(tmp_path, text="Reset the PIN in the app.") == (
        '---\nid: "x"\ntitle: "Reset the PIN in the app."\nproducts: ["all"]\njurisdictions: ["all"]\ntier: 1\nlang: "en"\n'
        "---\nReset the PIN in the app.\n"
    )


def test_metadata_becomes_front_matter(tmp_path: Path) -> None:
    text = _document(tmp_path, title="T", metadata={"lang": "es-MX", "jurisdiction": "MX", "product": "cards"})

    assert text.startswith(
        '---\nid: "x"\ntitle: "T"\nproducts: ["cards"]\njurisdictions: ["MX"]\ntier: 1\nlang: "es-MX"\n---\n'
    )


def test_a_document_that_names_no_language_is_in_the_one_it_is_written_in(tmp_path: Path) -> None:
    assert 'lang: "es"' in _document(tmp_path, text="La tarjeta llega por correo en cinco días hábiles.")


def test_a_document_of_its_title_alone_keeps_it_as_text(tmp_path: Path) -> None:
    assert _document(tmp_path, title="Card arrival", text=" ").endswith("---\nCard arrival\n")


def test_a_document_without_any_text_is_left_out_and_counted(tmp_path: Path) -> None:
    folder = _write(tmp_path / "tiny", [CARD, {"_id": "empty", "title": "", "text": " \x00"}])

    files, ids, notes = articles_of(read_set(folder))

    assert list(files) == ["kb.yml", "documents/000000.md"]
    assert ids == {"lost-card": "lost-card"}
    assert notes == ("1 documents have no text and were left out.",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two.", "One."),
        ("Is 3.5 % much? Yes.", "Is 3.5 % much?"),
        ("no end", "no end"),
        ("word " * 30, ("word " * 18).strip()),
        ("x" * 200, "x" * 90),
    ],
)
def test_a_title_is_the_first_sentence_at_most_ninety_characters(text: str, expected: str) -> None:
    assert first_sentence(text) == expected


def _answered(ranked: Sequence[str], grades: Mapping[str, float], confidence: float = 1.0) -> Answered:
    question = Judged("q", "text", "en", None, None, grades)
    return Answered(question, tuple(ranked), confidence, confidence >= 0.5, "en", translated=False, milliseconds=1.0)


def test_measures_are_means_over_questions() -> None:
    """First hit, third hit and no hit: MRR (1 + 1/3 + 0) / 3, nDCG (1 + 1/2 + 0) / 3."""
    rows = [_answered(["a"], {"a": 1}), _answered(["x", "y", "a"], {"a": 1}), _answered(["x"], {"a": 1})]

    assert measured(rows) == {
        "queries": 3,
        "ndcg@10": 0.5,
        "recall@10": 0.6667,
        "hit@1": 0.3333,
        "hit@3": 0.6667,
        "mrr@10": 0.4444,
    }


def _reported(rows: Sequence[Answered], published: Published) -> Any:
    return report(Evaluation(published, tuple(rows)))


def test_abstention_tells_questions_without_an_answer_apart(tmp_path: Path, models: Models) -> None:
    """Of two answerable questions one is kept; of two others one is refused; three of the four pairs are in order."""
    published = _published(_write(tmp_path / "tiny"), models)
    rows = [_answered(["a"], {"a": 1}, 0.9), _answered(["a"], {"a": 1}, 0.4), _answered([], {}, 0.6), _answered([], {}, 0.1)]

    found = _reported(rows, published)

    assert found["abstention"] == {"auroc": 0.75, "refused": 0.5, "kept": 0.5}
    assert found["overall"]["queries"] == 2


def test_latency_is_that_of_every_question(tmp_path: Path, models: Models) -> None:
    published = _published(_write(tmp_path / "tiny"), models)
    rows = [replace(_answered([], {}), milliseconds=float(time)) for time in range(1, 102)]

    assert _reported(rows, published)["latency_ms"] == {"p50": 51.0, "p95": 96.0}


def test_abstention_is_null_where_every_question_has_an_answer(tmp_path: Path, models: Models) -> None:
    found: Any = report(ask_all(_published(_write(tmp_path / "tiny", queries=ASKED[:4]), models)))

    assert found["abstention"]["auroc"] is None
    assert found["abstention"]["refused"] is None
    assert found["abstention"]["kept"] is not None


def test_a_judgment_of_zero_answers_nothing(tmp_path: Path) -> None:
    questions = read_set(_write(tmp_path / "tiny", qrels="q1\tlost-card\t0\nq2\tcajero\t1\n")).questions

    assert {it.id: dict(it.grades) for it in questions[:2]} == {"q1": {}, "q2": {"cajero": 1.0}}


def test_judgments_that_fit_nothing_are_said(tmp_path: Path) -> None:
    """A judged document that is missing counts as not found, as in trec_eval; a question that is missing is not used."""
    folder = _write(tmp_path / "tiny", qrels=f"{JUDGED}q9\tlost-card\t1\nq1\tgone\t1\n")

    found = read_set(folder)

    assert found.questions[0].grades == {"lost-card": 1.0, "gone": 1.0}
    assert found.notes == (
        f"{folder}/qrels.tsv:6: 1 judgments name a question that is not there (they are not used).",
        f"{folder}/qrels.tsv:7: 1 judgments name a document that is not there (it counts as not found).",
    )


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("corpus.jsonl", '{"_id": "a", "text": "t"}\nnot json\n', "corpus.jsonl:2: 'not json' is not JSON"),
        ("corpus.jsonl", '{"_id": "a", "text": "t"}\n\n[1]\n', "corpus.jsonl:3: '[1]' is no object"),
        ("corpus.jsonl", '{"text": "t"}\n', "corpus.jsonl:1: _id is None; expected text"),
        ("corpus.jsonl", '{"_id": "a"}\n', "corpus.jsonl:1: text is None; expected text"),
        ("corpus.jsonl", '{"_id": "a", "text": "t"}\n' * 2, "corpus.jsonl:2: _id 'a' stands on an earlier line too"),
        ("corpus.jsonl", '{"_id": "a", "text": "t", "metadata": 3}\n', "corpus.jsonl:1: metadata is 3"),
        ("corpus.jsonl", '{"_id": "a", "text": "t", "metadata": {"lang": "English"}}\n', "corpus.jsonl:1: lang is 'English'"),
        ("corpus.jsonl", '{"_id": "a", "text": "t", "metadata": {"jurisdiction": "USA"}}\n', "jurisdiction is 'USA'"),
        ("corpus.jsonl", '{"_id": "a", "text": "t", "metadata": {"product": 3}}\n', "metadata.product is 3"),
        ("corpus.jsonl", "", "corpus.jsonl:1: there is no line"),
        ("queries.jsonl", '{"_id": "q1", "text": " "}\n', "queries.jsonl:1: text has 0 characters"),
        ("queries.jsonl", '{"_id": "q", "text": "t", "metadata": {"jurisdiction": ["US", "CA"]}}\n', "names 2 places"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1 lost-card 1\n", "qrels.tsv:2: 1 columns; expected three"),
        ("qrels.tsv", "q1\tlost-card\tvery\n", "qrels.tsv:1: score is 'very'"),
        ("qrels.tsv", "q1\tlost-card\tnan\n", "qrels.tsv:1: score is 'nan'"),
    ],
)
def test_a_malformed_line_is_named(file: str, content: str, message: str, tmp_path: Path) -> None:
    folder = _write(tmp_path / "tiny")
    (folder / file).write_text(content)

    with pytest.raises(RequestError) as error:
        read_set(folder)

    assert message in str(error.value)


def test_every_problem_is_said_in_one_run(tmp_path: Path) -> None:
    folder = _write(tmp_path / "tiny", qrels="q1\n")
    (folder / "corpus.jsonl").write_bytes(b"\xff\n{}\n")
    (folder / "queries.jsonl").unlink()

    with pytest.raises(RequestError) as error:
        read_set(folder)

    said = [line.removeprefix(f"{folder}/") for line in str(error.value).splitlines()]
    assert said == [
        "corpus.jsonl:1: a byte here is not UTF-8 text. Save the file as UTF-8.",
        "corpus.jsonl:2: _id is None; expected text.",
        "queries.jsonl: there is no such file; expected queries.jsonl in this folder.",
        "qrels.tsv:1: 1 columns; expected three, between tabs: query-id, corpus-id, score.",
    ]


def test_a_damaged_archive_is_said(tmp_path: Path) -> None:
    folder = _write(tmp_path / "tiny")
    packed = gzip.compress((folder / "corpus.jsonl").read_bytes())
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus.jsonl.gz").write_bytes(packed[:-20])

    with pytest.raises(RequestError, match=r"corpus\.jsonl\.gz: cannot be read"):
        read_set(folder)


def test_the_table_shows_what_the_object_says(tmp_path: Path, models: Models) -> None:
    found = report(ask_all(_published(_write(tmp_path / "tiny", queries=ASKED[:4]), models)))

    lines = as_text(found).splitlines()

    assert lines[0].split() == ["tiny", "questions", "ndcg@10", "recall@10", "hit@1", "hit@3", "mrr@10"]
    assert [line.split()[:3] for line in lines[1:4]] == [["all", "4", "1.0000"], ["en", "2", "1.0000"], ["es", "2", "1.0000"]]
    assert lines[-1].endswith("embedded now: 3 english, 4 multilingual, the rest from the cache")


def test_the_command_prints_one_object(tmp_path: Path, kb: Callable[..., "subprocess.CompletedProcess[str]"]) -> None:
    """In a pipe there is no progress bar, and nothing but the object on standard output."""
    done = kb("eval", str(_write(tmp_path / "tiny")), "--json")

    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(found) == ["dataset", "overall", "by_lang", "abstention", "latency_ms", "index", "translated"]
    assert list(found["latency_ms"]) == ["p50", "p95"]
    assert (tmp_path / "data" / "eval" / "vectors.sqlite").is_file()


def test_a_folder_that_is_no_set_is_wrong_use(tmp_path: Path, kb: Callable[..., "subprocess.CompletedProcess[str]"]) -> None:
    folder = _write(tmp_path / "tiny")
    with (folder / "queries.jsonl").open("a") as file:
        file.write("{\n")

    done = kb("eval", str(folder))

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"{folder}/queries.jsonl:7: '{{' is not JSON; expected one object on each line.\n"


def test_a_set_is_named_after_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_write(tmp_path / "tiny"))

    found: EvaluationSet = read_set(Path())

    assert found.name == "tiny"
