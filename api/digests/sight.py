"""What of a digest its team may see now: teams and articles go on changing after it was made."""

from datetime import datetime
from typing import Final

from api.digests.document import DigestDocument, DigestLine, DigestSection
from api.digests.raised import Raised
from kb.article import CAN_BE_IN_FORCE, Article
from kb.teams import Team
from retriever.snapshot import Snapshot

_OVER: Final = ("ended", "resolved")  # lists of what is gone: that it is gone stays true


def as_seen(document: DigestDocument, team: Team, snapshot: Snapshot) -> DigestDocument | None:
    """What of the document is not above the team's tier as that and the articles stand now; None if nothing is."""
    if document.tier is not None and document.tier > team.tier:  # its lines may quote higher parts of lower articles
        return None
    return _with(document, [_section(section, team, snapshot, None) for section in document.sections])


def as_sent(document: DigestDocument, team: Team, snapshot: Snapshot, now: datetime) -> DigestDocument | None:
    """The same of a digest that was never delivered: also without articles that were withdrawn or have expired since."""
    if document.tier is not None and document.tier > team.tier:
        return None
    return _with(document, [_section(section, team, snapshot, now) for section in document.sections])


def _with(document: DigestDocument, sections: list[DigestSection]) -> DigestDocument | None:
    left = [section for section in sections if section.lines]
    return document.model_copy(update={"sections": left}) if left or not document.sections else None


def _section(section: DigestSection, team: Team, snapshot: Snapshot, now: datetime | None) -> DigestSection:
    """now: given where lines of articles that hold no more are left out too."""
    lines = []
    for line in section.lines:
        article = snapshot.articles.get(line.id)
        over = now is not None and section.name not in _OVER and _is_over(article, now)
        behind = section.name == "behind"  # there the id is the translation's, and the facts are its source's
        source = snapshot.articles.get((article and article.translation_of) or "") if behind else article
        if not over and max([line.tier, *(it.scope.tier for it in (article, source) if it)]) <= team.tier:
            lines.append(_line(line, source, team) if source or not behind else _without_facts(line))
    return section.model_copy(update={"lines": lines, "found": section.found - len(section.lines) + len(lines)})


def _is_over(article: Article | None, now: datetime) -> bool:
    if article is None or article.status not in CAN_BE_IN_FORCE:
        return True
    return article.effective_until is not None and article.effective_until <= now


def _line(line: DigestLine, article: Article | None, team: Team) -> DigestLine:
    """The line without facts that stand now in a part above the team's tier."""
    if article is None or article.blob == line.blob:
        return line
    raised = Raised(article, team.tier)
    facts = [fact for fact in line.facts if not raised.holds(fact)]
    return line if len(facts) == len(line.facts) else line.model_copy(update={"facts": facts, "drill": []})


def _without_facts(line: DigestLine) -> DigestLine:
    return line.model_copy(update={"facts": [], "drill": []})
