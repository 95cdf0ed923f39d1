"""Two repositories that were not written for us, indexed and searched through an outside `kb.yml`, unedited."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.guidance import Answered, Ask, Guidance
from api.indexing import index
from api.live import LiveSpace
from api.reader import LOOPBACK
from api.source import Source, outside_taxonomy
from api.space import DEFAULT, Space
from retriever.snapshot import Models

HERE = Path(__file__).parent
BUNDLES = HERE.parents[1].parent / "shared" / "real"

Asking = Callable[..., Answered]


@pytest.fixture(scope="module")
def asking(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Asking]:
    """Opens a bundle through its outside taxonomy, and asks it."""
    data = tmp_path_factory.mktemp("foreign")

    def opened(bundle: str, taxonomy: str) -> Asking:
        if not BUNDLES.is_dir():
            pytest.skip("the bundles in ../shared/real are not beside this checkout")
        source = Source(str(BUNDLES / bundle), None, "", outside_taxonomy(HERE / taxonomy))
        space = Space(DEFAULT, source, data, models)
        index(space)
        live = LiveSpace(space, refresh_seconds=3600)
        live.start()
        guidance = Guidance({DEFAULT: live}, models)
        return lambda q, **scope: guidance.ask(Ask(q=q, **scope), LOOPBACK)

    return opened


@pytest.fixture(scope="module")
def logingov(asking: Callable[[str, str], Asking]) -> Asking:
    """Login.gov's help centre."""
    return asking("logingov-help.bundle", "logingov.kb.yml")


@pytest.fixture(scope="module")
def btcpay(asking: Callable[[str, str], Asking]) -> Asking:
    """BTCPay Server's documentation."""
    return asking("btcpay-docs.bundle", "btcpay.kb.yml")


@pytest.mark.parametrize(
    ("question", "article", "lang"),
    [
        (
            "she receives security codes that she did not request",
            "fraud-concerns-i-am-receiving-security-codes-that-i-did-not-request",
            "en",
        ),
        ("which documents can I use to verify my identity", "verify-your-identity-accepted-id-type", "en"),
        ("no puedo entrar, se me olvidó la contraseña", "trouble-signing-in-forgot-your-password", "es"),
    ],
)
def test_login_gov_answers_in_the_language_of_the_question(logingov: Asking, question: str, article: str, lang: str) -> None:
    """The page stands among the first three, and is shown in the question's language."""
    hits = logingov(question).answer.hits[:3]

    assert (article, lang) in [(hit.article.group, hit.article.lang) for hit in hits]


def test_a_page_in_four_languages_is_one_hit(logingov: Asking) -> None:
    """No group of translations stands twice in an answer."""
    groups = [hit.article.group for hit in logingov("change my password", limit=50).answer.hits]

    assert len(groups) == len(set(groups))


def test_content_in_front_matter_lists_is_found(logingov: Asking) -> None:
    """The documents that are refused stand in a list of the front matter, and answer a question about them."""
    hit = logingov("does it accept military IDs or firearm license cards").answer.hits[0]

    assert hit.article.group == "verify-your-identity-accepted-id-type"
    assert "Military IDs" in hit.passage.text


@pytest.mark.proof
def test_one_faq_file_answers_by_its_headings(btcpay: Asking) -> None:
    """A page of dozens of questions is found at the right one."""
    hit = btcpay("what is a payout and how do I approve it").answer.hits[0]

    assert "ayout" in " ".join([hit.article.title, *hit.passage.heading])


def test_an_older_commit_answers_as_it_was(logingov: Asking) -> None:
    """as_of works on a history that nobody wrote for us: on 4 August 2026 passport cards were accepted, on the 1st not yet."""
    question = "accepted ID types: passport book or passport card"

    then = logingov(question, as_of=datetime(2026, 8, 1, tzinfo=UTC)).answer.hits[0]
    now = logingov(question).answer.hits[0]

    assert then.article.id == now.article.id == "verify-your-identity-accepted-id-type"
    assert "U.S. Passport book and cards." not in then.article.body
    assert "U.S. Passport book and cards." in now.article.body
