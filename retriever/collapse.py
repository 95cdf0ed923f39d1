"""From passages to articles: all translations of one article are one hit, shown in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kb.article import Article
from retriever.arrays import BoolVector
from retriever.legs import Candidates
from retriever.lexical import base_language
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
    groups = snapshot.table.groups[candidates.rows]
    order = np.lexsort((candidates.rows, -candidates.score, -candidates.exact))
    ranked, seen = [], set[int]()
    for index in order:
        group = int(groups[index])
        if group in seen:
            continue
        seen.add(group)
        name = snapshot.table.group_names[group]
        article = shown_member(snapshot, name, allowed, lang)
        row = _shown_row(candidates, snapshot, article, allowed, int(index))
        ranked.append(Ranked(article, row, int(index), float(candidates.score[index]), int(candidates.exact[index])))
    ranked.sort(key=lambda it: (-it.exact, -it.score, it.article.group))
    return ranked


def shown_member(snapshot: Snapshot, group: str, allowed: BoolVector, lang: str) -> Article:
    """The article of the group to show: in the reader's language, else its source, else any that may be seen."""
    members = [article for article in snapshot.members[group] if allowed[list(snapshot.rows_of[article.id])].any()]
    spoken: Mapping[str, Article] = {article.lang: article for article in reversed(members)}
    based: Mapping[str, Article] = {base_language(article.lang): article for article in reversed(members)}
    return spoken.get(lang) or based.get(base_language(lang)) or members[0]


def _shown_row(candidates: Candidates, snapshot: Snapshot, article: Article, allowed: BoolVector, index: int) -> int:
    """The article's best candidate; if none of its passages is one, the passage at the same place in the text."""
    rows = snapshot.rows_of[article.id]
    mine = np.flatnonzero((candidates.rows >= rows.start) & (candidates.rows < rows.stop))
    if mine.size:
        best = mine[np.lexsort((candidates.rows[mine], -candidates.score[mine], -candidates.exact[mine]))[0]]
        return int(candidates.rows[best])
    visible = [row for row in rows if allowed[row]]
    ordinal = snapshot.passages[int(candidates.rows[index])].ordinal
    return visible[min(ordinal, len(visible) - 1)]
