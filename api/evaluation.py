"""Measure the real pipeline on a labelled set: its documents become articles of a commit, its questions are asked of it."""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, TypeAlias

import numpy as np

from api.evaluation_set import Document, EvaluationSet, Judged
from api.guidance import Ask, Guidance
from api.indexing import Indexed, index
from api.live import LiveSpace
from api.reader import LOOPBACK
from api.source import Source
from api.space import DEFAULT, Space
from api.watch import SILENT, Watch
from kb.jurisdiction import ALL
from kb.new_repository import write_repository
from kb.plain import plain
from retriever.answer import Answer
from retriever.language import language_of
from retriever.leg import SOURCE_LANGUAGE, WHOLE
from retriever.metrics import DEPTH, auroc, hit, ndcg, recall, reciprocal_rank
from retriever.snapshot import Models

MEASURES: Final = ("ndcg@10", "recall@10", "hit@1", "hit@3", "mrr@10")
LONGEST_TITLE: Final = 90  # characters of a title that is taken from the text

_COMMITTED: Final = datetime(2000, 1, 1, tzinfo=UTC)  # always the same, so that the same set is the same commit
_FOLDER: Final = "documents"
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")  # what front matter takes as one
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_FENCE: Final = re.compile(r"^([ \t]*)(:{3,})", re.M)
_SENTENCE: Final = re.compile(r".+?[.!?…](?=\s|$)")
_NO_BREAK: Final = "\u00a0\u202f"

Asked: TypeAlias = Callable[[int, int], None]  # questions answered so far, questions in all


