"""An agent's whole day in the sidebar, in a real browser, by keys alone: in both languages, at each width."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from api.composition import open_records
from api.database import Database
from api.settings import read_settings
from retriever.snapshot import Models
from tests.api.digests.floor import TEAMS, Floor
from tests.browser import served
from tests.widget.conftest import DEBIT, TREE
from tests.widget.test_sidebar import SLOW
from tests.world import TAXONOMY, World

# Everyone works through the story once: the first try of a drill counts, and what is acknowledged waits no more.
AGENTS: Final = {
    ("en-US", 400): "ana",
    ("es-MX", 320): "luis",
    ("en-US", 320): "eva",
    ("es-MX", 400): "rosa",
    ("en-US", 1280): "ben",
    ("es-MX", 1280): "maya",
}
GLOSSARY: Final = "terms:\n  - {id: cb, en: chargeback, es: contracargo, note: {en: Not aclaración.}}\n"

FEES: Final = (
    "## Figures\n\nThe late fee:\n\n| days | fee |\n| --- | --- |\n| 4 | 10 USD |\n\nIn the console:\n\n```\nfee waive 1\n```\n"
)


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Floor]:
    """A team of six, a rule that changed, and the articles of a day."""
    root = tmp_path_factory.mktemp("story")
    world = World(root, models)
    world.repo.mkdir()
    world.git("init", "--quiet", "--initial-branch=main")
    database = Database(f"sqlite:///{root}/events.sqlite")
    records = open_records(read_settings(data_dir=root / "data"), database)
    floor = Floor(world, database, records)
    members = f"members: [{', '.join(AGENTS.values())}]"
    world.write("kb.yml", TAXONOMY + "glossary: glossary.yml\n" + TEAMS.replace("members: [ana, luis]", members))
    world.write("glossary.yml", GLOSSARY)
    world.article(
        "debit.md",
        DEBIT,
        id="debit",
        title="Customer did not authorise a debit",
        products=["transfers"],
        identity_check="elevated",
        escalation={"to": "payments-l2", "when": "a large amount", "collect": ["trace number", "date posted"]},
    )
    world.article("tree.md", TREE, id="tree", title="Trace a card payment that failed", products=["cards"])
    world.article("fee.md", "The late fee is 25 USD.", id="fee", title="Late fee", jurisdictions=["US"])
    california = {"jurisdictions": ["US-CA"], "overrides": "fee", "effective_from": "2020-02-01", "review_by": "2020-03-01"}
    world.article("us-ca.md", FEES, id="us-ca", title="Late fee in US-CA", **california)
    world.article("ca-qc.md", "No late fee.", id="ca-qc", title="Late fee in CA-QC", jurisdictions=["CA-QC"])
    world.article("pin.md", "Unblock the PIN in the console. It takes 2 days.", id="pin", title="A PIN is blocked")
    spanish = {"title": "Un NIP bloqueado", "lang": "es", "translation_of": "pin"}
    world.article("pin-es.md", "Desbloquee el NIP en la consola. Tarda 2 días.", id="pin-es", **spanish)
    world.article("wire.md", "Raise the wire limit in the console.", id="wire", title="Raise the wire limit", tier=2)
    floor.publish()
    world.article("pin.md", "Unblock the PIN at an ATM. It takes 3 days.", id="pin", title="A PIN is blocked")
    soon = datetime.now(UTC) + timedelta(seconds=1)  # a second is what git can tell apart
    world.commit(at=soon.isoformat(timespec="seconds"))
    world.live.update()  # its translation is behind from now on
    yield floor
    records.recorder.close()
    database.close()


@dataclass
class Agent:
    """Hands on a keyboard, and eyes. words: what the sidebar says in the agent's language."""

    page: Page
    words: dict[str, Any]
    width: int

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def ask(self, text: str) -> None:
        """Go to the question from wherever one is, write another one, and see what came."""
        self.press("Escape", "Escape", "Escape", "/", "ControlOrMeta+a")
        expect(self.page.locator("textarea")).to_be_focused()
        with self.page.expect_response("**/v1/search"):
            self.page.keyboard.insert_text(text)
        expect(self.page.locator(".main")).to_have_attribute("aria-busy", "false")

    def open(self, title: str) -> None:
        """The first hit."""
        expect(self.page.locator(".hit .title").first).to_have_text(title, timeout=SLOW)
        self.press("Enter")
        expect(self.page.locator(".hit .title").first).to_be_focused()
        self.press("Enter")
        expect(self.page.locator("article h1")).to_be_focused(timeout=SLOW)

    def go(self, wanted: str) -> None:
        """Tab until that is focused."""
        focused = f"document.querySelector('kb-sidebar').shadowRoot.activeElement?.matches({wanted!r})"
        for _ in range(60):
            if self.page.evaluate(focused):
                return
            self.press("Tab")
        raise AssertionError(f"{wanted} cannot be reached by Tab")

    def sees(self, wanted: str, text: str) -> None:
        """It is there, and nothing is cut off."""
        expect(self.page.locator(wanted).first).to_contain_text(text, timeout=SLOW)
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.width

    def copied(self) -> str:
        """What was copied last."""
        self.sees(".status", self.words["copied"])
        return str(self.page.evaluate("navigator.clipboard.readText()"))


