"""What people open by a link of a digest, and feed readers by an address: the token is the password that a browser asks for."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from api.events.ledger import Wanted
from api.events.readings_table import readings_of
from api.rate import Rates
from retriever.snapshot import Models
from tests.doors import Door, bearer, recording, three_tiers

ARTICLE, DIFFERENCE, FEED = "/articles/card-1", "/v1/articles/card-1/diff?format=html", "/v1/changes/feed"
BROWSER = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Door]:
    """A service that checks tokens."""
    folder = tmp_path_factory.mktemp("links")
    with three_tiers(folder, models) as made, recording(made, folder / "journal") as door:
        yield door


def basic(secret: str, name: str = "ana") -> dict[str, str]:
    """What a browser or a feed reader sends once it has asked for a password."""
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"}


@pytest.mark.parametrize("path", [ARTICLE, DIFFERENCE, FEED])
def test_the_token_is_the_password_whatever_the_name(door: Door, path: str) -> None:
    """With the rights of the token and no other."""
    secret = door.token()
    got = [door.client.get(path, headers=basic(secret, name)) for name in ("ana", "", "señora")]
    above = door.client.get(ARTICLE.replace("1", "2"), headers=basic(secret))
    wrong = door.client.get(path, headers=basic("fp_wrong"))

    assert [response.status_code for response in got] == [200] * 3
    assert (above.status_code, wrong.status_code) == (404, 401)


def test_only_what_people_open_by_a_link_takes_a_password(door: Door) -> None:
    """A browser sends it by itself, so nothing that writes or that a page's script reads may listen to it."""
    headers = basic(door.token())
    answers = [
        door.client.post("/v1/search", json={"q": "lost card"}, headers=headers),
        door.client.get("/v1/search?q=lost", headers=headers),
        door.client.get("/v1/articles/card-1", headers=headers),
        door.client.post("/v1/acknowledgements", json={"article": "card-1", "commit": "0" * 40}, headers=headers),
    ]

    assert {response.status_code for response in answers} == {401}
    assert {response.headers["WWW-Authenticate"] for response in answers} == {"Bearer"}


@pytest.mark.parametrize(
    ("lang", "title"), [("es-MX,es;q=0.9", "Inicie sesión para leer esto"), ("de", "Sign in to read this")]
)
def test_a_click_without_a_token_meets_a_page_that_says_what_to_do(door: Door, lang: str, title: str) -> None:
    """In the reader's language, behind the browser's own question; it says the same whether the article is there or not."""
    got = door.client.get("/articles/card-1?tier=1", headers={**BROWSER, "Accept-Language": lang})
    none = door.client.get("/articles/none?tier=1", headers={**BROWSER, "Accept-Language": lang})

    assert (got.status_code, none.status_code) == (401, 401)
    assert got.headers["WWW-Authenticate"].startswith('Basic realm="Fingerpost')
    assert title in got.text
    assert '<a href="/articles/card-1?tier=1">' in got.text
    assert none.text.replace("/none", "/card-1") == got.text


def test_neither_a_pages_script_nor_a_frame_is_asked_for_a_password(door: Door) -> None:
    """The browser would ask in the middle of a call when a session ends, or inside of another page, whoever made that."""
    asked = [
        door.client.get(ARTICLE, headers={"Sec-Fetch-Mode": "cors"}),
        door.client.get(ARTICLE, headers=bearer("fps_ended")),
        door.client.get(ARTICLE, headers={**BROWSER, "Sec-Fetch-Dest": "iframe"}),
    ]
    page = door.client.get(ARTICLE, headers={**BROWSER, "Sec-Fetch-Dest": "document"})

    assert [(response.status_code, response.headers["WWW-Authenticate"]) for response in asked] == [(401, "Bearer")] * 3
    assert page.headers["WWW-Authenticate"].startswith("Basic")


def test_another_sites_page_forges_no_reading(door: Door) -> None:
    """It can lead a browser that keeps the password to an article: the chain says so, and nobody has read or was met."""
    assert door.records is not None
    secret = door.token(name="Forged")
    ledger, reader = door.records.recorder.ledger, f"token:{door.id_of(secret)}"
    seen: list[tuple[Any, ...]] = []
    for site in ("cross-site", "none"):
        shown = door.client.get(ARTICLE, headers={**BROWSER, **basic(secret), "Sec-Fetch-Site": site}).status_code
        door.records.recorder.flush()
        links = list(ledger.links(Wanted("default", reader=reader)))
        read = len(readings_of(door.database, "default", reader))
        seen.append((shown, [(link.kind, link.facts().get("from_elsewhere", False)) for link in links], read))

    first = ("opened", True)
    assert seen == [(200, [first], 0), (200, [first, ("opened", False), ("met", False)], 1)]


def test_a_floor_that_clicks_at_once_is_not_taken_for_one_that_guesses(door: Door) -> None:
    """Two hundred agents behind one address; a wrong password counts as before."""
    state = door.client.app.state  # type: ignore[attr-defined]
    usual, state.rates = state.rates, Rates(usual=600, failures=5)
    clicks = {door.client.get(ARTICLE, headers=BROWSER).status_code for _ in range(20)}
    guesses = [door.client.get(ARTICLE, headers=basic("fp_guess")).status_code for _ in range(7)]
    state.rates = usual

    assert (clicks, guesses[0], guesses[-1]) == ({401}, 401, 429)


@pytest.mark.parametrize("given", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff").decode(), "Basic YW5h"])
def test_a_password_that_is_none_is_refused(door: Door, given: str) -> None:
    """Without a word of what was wrong with it."""
    assert door.client.get(ARTICLE, headers={"Authorization": given}).status_code == 401
