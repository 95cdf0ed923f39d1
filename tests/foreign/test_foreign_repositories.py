"""Two real repositories that were not written for us, read as they are."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from kb.adoption_proposal import propose
from kb.article import Article
from kb.library import Library, OutsideTaxonomy, Skipped
from kb.plain import plain
from kb.reading import read_library
from kb.repository import Repository, open_repository
from kb.tree import Tree

BUNDLES = Path(__file__).parents[3] / "shared" / "real"
HERE = Path(__file__).parent
LIQUID = re.compile(r"\{%|%\}|\{\{|\{:|page\.\w+_list|<img|\[\[toc")

pytestmark = pytest.mark.skipif(not BUNDLES.is_dir(), reason="the bundles of ../shared/real are not on this machine")


@pytest.fixture(scope="module")
def clones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the bundles are kept while these tests run."""
    return tmp_path_factory.mktemp("clones")


@pytest.fixture(scope="module")
def logingov(clones: Path) -> Iterator[Repository]:
    """Login.gov's help centre."""
    repository = open_repository(str(BUNDLES / "logingov-help.bundle"), clones)
    yield repository
    repository.close()


@pytest.fixture(scope="module")
def btcpay(clones: Path) -> Iterator[Repository]:
    """BTCPay Server's documentation."""
    repository = open_repository(str(BUNDLES / "btcpay-docs.bundle"), clones)
    yield repository
    repository.close()


def tree(repository: Repository, commit: str | None = None) -> Tree:
    """Every file of a commit."""
    return repository.tree(repository.resolve(commit), "")


@cache  # a commit never changes
def read(repository: Repository, kb: str, commit: str | None = None) -> Library:
    """A commit, read with one of the taxonomies beside this file."""
    return read_library(tree(repository, commit), OutsideTaxonomy(kb, (HERE / kb).read_text()))


def words(article: Article) -> str:
    """What a reader of the article sees."""
    return "\n".join(plain(article.body[section.start : section.end]) for section in article.sections)


def pages(found: Tree) -> int:
    """How many Markdown pages a commit has, without its licence."""
    return sum(file.path.endswith(".md") and file.path != "LICENSE.md" for file in found.files)


def test_logingov_is_read_in_four_languages(logingov: Repository) -> None:
    """Every page is an article, the licence is skipped with its reason, and nothing warns."""
    library = read(logingov, "logingov.kb.yml")

    assert Counter(article.lang for article in library.articles) == {"en": 55, "es": 55, "fr": 55, "zh": 55}
    assert library.skipped == (Skipped("LICENSE.md", "not taken by adopt.include"),)
    assert library.warnings == ()


def test_logingovs_translations_are_grouped_under_their_english_page(logingov: Repository) -> None:
    """Fifty-five groups of four."""
    groups = Counter(article.group for article in read(logingov, "logingov.kb.yml").articles)

    assert len(groups) == 55
    assert set(groups.values()) == {4}


def test_logingovs_categories_are_products(logingov: Repository) -> None:
    """Their word, our list."""
    counted = Counter(product for article in read(logingov, "logingov.kb.yml").articles for product in article.products)

    assert counted == {
        "sign-in": 52,
        "create-account": 40,
        "manage-account": 40,
        "verify-identity": 36,
        "agencies": 28,
        "fraud": 24,
    }


def test_logingovs_content_lists_stand_where_the_template_shows_them(logingov: Repository) -> None:
    """What may be used as an ID, and what may not, each under its own heading."""
    library = read(logingov, "logingov.kb.yml")
    article = next(found for found in library.articles if found.id == "verify-your-identity-accepted-id-type")
    under = {section.heading[-1]: article.body[section.start : section.end] for section in article.sections if section.heading}

    assert "- **Driver's license** from all 50 states" in under["Login.gov accepts these ID types:"]
    assert "- Non-U.S. passports\n- Military IDs" in under["We do not accept:"]
    assert "Non-U.S. passports" not in under["Login.gov accepts these ID types:"]


def test_no_template_code_is_shown(logingov: Repository, btcpay: Repository) -> None:
    """Neither Liquid nor tags nor a table of contents that was never made."""
    shown = [
        (article.id, found[0])
        for library in (read(logingov, "logingov.kb.yml"), read(btcpay, "btcpay.kb.yml"))
        for article in library.articles
        if (found := LIQUID.search(words(article)))
    ]

    assert shown == []


def test_btcpay_is_read_without_front_matter(btcpay: Repository) -> None:
    """Folders say what a page is about, its first heading what it is called."""
    library = read(btcpay, "btcpay.kb.yml")

    assert len(library.articles) == 114
    assert library.skipped == (Skipped("LICENSE", "not taken by adopt.include"),)
    assert Counter(product for article in library.articles for product in article.products) == {
        "server": 47,
        "deployment": 20,
        "development": 12,
        "contribute": 11,
        "faq": 11,
        "wallets": 9,
        "shops": 4,
    }
    assert next(article.title for article in library.articles if article.id == "faq-general") == "General FAQ"


