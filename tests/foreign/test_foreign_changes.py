"""What changed in a real help centre, in four languages: rules by their figures, rewordings as such, histories whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.changes import ArticleChange
from kb.comparison import changes, compare, everything
from kb.history import Log, versions
from kb.library import OutsideTaxonomy
from kb.moment import Moment
from kb.repository import Repository, open_repository
from kb.severity import Severity

BUNDLE = Path(__file__).parents[3] / "shared" / "real" / "logingov-help.bundle"
KB = Path(__file__).parent / "logingov.kb.yml"
OUTSIDE = OutsideTaxonomy("logingov.kb.yml", KB.read_text())

pytestmark = pytest.mark.skipif(not BUNDLE.is_file(), reason="the bundles of ../shared/real are not on this machine")


@pytest.fixture(scope="module")
def logingov(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """Login.gov's help centre."""
    repository = open_repository(str(BUNDLE), tmp_path_factory.mktemp("clones"))
    yield repository
    repository.close()


def between(repository: Repository, old: str, new: str) -> dict[str, ArticleChange]:
    """What changed between two commits, by article."""
    commits = repository.resolve(old), repository.resolve(new)
    moments = [Moment(commit, commit.at) for commit in commits]
    return {change.id: change for change in changes(compare(repository, "", OUTSIDE, *moments), everything)}


@pytest.mark.parametrize(
    ("commit", "article", "figures"),
    [
        (
            "88e112a",
            "verify-your-identity-verify-your-address-by-mail",
            {"": "30 days → 21 days", ".es": "30 días → 21 días", ".fr": "30 jours → 21 jours", ".zh": "30 天 → 21 天"},
        ),
        (
            "a182841",
            "verify-your-identity-verify-your-identity-in-person",
            {"": "30 days → 7 days", ".es": "30 días → 7 días", ".fr": "30 jours → 7 jours", ".zh": "30 天 → 7 天"},
        ),
    ],
)
def test_a_changed_rule_is_named_in_every_language(
    logingov: Repository, commit: str, article: str, figures: dict[str, str]
) -> None:
    """Its figures old and new, and no translation is behind."""
    found = between(logingov, f"{commit}~1", commit)

    assert {name: [str(fact) for fact in change.facts] for name, change in found.items()} == {
        f"{article}{ending}": [figure] for ending, figure in figures.items()
    }
    assert {change.severity for change in found.values()} == {Severity.RULE}
    assert not any(change.behind for change in found.values())


@pytest.mark.parametrize("commit", ["489fc03", "6d44fab", "86f6168"])
def test_a_rewording_is_no_changed_rule(logingov: Repository, commit: str) -> None:
    """Capitals, another tone, a translation polished."""
    found = between(logingov, f"{commit}~1", commit)

    assert found
    assert [(change.id, list(map(str, change.facts))) for change in found.values() if change.severity is Severity.RULE] == []


def test_histories_run_through_the_move_of_the_folder(logingov: Repository) -> None:
    """The folder moved and the files were renamed in 2021; the article is older and stays one."""
    log = Log(logingov, "", OUTSIDE, logingov.resolve(None))
    found = versions(log, "verify-your-identity-verify-your-address-by-mail", everything)
    paths = [version.article.path for version in found if version.article]

    assert (paths[0].partition("/")[0], paths[-1].partition("/")[0]) == ("content", "_help")
    assert [version.current for version in found] == [True, *[False] * (len(found) - 1)]
    assert [str(fact) for fact in found[0].change.facts] == ["30 days → 21 days"]
