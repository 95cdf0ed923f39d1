"""Each form of a digest: within its channel's limits, readable when it is long, and nothing of an article is more than text."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree
from markdown_it import MarkdownIt

from api.digests.atom import team_feed
from api.digests.chat import LARGEST_CARD, LONGEST_SECTION, MOST_BLOCKS
from api.digests.document import DigestDocument
from api.digests.formats import Format, drawn
from api.digests.printed import made_for_print
from api.digests.words import LANGUAGES
from api.source import Source
from api.timeline import Timeline
from tests.kb.conftest import TAXONOMY, World

SITE = "https://help.example"
TEAMS = """
teams:
  front: {name: Frontline, products: [cards, transfers], jurisdictions: [US], languages: [en], digest: {must_read: rule}}
"""
HOSTILE = "<script>alert(1)</script> *bold* & <!channel> [x](javascript:alert(1)) `a|b` \N{RIGHT-TO-LEFT OVERRIDE}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A repository with one team."""
    made = World(tmp_path / "repo", tmp_path / "clones")
    made.write("kb.yml", TAXONOMY + TEAMS)
    return made


def document(world: World) -> DigestDocument:
    """The digest of the last commit."""
    timeline = Timeline(world.open(), Source(str(world.root), None, "articles"))
    return made_for_print(timeline, "HEAD~1", "HEAD", None, space="default", site=SITE)


def changed(world: World, count: int = 1, title: str = "Fee") -> DigestDocument:
    """The digest of so many changed rules."""
    for amount in (25, 30):
        for number in range(count):
            world.article(
                f"a{number:03}.md", f"The fee is {amount} USD.\n", id=f"a{number:03}", title=json.dumps(f"{title} {number}")
            )
        world.commit()
    return document(world)


def deleted(world: World, count: int) -> DigestDocument:
    """The digest of so many articles that are gone."""
    for number in range(count):
        products = "[cards]" if number % 5 else "[transfers]"
        world.article(f"a{number:03}.md", f"The fee is {number} USD.\n", id=f"a{number:03}", products=products)
    world.commit()
    world.git("rm", "-q", "-r", "articles/")
    world.write("kb.yml", TAXONOMY + TEAMS)
    world.commit()
    return document(world)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value or "" for name, value in attrs if name == "href"]


def test_every_form_says_both_figures_the_sentence_and_the_address(world: World) -> None:
    """Whatever the channel, what a lead needs is there."""
    made = changed(world)
    forms = {form: drawn(made, form) for form in Format}
    lacking = [
        (form, part)
        for form, text in forms.items()
        for part in ("25 USD", "30 USD", "The fee is 30 USD.", f"{SITE}/v1/articles/a000/diff")
        if part not in text.replace("\\u2192", "→")
    ]

    assert lacking == []


def test_a_known_issue_that_opens_for_days_says_when_it_ends(world: World) -> None:
    """In its one line."""
    world.article("fee.md", id="fee")
    world.commit()
    world.article("slow.md", "Statements are late.\n", id="slow", kind="known-issue", effective_until="2026-01-05")
    world.commit()
    made = document(world)

    assert [(section.name, [(line.id, line.on) for line in section.lines]) for section in made.sections] == [
        ("opened", [("slow", "2026-01-05")])
    ]
    assert "until 2026-01-05" in drawn(made, Format.TEXT)


def test_a_sentence_to_be_said_is_not_told_again_beside_its_figures(world: World) -> None:
    """Also where the old figure stands on in it a second time."""
    for days in (10, 7):
        said = f"Sign within {days} business days. We finish within 10 business days."
        world.article("a.md", f":::say\n{said}\n:::\n", id="a")
        world.commit()
    (line,) = document(world).sections[0].lines

    assert [(fact.old, fact.new) for fact in line.facts] == [("10 business days", "7 business days")]


def test_only_what_is_gone_is_struck_out(world: World) -> None:
    """A new answer of a tree has an arrow of its own, and so has a menu."""
    answers = ("- 41 -> resolved: Wait.", "- 41 -> escalate: support-l2\n- 59 -> escalate: payments-l2")
    for answer, menu in zip(answers, ("Cards → Limits", "Cards → Fees"), strict=True):
        world.article("a.md", f":::say\nOpen {menu}.\n:::\n\n:::step code\nRead it.\n\n{answer}\n:::\n", id="a")
        world.commit()
    html = drawn(document(world), Format.HTML)
    gone = re.findall(r"<del[^>]*>(.*?)</del> → <ins[^>]*>(.*?)</ins>", html)

    assert "new: 59 → escalate: payments-l2 (code)" in html
    assert gone == [
        ("Open Cards → Limits.", "Open Cards → Fees."),
        ("41 → resolved", "41 → escalate: support-l2 (code)"),
    ]


def test_what_an_article_says_is_text_in_every_form(world: World) -> None:
    """No tag, no mention, no link of its own."""
    made = changed(world, title=HOSTILE)
    html = _Tags()
    html.feed(drawn(made, Format.HTML))
    read = _Tags()
    read.feed(MarkdownIt("commonmark").render(drawn(made, Format.MARKDOWN)))
    slack, text = (drawn(made, form) for form in (Format.SLACK, Format.TEXT))

    assert "script" not in html.tags
    assert [target for target in html.targets if not target.startswith(SITE)] == []
    assert "<!channel>" not in slack
    assert "script" not in read.tags
    assert [target for target in read.targets if not target.startswith(SITE)] == []
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in text


