"""History and change from values to the wire."""

import base64
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from api.fact_schema import FactOut
from api.guidance import RequestError
from api.past import Changed, Difference, Past
from api.past_schema import (
    ChangeOut,
    ChangesResponse,
    CommitOut,
    DiffResponse,
    FieldOut,
    HistoryResponse,
    LagOut,
    MomentOut,
    RefusedOut,
    SideOut,
    VersionOut,
    WordsOut,
)
from api.presentation import article_url, edge
from api.publish_log import Outcome, Publication
from kb.changes import ArticleChange, Contribution
from kb.fact_match import FactChange
from kb.field_changes import FieldChange
from kb.history import Version
from kb.moment import Moment
from kb.severity import Severity

_UNSHOWN: Final = frozenset({"path"})  # where a file lies is the writers' affair
_EVERYWHERE: Final[Mapping[str, str]] = {}


def history_response(past: Past, target: Mapping[str, str], *, limit: int, cursor: str | None) -> HistoryResponse:
    """One page of versions, newest first. target: the scope that the versions' addresses carry."""
    zone = past.view.snapshot.library.taxonomy.zone
    after = read_cursor(cursor).get("before") if cursor else None
    rest = [version for version in past.versions if not isinstance(after, int) or version.number < after]
    page = rest[:limit]
    return HistoryResponse(
        id=past.article_id,
        current=next((version.number for version in past.versions if version.current), None),
        found=len(past.versions),
        versions=[version_out(past.article_id, version, zone, target) for version in page],
        next=write_cursor({"before": page[-1].number}) if len(rest) > limit else None,
    )


def changes_response(
    changed: Changed,
    target: Mapping[str, str],
    severities: Iterable[str] | None,
    *,
    limit: int,
    after: str | None,
    diagnose: bool,
) -> ChangesResponse:
    """One page of changes.

    target: the scope that their addresses carry. after: the id at which the last page ended. diagnose: whether the reader may
    know in full why a push was refused.
    """
    zone = changed.view.snapshot.library.taxonomy.zone
    wanted = [change for change in changed.changes if severities is None or change.severity in set(severities)]
    names = [change.id for change in wanted]
    begin = names.index(after) + 1 if after in names else 0
    page = wanted[begin : begin + limit]
    more = {"from": _pinned(changed.old), "to": _pinned(changed.new), "after": page[-1].id} if page else {}
    return ChangesResponse(
        from_=moment_out(changed.old),
        to=moment_out(changed.new),
        found=len(wanted),
        counts=_counts(wanted),
        changes=[change_out(change, zone, {**target, "as_of": changed.new.commit.sha}) for change in page],
        refused=[_refused_out(line, diagnose=diagnose) for line in changed.refused],
        next=write_cursor(more) if begin + limit < len(wanted) else None,
    )


def _refused_out(line: Publication, *, diagnose: bool) -> RefusedOut:
    outcome: Literal["refused", "failed"] = "refused" if line.outcome is Outcome.REFUSED else "failed"
    return RefusedOut(commit=line.commit, at=line.at, outcome=outcome, reason=line.reason if diagnose else line.public)


def _counts(changes: Iterable[ArticleChange]) -> dict[str, int]:
    counted = Counter(change.severity for change in changes)
    return {severity.value: counted[severity] for severity in reversed(Severity)}


def diff_response(difference: Difference) -> DiffResponse:
    """Two versions of one article side by side."""
    zone = difference.view.snapshot.library.taxonomy.zone
    change = difference.change
    sides = [version for version in (difference.new, difference.old) if version and version.article]
    shown = sides[0].article
    return DiffResponse(
        id=difference.article_id,
        title=shown.title if shown else difference.article_id,
        lang=shown.lang if shown else "",
        from_=_side(difference.old),
        to=_side(difference.new),
        severity=change.severity.value if change else None,
        events=[event.value for event in change.events] if change else [],
        facts=facts_out(change.facts) if change else [],
        fields=_fields(change.fields, zone) if change else [],
        words=[WordsOut(op=edit.op.value, text=edit.text) for edit in difference.edits],
    )