@pytest.fixture
def agent(floor: Floor, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Agent]:
    """One of them, with the page open."""
    locale, width = request.param
    complaints: list[str] = []
    with ExitStack() as closing:
        client = floor.client(floor.reader(AGENTS[locale, width]))
        address = closing.enter_context(served(client.app))  # type: ignore[arg-type]  # the test client holds it
        context = browser.new_context(
            locale=locale, viewport={"width": width, "height": 800}, permissions=["clipboard-read", "clipboard-write"]
        )
        page = closing.enter_context(context).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script("document.addEventListener('kb-insert', ({ detail }) => { window.inserted = detail })")
        page.goto(f"{address}/sidebar")
        page.locator(".chip select").first.wait_for(timeout=SLOW)
        spoken = "import(document.querySelector('script').src.replace('page.js', 'words.js')).then((it) => it.wordsFor(null))"
        yield Agent(page, page.evaluate(f"{spoken}.then((it) => JSON.parse(JSON.stringify(it)))"), width)
    assert complaints == []


def _cases() -> Iterator[Any]:
    """Two of the six in every run, the rest among the slow proofs."""
    for number, case in enumerate(AGENTS):
        yield pytest.param(case, id=f"{case[0][:2]}-{case[1]}", marks=[pytest.mark.proof] if number > 1 else [])


@pytest.mark.parametrize("agent", list(_cases()), indirect=True)
def test_a_whole_day_needs_no_mouse(agent: Agent) -> None:
    """From the first question to the last drill, each thing that an agent does."""
    for part in (
        _asks_and_corrects,
        _reads_and_takes,
        _walks_the_steps,
        _looks_back,
        _does_what_waits,
        _finds_nothing,
        _works_on,
    ):
        part(agent)


def _asks_and_corrects(agent: Agent) -> None:
    """Suggestions, hits with reasons, a place read from the question and corrected, what was asked before."""
    words, page = agent.words, agent.page
    agent.press("/")
    page.keyboard.insert_text("tr")
    agent.sees(".suggestions h2", words["suggestions"])
    agent.ask("late fee for a customer in Quebec")
    agent.sees(".hit .title", "Late fee in CA-QC")
    agent.sees(".chip.inferred", words["inferred"])
    expect(page.locator(".hit .why").first).not_to_be_empty()
    expect(page.locator(".snippet mark").first).to_be_visible()

    agent.press("Alt+p")
    expect(page.locator("select[name=place]")).to_be_focused()
    page.keyboard.type("California")
    agent.sees(".hit .title", "Late fee in US-CA")
    expect(page.locator(".chip.inferred select[name=place]")).to_have_count(0)
    expect(page.locator(".hit .why").first).to_contain_text(re.compile(r"(replaces|reemplaza a) Late fee \(US\)"))
    expect(page.locator(".hit").first.locator(".facts li")).to_contain_text(["1", "EN", "2020-02-01", "2020-03-01"])
    agent.press("Escape", "ArrowDown", "ArrowUp", "Enter")
    agent.sees("article h1", "Late fee in US-CA")
    agent.sees(".body table td", "4")
    agent.sees(".body pre code", "fee waive 1")
    agent.press("Escape", "Alt+p", "Home")
    agent.sees(".hit .title", "Late fee in CA-QC")

    agent.ask("el NIP está bloqueado")
    agent.sees(".hit .title", "Un NIP bloqueado")
    agent.sees(".hit .facts .warn", f"{words['behind']}; 2 days → 3 days")
    agent.ask("late fee for a customer in Quebec")

    agent.press("/", "ControlOrMeta+a", "Backspace")
    agent.sees(".suggestions h2", words["recent"])
    agent.go(".suggestions button")
    agent.press("Enter")
    expect(page.locator("textarea")).to_have_value("late fee for a customer in Quebec")
    agent.sees(".hit .title", "Late fee in CA-QC")


def _reads_and_takes(agent: Agent) -> None:
    """Whom to verify and to escalate to, a term, what is said word for word, copied and inserted with its source; reported."""
    words, page = agent.words, agent.page
    agent.ask("customer never authorised this debit")
    agent.open("Customer did not authorise a debit")
    agent.sees(".first .check", words["identity"]["elevated"])
    for kind, said in (("say", "say"), ("dont-say", "dontSay"), ("internal", "internal")):
        agent.sees(f".kb-{kind} .label", words[said])
    expect(page.locator(".body .found").first).to_be_visible()
    agent.go("input[type=checkbox]")
    agent.press("Space", "e")
    assert agent.copied().startswith(f"{words['escalation']}: Payments\n")
    assert "- [x] trace number\n- [ ] date posted" in agent.copied()
    agent.go(".term")
    expect(page.locator(".tip").first).to_be_visible()
    agent.sees(".tip", "contracargo")

    agent.press("c")
    assert "I am sorry about this debit." in agent.copied()
    assert "(Customer did not authorise a debit: debit, " in agent.copied().replace(" : ", ": ")
    agent.press("i")
    agent.sees(".status", words["inserted"])
    assert page.evaluate("window.inserted.source.id") == "debit"
    for key in ("w", "o", "g"):
        with page.expect_response("**/v1/feedback") as answered:
            agent.press(key)
        assert answered.value.status == 201
    agent.sees(".status", words["reported"])