@pytest.mark.parametrize("count", [1, 30, 300])
def test_a_slack_message_keeps_to_the_documented_limits(world: World, count: int) -> None:
    """50 blocks, 3,000 characters each, a text beside them, and a link to the rest."""
    message = json.loads(drawn(changed(world, count, "A rather long title about the monthly fee of the account"), Format.SLACK))
    texts = [block["text"]["text"] for block in message["blocks"] if block["type"] == "section"]

    assert len(message["blocks"]) <= MOST_BLOCKS
    assert max(map(len, texts)) <= LONGEST_SECTION
    assert sum(map(len, texts)) < 13_200
    assert len(message["blocks"][0]["text"]["text"]) <= 150
    assert message["text"].startswith(f"Frontline: {count} rule")
    assert f"{SITE}/digests/front" in texts[-1]


@pytest.mark.parametrize("count", [1, 300])
def test_a_teams_card_keeps_to_its_limit_and_its_schema(world: World, count: int) -> None:
    """28 KB for the whole message; one card, whose elements are known."""
    text = drawn(changed(world, count), Format.TEAMS)
    message: dict[str, Any] = json.loads(text)
    (attachment,) = message["attachments"]
    card = attachment["content"]

    assert (message["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    assert len(json.dumps(message).encode()) < 28_000
    assert len(text.encode()) <= LARGEST_CARD + 2_000
    assert (card["type"], {element["type"] for element in card["body"]}) == ("AdaptiveCard", {"TextBlock"})
    assert [action["url"] for action in card["actions"]] == [f"{SITE}/digests/front"]


def test_a_feed_is_valid_atom_and_its_ids_stay(world: World) -> None:
    """By the schema of RFC 4287, and as a feed reader reads it."""
    made = changed(world, 3)
    text = drawn(made, Format.ATOM)
    schema = etree.RelaxNG(etree.parse(str(Path(__file__).parent / "atom.rng")))
    feed = feedparser.parse(text)

    assert schema.validate(etree.fromstring(text.encode())), schema.error_log
    assert [[link.rel for link in entry.links] for entry in feed.entries] == [["alternate", "related"]] * 3
    assert feed.feed.author
    assert feed.bozo is False
    assert [entry.title for entry in feed.entries] == [f"Rules that changed: Fee {number}" for number in range(3)]
    assert [entry.id for entry in feed.entries] == [entry.id for entry in feedparser.parse(drawn(made, Format.ATOM)).entries]
    assert {(tag.scheme, tag.term) for tag in feed.entries[0].tags} == {
        ("urn:fingerpost:product", "cards"),
        ("urn:fingerpost:jurisdiction", "US"),
        ("urn:fingerpost:severity", "rule"),
    }


def test_a_printed_feed_is_the_one_that_the_service_serves(world: World) -> None:
    """Of a space that is not the default one, too: the same address of its own, and the same id."""
    changed(world)
    timeline = Timeline(world.open(), Source(str(world.root), None, "articles"))
    made = made_for_print(timeline, "HEAD~1", "HEAD", None, space="acme", site=SITE)
    printed = drawn(made, Format.ATOM)
    feed = feedparser.parse(printed).feed

    assert printed == team_feed([made], space="acme", team="front", name="Frontline", site=SITE)
    assert [(link.rel, link.href) for link in feed.links] == [
        ("self", f"{SITE}/digests/front/feed?space=acme"),
        ("alternate", f"{SITE}/digests/front?space=acme"),
    ]
    assert feed.id == "tag:help.example,2026:acme/front"


def test_five_hundred_articles_that_went_stay_readable(world: World) -> None:
    """A few by name, the rest counted by product, and a page's worth of lines."""
    made = deleted(world, 500)
    text = drawn(made, Format.TEXT)

    assert made.sections[0].found == 500
    assert text.splitlines()[0] == "Frontline: 500 no longer in force"
    assert "and 475 more (cards 380, transfers 95)" in text
    assert len(text.splitlines()) < 120
    assert len(json.loads(drawn(made, Format.SLACK))["blocks"]) <= MOST_BLOCKS


def test_every_language_has_every_phrase() -> None:
    """With the same gaps in it."""
    english = LANGUAGES["en"]

    assert {lang: sorted(words) for lang, words in LANGUAGES.items()} == {lang: sorted(english) for lang in LANGUAGES}
    for words in LANGUAGES.values():
        for phrase, text in words.items():
            assert isinstance(text, str) is isinstance(english[phrase], str)


def test_the_command_prints_any_form_of_any_window(world: World, kb: Any) -> None:
    """`--since` instead of OLD; a team that is not there is said with what there is, and a window that is none is refused."""
    changed(world)
    repo = ("--repo", str(world.root))
    since = kb("digest", "--since", "2026-01-01T12:00:00Z", *repo, "--format", "markdown")
    wrong = kb("digest", "HEAD~1", "--team", "frnt", *repo)
    both = kb("digest", "HEAD~1", "--since", "yesterday", *repo)
    quiet = kb("digest", "HEAD", *repo)
    backwards = kb("digest", "--since", "2050-01-01", *repo)

    assert "25 USD → 30 USD" in since.stdout
    assert (wrong.returncode, wrong.stderr) == (
        2,
        "There is no team 'frnt'. Did you mean 'front'? Name one of front with --team.\n",
    )
    assert both.returncode == 2
    assert "No article between the two is news to this team. The newest commit that changed one is " in quiet.stderr
    assert (backwards.returncode, backwards.stdout) == (2, "")
    assert "'2050-01-01' lies after 'now'" in backwards.stderr