def change_out(
    change: ArticleChange, zone: ZoneInfo, target: Mapping[str, str] = _EVERYWHERE, *, paths: bool = False
) -> ChangeOut:
    """One change. target: the scope and commit that its address opens, if it is still there.

    paths: whether to say where files lie.
    """
    article = change.article
    return ChangeOut(
        id=change.id,
        title=article.title,
        url=article_url(change.id, target) if change.new is not None else None,
        lang=article.lang,
        translation_of=article.translation_of,
        products=sorted(article.products),
        jurisdictions=sorted(article.scope.jurisdictions),
        tier=article.scope.tier,
        severity=change.severity.value,
        declared=change.declared is not None,
        events=[event.value for event in change.events],
        at=change.at,
        facts=facts_out(change.facts),
        fields=_fields(change.fields, zone, paths=paths),
        superseded_by=list(change.superseded_by),
        behind=[LagOut(id=lag.translation, lang=lag.lang, facts=facts_out(lag.facts)) for lag in change.behind],
        commits=[commit_out(part) for part in change.contributions],
    )


def commit_out(part: Contribution) -> CommitOut:
    """One commit without its message, which may tell of what this reader must not see."""
    credit = part.credit
    return CommitOut(
        commit=part.commit.sha,
        at=part.commit.at,
        authors=list(credit.authors),
        approvers=list(credit.approvers),
        review=credit.review,
    )


def moment_out(moment: Moment) -> MomentOut:
    """One side of a window."""
    return MomentOut(commit=moment.commit.sha, at=moment.at)


def window_response(old: Moment, new: Moment, changes: Sequence[ArticleChange], zone: ZoneInfo) -> ChangesResponse:
    """Every change of a window on one page, for who has the repository itself: also where files lie."""
    return ChangesResponse(
        from_=moment_out(old),
        to=moment_out(new),
        found=len(changes),
        counts=_counts(changes),
        changes=[change_out(change, zone, {"as_of": new.commit.sha}, paths=True) for change in changes],
        refused=[],
        next=None,
    )


def version_out(
    article_id: str, version: Version, zone: ZoneInfo, target: Mapping[str, str] = _EVERYWHERE, *, paths: bool = False
) -> VersionOut:
    """One version for the wire. target: the scope that its address carries. paths: whether to say where files lie."""
    article, change, credit = version.article, version.change, version.credit
    return VersionOut(
        number=version.number,
        commit=version.commit.sha,
        at=version.commit.at,
        authors=list(credit.authors),
        approvers=list(credit.approvers),
        review=credit.review,
        current=version.current,
        title=article.title if article else None,
        status=article.status if article else None,
        effective_from=edge(article.effective_from, zone) if article else None,
        effective_until=edge(article.effective_until, zone) if article else None,
        severity=change.severity.value,
        declared=change.declared is not None,
        events=[event.value for event in change.events],
        facts=facts_out(change.facts),
        fields=_fields(change.fields, zone, paths=paths),
        url=article_url(article_id, {**target, "as_of": version.commit.sha}) if article else None,
    )


def _side(version: Version | None) -> SideOut | None:
    if version is None:
        return None
    return SideOut(number=version.number, commit=version.commit.sha, at=version.commit.at, current=version.current)


def facts_out(facts: Iterable[FactChange]) -> list[FactOut]:
    """Facts for the wire, as each text writes them."""
    return [
        FactOut(
            kind=fact.kind.value,
            old=fact.old.text if fact.old else None,
            new=fact.new.text if fact.new else None,
            heading=list(fact.heading),
        )
        for fact in facts
    ]


def _fields(fields: Iterable[FieldChange], zone: ZoneInfo, *, paths: bool = False) -> list[FieldOut]:
    return [
        FieldOut(name=field.name, old=_value(field.name, field.old, zone), new=_value(field.name, field.new, zone))
        for field in fields
        if paths or field.name not in _UNSHOWN
    ]


def _value(name: str, text: str, zone: ZoneInfo) -> str:
    """A date as the writer wrote it, where it is a midnight of the space's zone."""
    return edge(datetime.fromisoformat(text), zone) or "" if name.startswith("effective_") and text else text


def write_cursor(where: Mapping[str, object]) -> str:
    """Where a page ended, as text that clients hand back unread."""
    return base64.urlsafe_b64encode(json.dumps(where, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(text: str) -> dict[str, object]:
    """What `write_cursor` wrote. Raises RequestError for anything else."""
    try:
        where = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        where = None
    if not isinstance(where, dict):
        raise RequestError("cursor is none that a page ended with; expected the `next` of an answer. Ask without it.")
    return where


def _pinned(moment: Moment) -> list[str]:
    return [moment.commit.sha, moment.at.isoformat()]