def test_btcpays_questions_are_units(btcpay: Repository) -> None:
    """One FAQ file holds dozens of questions; each is a section that a link can name."""
    library = read(btcpay, "btcpay.kb.yml")
    faq = next(article for article in library.articles if article.id == "faq-general")
    anchors = {section.anchor: section.heading for section in faq.sections}

    assert anchors["what-is-btcpay-server"] == ("General FAQ", "What is BTCPay Server?")
    assert sum(heading[-1].endswith("?") for heading in anchors.values() if heading) == 20


def test_btcpays_containers_keep_their_words(btcpay: Repository) -> None:
    """`:::tip` and `:::warning` are not ours: the fence goes, title and text stay."""
    library = read(btcpay, "btcpay.kb.yml")
    text = "\n".join(words(article) for article in library.articles)

    assert "Both The Recovery words AND the password are needed to recover this wallet" in text
    assert not re.search(r"::: ?(tip|warning|danger|info)", text)


def spread(repository: Repository, first: int) -> list[str]:
    """Ten commits over the first-parent history, from the number `first` on."""
    commits = repository._git("rev-list", "--first-parent", "--reverse", repository.resolve(None).sha).split()
    return [commits[first + (len(commits) - 1 - first) * step // 9] for step in range(10)]


@pytest.fixture(scope="module")
def logingovs_past(logingov: Repository) -> list[Library]:
    """Ten commits of Login.gov, oldest first."""
    return [read(logingov, "logingov.kb.yml", commit) for commit in spread(logingov, 66)]


def test_logingovs_past_is_read_before_and_after_its_folder_moved(logingov: Repository, logingovs_past: list[Library]) -> None:
    """Nothing is skipped but the licence and pages that held nothing except a template tag."""
    reasons: Counter[str] = Counter()
    folders: set[str] = set()
    for library in logingovs_past:
        assert library.commit is not None
        reasons.update(skip.reason.partition(": ")[2] or skip.reason for skip in library.skipped)
        folders.update(article.path.partition("_help/")[0] for article in library.articles)
        assert len(library.articles) + len(library.skipped) == len(tree(logingov, library.commit.sha).files)

    assert folders == {"", "content/"}
    assert set(reasons) == {
        "not taken by adopt.include",
        "the article has no text below its front matter. Write it, or remove the file.",
    }


def test_an_id_survives_the_move_of_its_folder(logingovs_past: list[Library]) -> None:
    """The folder's name is no part of it."""
    ids = [{article.id for article in library.articles} for library in logingovs_past]

    assert all(not name.startswith(("content", "help", "_help")) for names in ids for name in names)
    assert "verify-your-identity-overview" in set.intersection(*ids[3:])


def test_btcpays_past_is_read_whole(btcpay: Repository) -> None:
    """Every page of ten commits since 2019."""
    for commit in spread(btcpay, 20):
        assert len(read(btcpay, "btcpay.kb.yml", commit).articles) == pages(tree(btcpay, commit)), commit


@pytest.mark.parametrize(("name", "least"), [("logingov", 220), ("btcpay", 114)])
def test_a_proposal_alone_reads_the_repository(name: str, least: int, request: pytest.FixtureRequest) -> None:
    """What `kb new --adopt` writes is a taxonomy that reads every page without a correction."""
    found = tree(request.getfixturevalue(name))

    library = read_library(found, OutsideTaxonomy("proposed.yml", propose(found)))

    assert (len(library.articles), pages(found)) == (least, least)


def test_the_proposal_for_logingov_sees_what_a_person_would(logingov: Repository) -> None:
    """Languages by suffix, products by category, content lists by name."""
    found = tree(logingov)
    proposed = propose(found)

    adopted = read_library(found, OutsideTaxonomy("proposed.yml", proposed))

    assert list(adopted.taxonomy.languages) == ["en", "es", "fr", "zh"]
    assert sorted(adopted.taxonomy.products) == [
        "create-account",
        "fraud-concerns",
        "manage-your-account",
        "specific-agencies",
        "trouble-signing-in",
        "verify-your-identity",
    ]
    assert len({article.group for article in adopted.articles}) == 55
    assert re.findall(r"    - \"(\w+)\"", proposed) == [
        "bring_list",
        "can_verify_list",
        "cannot_verify_list",
        "do_list",
        "dont_list",
        "id_info_list",
        "maybe_verify_list",
        "verify_identity_list",
    ]


def test_the_proposal_for_btcpay_sorts_by_folder(btcpay: Repository) -> None:
    """Nothing else sorts these pages."""
    found = tree(btcpay)

    adopted = read_library(found, OutsideTaxonomy("proposed.yml", propose(found)))

    assert Counter(product for article in adopted.articles for product in article.products) == {
        "general": 60,
        "deployment": 20,
        "development": 12,
        "contribute": 11,
        "faq": 11,
    }
