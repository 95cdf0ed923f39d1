"""What changed in an article's front matter, and which of its parts changed their readers, as text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kb.article import Article
from kb.plain import plain

SCOPE_FIELDS: Final = ("products", "jurisdictions", "tier", "effective_from", "effective_until")
_FEW_WORDS: Final = 4  # shorter paragraphs are too common to tell that one of them moved to other readers


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One key of the front matter, as text."""

    name: str
    old: str
    new: str


def changed_fields(old: Article, new: Article) -> Iterator[FieldChange]:
    """The keys whose values differ; `parts` if the same words are now for other readers, `path` if the file moved."""
    before, after = _shown(old), _shown(new)
    yield from (FieldChange(name, before[name], after[name]) for name in before if before[name] != after[name])
    if moved := _parts_moved(old, new):
        yield FieldChange("parts", *moved)


def _shown(article: Article) -> Mapping[str, str]:
    """The front matter as text, by its keys."""
    escalation = article.escalation
    return {
        "title": article.title,
        "description": article.description or "",
        "status": article.status,
        "products": ", ".join(sorted(article.products)),
        "jurisdictions": ", ".join(sorted(article.scope.jurisdictions)),
        "tier": str(article.scope.tier),
        "effective_from": _moment(article.effective_from),
        "effective_until": _moment(article.effective_until),
        "kind": article.kind,
        "lang": article.lang,
        "translation_of": article.translation_of or "",
        "overrides": article.overrides or "",
        "supersedes": ", ".join(article.supersedes),
        "escalation": f"{escalation.to}; {escalation.when or ''}; {', '.join(escalation.collect)}" if escalation else "",
        "identity_check": article.identity_check,
        "owner": article.owner or "",
        "review_by": article.review_by.isoformat() if article.review_by else "",
        "keywords": ", ".join(article.keywords),
        "answers": "; ".join(article.answers),
        "sources": "; ".join(article.sources),
        "redirect_from": ", ".join(article.redirect_from),
        "must_read": "true" if article.must_read else "",
        "path": article.path,
    }


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _parts_moved(old: Article, new: Article) -> tuple[str, str] | None:
    """The first paragraph that stands in both texts for other readers, as (for whom then, for whom now)."""
    before, after = _paragraphs(old), _paragraphs(new)
    for text, whom in before.items():
        if after.get(text, whom) != whom:
            return whom, after[text]
    return None


def _paragraphs(article: Article) -> dict[str, str]:
    """Each paragraph and who may see it, relative to the article's own scope."""
    found: dict[str, str] = {}
    for section in article.sections:
        tier = f"tier {section.scope.tier}" if section.scope.tier != article.scope.tier else ""
        places = section.scope.jurisdictions
        where = ", ".join(sorted(places)) if places != article.scope.jurisdictions else ""
        for paragraph in article.body[section.start : section.end].split("\n\n"):
            if len(paragraph.split()) >= _FEW_WORDS:
                found.setdefault(plain(paragraph), " ".join(filter(None, (tier, where))) or "everybody")
    return found