def _walks_the_steps(agent: Agent) -> None:
    """Forward, back, to the end; and its trail."""
    words = agent.words
    agent.ask("trace a card payment that failed")
    agent.open("Trace a card payment that failed")
    agent.go(".choices button")
    agent.press("Enter")
    agent.sees(".walk .question p", "Was the payment posted?")
    agent.go(".walk .row button")
    agent.press("Enter")
    agent.sees(".walk .question p", "Is the card in the customer's hands?")
    agent.press("Enter", "Tab", "Enter")
    agent.sees(".walk .ending", words["resolved"])
    agent.go(".walk .row button:last-child")
    agent.press("Enter")
    assert agent.copied().endswith(f"2. Was the payment posted? No\n{words['resolved']}: Wait for one day.")


def _looks_back(agent: Agent) -> None:
    """The history of a rule and the figure that moved; another day, under a banner, and back."""
    words, page = agent.words, agent.page
    agent.ask("how much can be paid with a card")
    agent.open("How much can be paid with a card")
    agent.press("h")
    agent.sees(".history h1", words["history"])
    agent.sees(".difference .moved del", "500 USD")
    agent.sees(".difference .moved ins", "900 USD")
    agent.press("Escape", "Escape", "/")

    agent.go("input[name=as-of]")
    page.keyboard.type("01012001")
    agent.sees(".past", "2001-01-01")
    expect(page.locator(".hit")).to_have_count(0)
    agent.go(".past button")
    agent.press("Enter")
    expect(page.locator(".past")).to_have_count(0)
    agent.sees(".hit .title", "How much can be paid with a card")


def _does_what_waits(agent: Agent) -> None:
    """The rule is read and acknowledged, the drill taken; then nothing waits."""
    words, page = agent.words, agent.page
    agent.press("Escape", "m")
    agent.sees(".must-reads h2", words["mustRead"])
    agent.press("Enter")
    agent.sees(".waits", words["mustReadThis"])
    agent.press("a")
    agent.sees(".status", words["thanks"])
    agent.press("Escape", "Escape", "t")
    agent.sees(".drill h2", "How much can be paid with a card")
    focused = "document.querySelector('kb-sidebar').shadowRoot.activeElement.textContent"
    while page.evaluate(focused) != "900 USD":
        agent.press("Tab")
    agent.press("Enter")
    agent.sees(".drill .ending", words["certified"])
    agent.press("Escape")
    expect(page.locator(".waiting")).to_have_count(0)


def _finds_nothing(agent: Agent) -> None:
    """A refusal with a way on, a text above one's level, a number that must not be sent."""
    words, page = agent.words, agent.page
    agent.ask("how do I bake sourdough bread")
    agent.sees(".doubt", words["refused"])
    agent.press("Enter")
    with page.expect_response("**/v1/feedback") as answered:
        agent.press("g")
    assert answered.value.json()["verdict"] == "missing"
    agent.press("Alt+p")
    page.keyboard.type("M")
    agent.ask("late fee in Quebec")
    agent.sees(".leads h2", words["leads"])
    agent.press("Alt+p", "Home")
    agent.ask("raise the wire limit")
    agent.sees(".above", words["escalate"])
    expect(page.locator("kb-sidebar")).not_to_contain_text("in the console")
    agent.ask("charge on card 4111 1111 1111 1111 not authorised")
    agent.sees(".redacted", words["kinds"]["card_number"])
    expect(page.locator("textarea")).not_to_have_value("4111")


def _works_on(agent: Agent) -> None:
    """Without a connection, and with it again; then the list of all keys."""
    words, page = agent.words, agent.page
    page.context.set_offline(True)
    agent.press("/", "ControlOrMeta+a")
    page.keyboard.insert_text("trace a card payment that failed")
    agent.sees(".trouble", words["why"]["offline"])
    agent.sees(".trouble", words["retrying"])
    page.context.set_offline(False)
    agent.sees(".hit .title", "Trace a card payment that failed")
    expect(page.locator(".trouble")).to_have_count(0)
    agent.press("Enter", "?")
    agent.sees(".keys h2", words["keys"])
    expect(page.locator(".keys dt")).to_have_count(18)
    agent.press("Escape")
    expect(page.locator(".hit .title").first).to_be_focused()
    agent.press("Enter")
    expect(page.locator("article h1")).to_be_focused(timeout=SLOW)
    agent.press("?", "Escape")
    expect(page.locator("article h1")).to_be_focused()
    agent.press("/", "Escape")
    expect(page.locator("article h1")).to_be_focused()
