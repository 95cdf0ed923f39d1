"""What a receipt holds: what was asked and what was shown, from which commit, by which models and code."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import kb
import retriever
from api.contact import Contact
from api.events.chain import Link
from api.events.event import Event, Kind, new_id
from api.guidance import Answered, Ask
from api.reader import Reader
from api.source import Source
from kb.taxonomy import Taxonomy
from retriever.answer import Answer, Hit
from retriever.snapshot import FORMAT as INDEX_FORMAT
from retriever.splitter import CHUNKING

FORMAT: Final = 1  # of the document; another number is read by other code
_DIGITS: Final = 6  # of a score that is kept: what differs beyond is noise of the last bits
_LIBRARIES: Final = (
    "faiss-cpu",
    "lingua-language-detector",
    "numpy",
    "onnxruntime",
    "pyspellchecker",
    "PyStemmer",
    "rapidfuzz",
    "sentencepiece",
    "tokenizers",
)


def receipt_events(answered: Answered, ask: Ask, reader: Reader, contact: Contact, source: Source, at: datetime) -> list[Event]:
    """Both events of one answer. The receipt's id is theirs in common."""
    receipt = new_id(at)
    asked, shown = _asked(answered, ask, reader, contact), shown_body(answered.answer, answered, source)
    reason = answered.answer.reason
    return [
        Event(receipt, ask.space, at, Kind.ASKED, reader.id, asked[0], receipt, asked[1], contact.ticket),
        Event(new_id(at), ask.space, at, Kind.SHOWN, reader.id, shown, receipt, {"reason": reason} if reason else None),
    ]


def _asked(answered: Answered, ask: Ask, reader: Reader, contact: Contact) -> tuple[dict[str, Any], dict[str, Any]]:
    """Body and words. What was typed is in the words; of it, the body repeats only what the taxonomy knows."""
    answer, taxonomy = answered.answer, answered.snapshot.library.taxonomy
    body = {
        "tier": answer.scope.tier,
        "effective_on": answer.scope.effective_on.isoformat(),
        "limit": ask.limit,
        "as_of": None if answered.as_of is None else str(answered.as_of),
        "products": None if ask.products is None else sorted(set(ask.products) & set(taxonomy.products)),
        "jurisdiction": _known_place(answer.scope.jurisdiction, taxonomy),
        "role": reader.role.value,
        "redacted": sorted({found.kind for found in ask.struck}),
    }
    words = {
        "q": answer.query.text,
        "english": answer.query.translation,
        "products": None if ask.products is None else list(ask.products),
        "jurisdiction": ask.jurisdiction,
        "lang": ask.lang or reader.lang,
        "host": contact.host,
        "channel": contact.channel,
        "segment": contact.segment,
    }
    return body, words


def _known_place(place: str | None, taxonomy: Taxonomy) -> str | None:
    return place if place in taxonomy.jurisdictions else None


def shown_body(answer: Answer, answered: Answered, source: Source) -> dict[str, Any]:
    """Everything that was shown, and all that its ranking depended on besides the question."""
    manifest = answered.snapshot.manifest
    return {
        "commit": manifest.commit,
        "committed_at": manifest.committed_at,
        "fingerprint": manifest.fingerprint,
        "models": {**manifest.models, **({"reranker": answer.reranked_by} if answer.reranked_by else {})},
        "build": dict(ranking_build()),
        "folder": source.folder,
        "taxonomy": None if source.outside is None else hashlib.sha256(source.outside.text.encode()).hexdigest(),
        "lang": answer.query.lang,
        "inferred_jurisdiction": answer.inferred_jurisdiction,
        "found": answer.found,
        "answerable": answer.answerable,
        "confidence": round(answer.confidence, _DIGITS),
        "above_tier": None if answer.above_tier is None else answer.above_tier.escalate_to or "",
        "varies_by_jurisdiction": list(answer.varies_by_jurisdiction),
        "leads": [lead.id for lead in answer.leads],
        "hits": [_hit(rank, hit) for rank, hit in enumerate(answer.hits, 1)],
    }


def _hit(rank: int, hit: Hit) -> dict[str, Any]:
    article, passage, reranker = hit.article, hit.passage, hit.explanation.reranker
    return {
        "rank": rank,
        "id": article.id,
        "path": article.path,
        "blob": article.blob,
        "commit": article.changed.sha if article.changed else None,
        "lang": article.lang,
        "place": hit.place.matched,
        "score": round(hit.score, _DIGITS),
        "passage": {
            "heading": list(passage.heading),
            "anchor": passage.anchor,
            "start": passage.start,
            "end": passage.end,
            "sha256": hashlib.sha256(passage.text.encode()).hexdigest(),
        },
        "legs": {name: {"score": round(leg.score, _DIGITS), "rank": leg.rank} for name, leg in hit.explanation.legs.items()},
        **({} if reranker is None else {"reranker": round(reranker, _DIGITS)}),
    }


@cache
def ranking_build() -> Mapping[str, Any]:
    """The code that ranks, as one checksum, and the libraries under it. 60 files are read once, in 5 ms."""
    digest = hashlib.sha256()
    for package in (kb, retriever):
        folder = Path(package.__path__[0])
        for path in sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".json")):
            digest.update(f"{package.__name__}/{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes())
    libraries = {name: version(name) for name in _LIBRARIES}
    return {"format": INDEX_FORMAT, "chunking": CHUNKING, "code": digest.hexdigest(), "libraries": libraries}


def document(links: Sequence[Link]) -> dict[str, Any]:
    """The receipt as people and `kb receipt verify` read it. `proof` is what the chain holds; the rest is drawn from it."""
    asked, shown = links
    said = {name: value for name, value in (asked.said() or {}).items() if name != "ticket"}
    return {
        "format": FORMAT,
        "receipt": asked.receipt,
        "space": asked.space,
        "at": asked.at,
        "reader": asked.reader,
        "erased": asked.erased,
        "question": said or None,
        "scope": asked.facts(),
        "shown": shown.facts(),
        "reason": (shown.said() or {}).get("reason"),
        "proof": [_proof(link) for link in links],
    }


def _proof(link: Link) -> dict[str, Any]:
    """The link as it is kept, but for the ticket's key, by which words could be looked up elsewhere."""
    return {name: value for name, value in asdict(link).items() if name != "ticket"}
