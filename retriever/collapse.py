"""From passages to articles: all translations of one article are one hit, shown in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kb.article import Article
from kb.language import base_language
from retriever.arrays import BoolVector, IntVector
from retriever.legs import Candidates
from retriever.scope import PassageTable
from retriever.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Ranked:
    """One article of the answer. `row` is the passage shown, `found` the candidate that ranked the article."""

    article: Article
    row: int
    found: int  # index into the candidates
    score: float
    exact: int


def collapse(candidates: Candidates, snapshot: Snapshot, allowed: BoolVector, lang: str) -> list[Ranked]:
    """Articles, best first: exact matches before all others, then by score, ties in the order of their ids.

    lang: the reader's language. The translation in it is shown if the reader may see it, else the source article.
    """
    first = leaders(candidates, snapshot.table)
    return [ranked_as(candidates, snapshot, allowed, lang, int(index)) for index in first]


def leaders(candidates: Candidates, table: PassageTable) -> IntVector:
    """(g,) int64: the candidate that ranks each article, best article first, in the order that `collapse` describes.

    Within one article ties go to the earlier passage. Nothing is looked up yet, so that only what is shown costs time.
    """
    groups = table.groups[candidates.rows]  # numbered in the order of their ids
    keys = (-candidates.score, -candidates.exact) if np.count_nonzero(candidates.exact) else (-candidates.score,)
    within = np.lexsort((*keys, groups))  # stable, and the rows rise: ties stay in their order
    its = groups[within]
    begins = np.ones(its.size, bool)
    begins[1:] = its[1:] != its[:-1]
    first = within[begins]  # in the order of their groups
    best: IntVector = first[np.lexsort([key[first] for key in keys])]
    return best


def ranked_as(candidates: Candidates, snapshot: Snapshot, allowed: BoolVector, lang: str, index: int) -> Ranked:
    """The article that one of the leaders stands for, as it is shown in the reader's language."""
    table = snapshot.table
    group = table.group_names[table.groups.item(candidates.rows.item(index))]
    article = shown_member(snapshot, group, allowed, lang)
    row = _shown_row(candidates, snapshot, article, allowed, index)
    return Ranked(article, row, index, candidates.score.item(index), candidates.exact.item(index))


def shown_member(snapshot: Snapshot, group: str, allowed: BoolVector, lang: str) -> Article:
    """The article of the group to show: in the reader's language, else its source, else any that may be seen.

    Some passage of the group must be allowed.
    """
    if len(snapshot.members[group]) == 1:
        return snapshot.members[group][0]
    members = [article for article in snapshot.members[group] if is_shown(snapshot, article, allowed)]
    spoken: Mapping[str, Article] = {article.lang: article for article in reversed(members)}
    based: Mapping[str, Article] = {base_language(article.lang): article for article in reversed(members)}
    return spoken.get(lang) or based.get(base_language(lang)) or members[0]


def is_shown(snapshot: Snapshot, article: Article, allowed: BoolVector) -> bool:
    """Whether any passage of the article may be seen. One whose body is markup alone has none."""
    rows = snapshot.rows_of.get(article.id, range(0))
    return bool(np.count_nonzero(allowed[rows.start : rows.stop]))  # of a few rows in a third of the time of any()


def _shown_row(candidates: Candidates, snapshot: Snapshot, article: Article, allowed: BoolVector, index: int) -> int:
    """The article's best candidate; if none of its passages is one, the passage at the same place in the text."""
    rows = snapshot.rows_of[article.id]
    found = candidates.rows.item(index)
    if found in rows:
        return found
    mine = np.arange(*np.searchsorted(candidates.rows, (rows.start, rows.stop)))
    if mine.size:
        best = mine[np.lexsort((candidates.rows[mine], -candidates.score[mine], -candidates.exact[mine]))[0]]
        return int(candidates.rows[best])
    place = snapshot.passages[found].ordinal
    visible = (row for row in rows if allowed[row])
    return min(visible, key=lambda row: (abs(snapshot.passages[row].ordinal - place), row))
