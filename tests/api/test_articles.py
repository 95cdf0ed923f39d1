"""Opening one article: what is shown, what is not, and how it is cached."""

from tests.world import World

BODY = """\
Look at the card first.

:::tier 2
Raise the limit in the console.
:::

:::only US-CA
California text.
:::

## What to say

:::say
Your card is **frozen**.
:::
"""


def test_an_article_comes_rendered_and_raw_without_the_parts_of_other_readers(world: World) -> None:
    """A frontline reader in New York sees neither the specialist's part nor California's."""
    world.article("card.md", BODY, id="card", jurisdictions=["US"])

    article = world.client().get("/v1/articles/card", params={"jurisdiction": "US-NY"}).json()

    assert article["markdown"] == (
        "Look at the card first.\n\n\n\n\n\n## What to say\n\n:::say\nYour card is **frozen**.\n:::\n"
    )
    assert article["html"] == (
        '<p>Look at the card first.</p>\n<h2 id="what-to-say">What to say</h2>\n<section class="kb-say" data-name="">\n'
        "<p>Your card is <strong>frozen</strong>.</p>\n</section>\n"
    )


def test_a_reader_of_the_tier_and_place_sees_the_parts(world: World) -> None:
    """The same article for a specialist with a customer in California."""
    world.article("card.md", BODY, id="card", jurisdictions=["US"])

    article = world.client().get("/v1/articles/card", params={"jurisdiction": "US-CA", "tier": 2}).json()

    assert "Raise the limit in the console." in article["markdown"]
    assert "California text." in article["html"]


def test_a_hidden_article_and_one_that_is_not_there_look_alike(world: World) -> None:
    """A tier-2 article answers a tier-1 reader as if it did not exist."""
    world.article("secret.md", id="secret", tier=2)
    client = world.client()

    hidden = client.get("/v1/articles/secret")
    missing = client.get("/v1/articles/secrex")

    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["detail"] == "There is no article 'secret' here that you may read."
    assert missing.json()["detail"] == "There is no article 'secrex' here that you may read."


def test_an_article_says_whether_it_is_the_rule_there_and_then(world: World) -> None:
    """Replaced in California, in force in New York, not yet in force last year."""
    world.article("fee.md", id="fee", jurisdictions=["US"], effective_from="2026-01-01")
    world.article("fee-ca.md", id="fee-ca", jurisdictions=["US-CA"], overrides="fee")
    client = world.client()

    def rule(**scope: str) -> tuple[bool, str | None]:
        article = client.get("/v1/articles/fee", params={"effective_on": "2026-05-01", **scope}).json()
        return article["in_force"], article["replaced_by"]

    assert rule(jurisdiction="US-CA") == (False, "fee-ca")
    assert rule(jurisdiction="US-NY") == (True, None)
    assert rule(jurisdiction="CA") == (False, None)
    assert rule(jurisdiction="US-NY", effective_on="2025-05-01") == (False, None)


def test_an_article_that_has_not_changed_is_not_sent_twice(world: World) -> None:
    """ETag and If-None-Match, also as time goes by; a new text has a new tag."""
    world.article("card.md", "First text.", id="card")
    client = world.client()
    tag = client.get("/v1/articles/card").headers["etag"]

    again = client.get("/v1/articles/card", headers={"If-None-Match": tag})
    world.article("card.md", "Second text.", id="card")
    world.publish()
    changed = client.get("/v1/articles/card", headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert changed.json()["markdown"] == "Second text.\n"


def test_an_article_can_be_opened_as_it_was(world: World) -> None:
    """as_of gives the text of that commit."""
    world.article("card.md", "First text.", id="card")
    first = world.commit()
    world.article("card.md", "Second text.", id="card")
    world.commit()

    article = world.client().get("/v1/articles/card", params={"as_of": first}).json()

    assert article["markdown"] == "First text.\n"
    assert article["index"]["commit"] == first


def test_the_page_holds_no_script_whatever_the_article_holds(world: World) -> None:
    """Markdown is untrusted: scripts, handlers and javascript links are gone, and the policy forbids them anyway."""
    body = "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n[x](javascript:alert(1))\n"
    world.article("bad.md", body, id="bad", title="'<script>alert(1)</script>'")

    page = world.client().get("/articles/bad")

    assert "<script" not in page.text.lower()
    assert "onerror" not in page.text
    assert 'href="javascript:' not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_steps_come_as_a_tree(world: World) -> None:
    """Guided troubleshooting is data, so that a sidebar can walk it."""
    body = ":::step start\nIs it pending?\n\n- Yes -> resolved: Wait a day.\n- No -> escalate: payments-l2\n:::\n"
    world.article("trace.md", body, id="trace")

    article = world.client().get("/v1/articles/trace").json()

    assert article["steps"] == [
        {
            "name": "start",
            "question": "Is it pending?",
            "answers": [
                {"text": "Yes", "step": None, "resolved": "Wait a day.", "escalate": None},
                {"text": "No", "step": None, "resolved": None, "escalate": "payments-l2"},
            ],
        }
    ]


def test_a_draft_opens_for_nobody(world: World) -> None:
    """A draft answers as if it were not there, and no other article names it."""
    world.article("card.md", id="card", supersedes=["secret"])
    world.article("secret.md", id="secret", status="draft")
    client = world.client()

    assert client.get("/v1/articles/secret").status_code == 404
    assert client.get("/v1/articles/card").json()["supersedes"] == []


def test_the_address_of_a_hit_opens_what_the_hit_showed(world: World) -> None:
    """Tier and place travel with it, so that the page holds the passage."""
    world.article("card.md", BODY, id="card", jurisdictions=["US"])
    client = world.client()
    body = {"q": "raise the limit in the console", "jurisdiction": "US-CA", "tier": 2}
    hit = client.post("/v1/search", json=body).json()["hits"][0]

    assert hit["url"] == "/articles/card?jurisdiction=US-CA&tier=2"
    assert hit["snippet"] in client.get(hit["url"]).text


def test_a_page_never_calls_an_expired_text_in_force(world: World) -> None:
    """What stands above the title follows the day, not the status alone."""
    world.article("old.md", id="old", effective_until="2020-01-01")

    page = world.client().get("/articles/old").text

    assert "tier 1 · not in force · until 2020-01-01" in page
