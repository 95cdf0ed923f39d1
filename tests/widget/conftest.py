"""A small knowledge base behind a real service, and the sidebar in a real browser beside it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from api.database import Database
from api.events.ledger import Ledger
from api.events.recorder import Recorder
from api.events.records import Records
from retriever.snapshot import Models
from tests.browser import served
from tests.doors import TICKETS
from tests.world import TAXONOMY, World

DEBIT = """\
## Check first

Ask when the debit was posted. The customer has 60 days.

:::say
I am sorry about this debit. We will look into it within 10 business days.
:::

:::dont-say
You will surely get your money back.
:::

:::internal
Above 2,500 USD the fraud desk looks first.
:::

## Start the claim

Open the claim in the console. It takes a chargeback form.
"""

TREE = """\
:::step start
Is the card in the customer's hands?

- Yes -> posted
- No -> escalate: cards-l2
:::

:::step posted
Was the payment posted?

- Yes -> resolved: Explain the charge.
- No -> resolved: Wait for one day.
:::
"""


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory, models: Models) -> World:
    """Five articles."""
    world = World(tmp_path_factory.mktemp("desk"), models)
    world.repo.mkdir()
    world.git("init", "--quiet", "--initial-branch=main")
    world.write("kb.yml", TAXONOMY + "glossary: glossary.yml\n")
    world.write(
        "glossary.yml",
        "terms:\n  - {id: cb, en: chargeback, es: contracargo, note: {en: Not aclaración.}, places: {MX: Say contracargo.}}\n",
    )
    world.article(
        "debit.md",
        DEBIT,
        id="debit",
        title="Customer did not authorise a debit",
        products=["transfers"],
        jurisdictions=["US"],
        identity_check="elevated",
        escalation={"to": "payments-l2", "when": "a large amount", "collect": ["trace number", "date posted"]},
    )
    world.article("tree.md", TREE, id="tree", title="Trace a card payment that failed", products=["cards"])
    world.article(
        "fee-qc.md", "No late fee may be charged in Quebec.", id="fee-qc", title="Late fee in Quebec", jurisdictions=["CA-QC"]
    )
    world.article("fee.md", "The late fee is 25 USD.", id="fee", title="Late fee", jurisdictions=["US"], review_by="2020-01-01")
    world.article("limits.md", "Raise the wire limit in the console.", id="limits", title="Raise the wire limit", tier=2)
    return world


@pytest.fixture(scope="module")
def desk(guide: World) -> Iterator[str]:
    """The service over them, with its event store: its address."""
    database = Database(f"sqlite:///{guide.root / 'events.sqlite'}")
    records = Records(Recorder(guide.root / "journal", Ledger(database)), str, TICKETS)
    with served(guide.client(records).app) as address:  # type: ignore[arg-type]  # the test client holds what it was given
        yield address
    records.recorder.close()
    database.close()


Open = Callable[..., Page]


@pytest.fixture
def sidebar(browser: Browser, desk: str) -> Iterator[Open]:
    """Opens the sidebar's page in a browser of its own; fails the test if the page throws, or breaks its own policy."""
    contexts, complaints = [], []

    def open_(path: str = "/sidebar", *, locale: str = "en-US", width: int = 400, **options: object) -> Page:
        context = browser.new_context(locale=locale, viewport={"width": width, "height": 800}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(desk + path)
        page.locator("kb-sidebar textarea").wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
