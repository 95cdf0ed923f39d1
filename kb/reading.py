"""Reading every article of one commit, or every reason why that commit may not go live."""

from collections import Counter
from collections.abc import Sequence

from kb import rules
from kb.errors import ContentError
from kb.kept import NOTHING, Kept
from kb.library import TAXONOMY_FILE, Library, OutsideTaxonomy, Skipped
from kb.problem import Problem, errors
from kb.tree import Tree
from kb.tree_reading import Progress, TreeReading


def read_library(
    tree: Tree,
    outside: OutsideTaxonomy | None = None,
    progress: Progress | None = None,
    earlier: Library | None = None,
) -> Library:
    """Read and check every article of the tree. Raises ContentError with every problem if there is an error.

    earlier: any library of the same repository, whose unchanged articles are not read again. The result is the same.
    """
    kept = NOTHING
    if earlier is not None and earlier.commit is not None and earlier.folder == tree.folder:
        kept = Kept.of(earlier.commit, dict(earlier.files), earlier.articles, earlier.warnings)
    library, problems = examine(tree, outside, progress, kept)
    if library is None:
        raise ContentError(errors(problems))
    return library


def examine(
    tree: Tree, outside: OutsideTaxonomy | None = None, progress: Progress | None = None, kept: Kept = NOTHING
) -> tuple[Library | None, list[Problem]]:
    """The library and what is wrong in it, in file and line order; no library if there is an error."""
    reading = TreeReading(tree, progress or (lambda _done, _all: None), kept)
    library, problems = _examined(reading, outside)
    named = {problem.path for problem in problems} | {skip.path for skip in reading.skipped}
    if named & reading.unopened:  # something is wrong in a file that was not opened: its lines are wanted after all
        return examine(tree, outside, progress, kept.without(named & reading.unopened))
    return library, problems


def _examined(reading: TreeReading, outside: OutsideTaxonomy | None) -> tuple[Library | None, list[Problem]]:
    tree = reading.tree
    settings = reading.settings(outside)
    if settings is None:
        if outside is None and TAXONOMY_FILE in reading.by_name:
            reading.own(None)  # what is wrong in the articles is said in the same run
        return None, sorted(reading.problems)
    taxonomy, adoption = settings.taxonomy, settings.adopt
    glossary = reading.glossary(taxonomy)
    entries = reading.foreign(adoption, taxonomy) if adoption else reading.own(taxonomy)
    findings = rules.check(entries, taxonomy, reading.unread, reading.unopened)
    if adoption:
        entries, findings = reading.without_broken(entries, findings, taxonomy)
    problems = sorted(reading.problems + findings)
    if not entries and not errors(problems):
        message = f"there is no article below {tree.folder or 'the root'!r}. {_why_none(reading.skipped)}"
        problems.append(Problem(tree.folder or ".", 1, "no-articles", message))
    if errors(problems):
        return None, problems
    articles = sorted((entry.article for entry in entries), key=lambda article: article.id)
    library = Library(
        commit=tree.commit,
        folder=tree.folder,
        taxonomy=taxonomy,
        glossary=glossary,
        articles=tuple(articles),
        skipped=tuple(sorted(reading.skipped)),
        warnings=tuple(problems),
        files=tuple(sorted(reading.used.items())),
    )
    return library, problems


def _why_none(skipped: Sequence[Skipped]) -> str:
    counted = Counter(skip.reason for skip in skipped).most_common(3)
    reasons = "; ".join(f"{count} x {reason.rstrip('.')}" for reason, count in counted)
    return f"Write one: `kb new` makes an example. Skipped: {reasons or 'nothing'}."