@dataclass(frozen=True, slots=True)
class Answered:
    """One question and what came back. ranked: ids of documents, best first. milliseconds: of the answer alone."""

    question: Judged
    ranked: tuple[str, ...]
    confidence: float
    answerable: bool
    lang: str
    translated: bool
    milliseconds: float
    reranked: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """A set whose documents are published. ids: article id → id of its document. indexed: what that took."""

    evaluation_set: EvaluationSet
    ids: Mapping[str, str]
    guidance: Guidance
    indexed: Indexed
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One run over one set."""

    published: Published
    answered: tuple[Answered, ...]


def publish(
    evaluation_set: EvaluationSet, models: Models, vectors: Path, watch: Watch = SILENT, *, legs: Collection[str] = WHOLE
) -> Published:
    """Commit the documents to a temporary repository and publish it; in the end nothing but the vectors is on the disk.

    vectors: a file in which they are cached for the next run. legs: FIRST ends where English questions are answered. Raises
    what keeps a commit from being published.
    """
    files, ids, notes = articles_of(evaluation_set)
    with TemporaryDirectory(prefix="kb-eval-") as scratch:
        folder = Path(scratch)
        write_repository(folder / "repository", files, at=_COMMITTED)
        space = Space(DEFAULT, Source(str(folder / "repository"), None, ""), folder, models, vectors=vectors)
        indexed = index(space, watch, legs=legs)
        space.repository.close()
    snapshot = indexed.snapshot
    guidance = Guidance({DEFAULT: LiveSpace.held(space, snapshot)}, models)
    notes = (*evaluation_set.notes, *notes, *_notes(indexed))
    return Published(evaluation_set, ids, guidance, indexed, notes)


def ask_all(published: Published, asked: Asked | None = None) -> Evaluation:
    """Ask every question of the set as the API would, one at a time."""
    questions, guidance = published.evaluation_set.questions, published.guidance
    guidance.ask(_ask(questions[0]), LOOPBACK)  # what a process loads once, at its first question, is no question's own time
    answered = []
    for done, question in enumerate(questions, 1):
        begun = perf_counter()
        answer = guidance.ask(_ask(question), LOOPBACK).answer
        milliseconds = (perf_counter() - begun) * 1000
        answered.append(_answered(question, answer, published.ids, milliseconds))
        if asked:
            asked(done, len(questions))
    return Evaluation(published, tuple(answered))


def report(evaluation: Evaluation) -> dict[str, object]:
    """The figures as `kb eval --json` prints them. A question counts in the measures if a document answers it."""
    judged = [it for it in evaluation.answered if it.question.grades]
    unjudged = [it for it in evaluation.answered if not it.question.grades]
    times = [it.milliseconds for it in evaluation.answered]
    published = evaluation.published
    manifest = published.indexed.snapshot.manifest
    return {
        "dataset": published.evaluation_set.name,
        "overall": measured(judged),
        "by_lang": {lang: measured([it for it in judged if it.lang == lang]) for lang in sorted({it.lang for it in judged})},
        "abstention": {
            "auroc": _rounded(auroc([it.confidence for it in judged], [it.confidence for it in unjudged])),
            "refused": _share([not it.answerable for it in unjudged]),
            "kept": _share([it.answerable for it in judged]),
        },
        "latency_ms": {name: round(float(np.percentile(times, at)), 2) for name, at in (("p50", 50), ("p95", 95))},
        "index": {
            "articles": manifest.articles,
            "passages": manifest.passages,
            "seconds": round(published.indexed.seconds, 2),
            "english_seconds": round(published.indexed.english_seconds, 2),
            "embedded": dict(published.indexed.embedded),
        },
        "translated": any(it.translated for it in evaluation.answered),
        **_reranked(evaluation),
    }


def _reranked(evaluation: Evaluation) -> dict[str, float | None]:
    """The share of questions that the reranker answered in time; nothing where none is set."""
    if "reranker" not in evaluation.published.guidance.model_names:
        return {}
    return {"reranked": _share([it.reranked for it in evaluation.answered])}


def measured(answered: Sequence[Answered]) -> dict[str, float | int | None]:
    """How many questions, and the mean of each measure over them."""
    rows = [_measures(it) for it in answered]
    means = {name: _mean([row[number] for row in rows]) for number, name in enumerate(MEASURES)}
    return {"queries": len(answered), **means}


def _measures(it: Answered) -> tuple[float, ...]:
    """In the order of MEASURES."""
    grades = it.question.grades
    return (
        ndcg(it.ranked, grades),
        recall(it.ranked, grades),
        hit(it.ranked, grades, 1),
        hit(it.ranked, grades, 3),
        reciprocal_rank(it.ranked, grades),
    )


def _mean(values: Sequence[float]) -> float | None:
    return _rounded(sum(values) / len(values)) if values else None


def _share(values: Sequence[bool]) -> float | None:
    return _mean([float(value) for value in values])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _ask(question: Judged) -> Ask:
    return Ask(question.text, products=question.products, jurisdiction=question.jurisdiction, limit=DEPTH)


def _answered(question: Judged, answer: Answer, ids: Mapping[str, str], milliseconds: float) -> Answered:
    ranked = tuple(ids[found.article.id] for found in answer.hits)
    lang = question.lang or answer.query.lang
    translated = answer.query.translation is not None
    return Answered(
        question, ranked, answer.confidence, answer.answerable, lang, translated, milliseconds, answer.reranked_by is not None
    )


def _notes(indexed: Indexed) -> list[str]:
    skipped = indexed.snapshot.library.skipped
    said = [f"{len(skipped)} documents were not indexed; the first: {skipped[0].path}: {skipped[0].reason}"] if skipped else []
    if not any(indexed.embedded.values()):
        said.append("Every vector came from the cache of an earlier run, so the seconds are not those of a first index.")
    return said


def articles_of(evaluation_set: EvaluationSet) -> tuple[dict[str, bytes], dict[str, str], tuple[str, ...]]:
    """The set as files of a repository, article id → id of its document, and what had to be cleaned or left out."""
    documents = evaluation_set.documents
    languages = [it.lang or language_of(f"{it.title}\n{it.text}") for it in documents]
    files = {"kb.yml": _taxonomy(documents, languages)}
    ids: dict[str, str] = {}
    taken = {it.id for it in documents}
    cleaned = empty = 0
    for number, (document, lang) in enumerate(zip(documents, languages, strict=True)):
        title, body = _title_and_body(document)
        if not body:
            empty += 1
            continue
        cleaned += _cleaned(document.title) != document.title or _cleaned(document.text) != document.text
        article_id = document.id if _ID.fullmatch(document.id) else _new_id(number, taken)
        ids[article_id] = document.id
        files[f"{_FOLDER}/{number:06}.md"] = _markdown(article_id, title, body, document, lang)
    notes = [f"{cleaned} documents hold control characters or broken Unicode, which were replaced."] if cleaned else []
    notes += [f"{empty} documents have no text and were left out."] if empty else []
    return files, ids, tuple(notes)


def _taxonomy(documents: Sequence[Document], languages: Sequence[str]) -> bytes:
    """A kb.yml that knows what the documents name. It reads them as a repository that was not written for us, in which
    `:::` is text and one broken article does not hold back the others. JSON is YAML too."""
    products = {name for it in documents for name in it.products} - {ALL}
    kb_yml = {
        "name": "Evaluation",
        "time_zone": "UTC",
        "languages": [SOURCE_LANGUAGE, *sorted(set(languages) - {SOURCE_LANGUAGE})],
        "products": {name: {"name": {"en": name}} for name in sorted(products) or ["everything"]},
        "jurisdictions": sorted({place for it in documents for place in it.jurisdictions} - {ALL}),
        "tiers": {"1": {"name": "Everybody"}},
        "adopt": {"include": [f"{_FOLDER}/*.md"]},
    }
    return json.dumps(kb_yml, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _markdown(article_id: str, title: str, body: str, document: Document, lang: str) -> bytes:
    keys = {
        "id": article_id,
        "title": title,
        "products": list(document.products),
        "jurisdictions": list(document.jurisdictions),
        "tier": 1,
        "lang": lang,
    }
    front = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items())
    return f"---\n{front}\n---\n{body}\n".encode()


def _title_and_body(document: Document) -> tuple[str, str]:
    """What the article is called and says; no text at all gives two empty ones.

    A line that begins with `:::` keeps its words: as a fence it would be markup, so its colons are escaped.
    """
    title = _one_line(_cleaned(document.title))
    body = _FENCE.sub(lambda found: found[1] + r"\:" * len(found[2]), _cleaned(document.text))
    words = plain(body)
    if not words:
        return title, title
    return title or first_sentence(_one_line(words)), body


def _cleaned(text: str) -> str:
    return _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text))


def _one_line(text: str) -> str:
    """Only characters that YAML takes in quotes as they are."""
    shown = "".join(c if c.isprintable() or c in _NO_BREAK else " " for c in text)
    return re.sub(rf"[^\S{_NO_BREAK}]+", " ", shown).strip()


def first_sentence(text: str) -> str:
    """The beginning of a text up to the end of its first sentence, at most LONGEST_TITLE characters, whole words."""
    found = _SENTENCE.match(text)
    sentence = found[0] if found else text
    if len(sentence) <= LONGEST_TITLE:
        return sentence
    cut = sentence[: LONGEST_TITLE + 1].rpartition(" ")[0].rstrip()
    return cut or sentence[:LONGEST_TITLE]


def _new_id(number: int, taken: set[str]) -> str:
    """For a document whose id cannot be an article's."""
    article_id = f"document-{number}"
    while article_id in taken:
        article_id += "-"
    return article_id
