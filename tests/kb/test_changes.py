"""What changed between two moments: events, severity, facts, who made it, and which translations it left behind."""

from datetime import datetime

import pytest

from kb.changes import ArticleChange, Event
from kb.comparison import changes, compare, everything
from kb.fact_match import FactChange
from kb.moment import Moment, moment_of
from kb.severity import Severity
from tests.kb.conftest import World, utc

TEXT = "The customer has 60 days to dispute a charge. The fee is 25 USD.\n"


def between(world: World, old: str, new: str, *, at: tuple[datetime, datetime] | None = None) -> dict[str, ArticleChange]:
    """The changes between two commits by article; `at` are other moments than those of the commits."""
    repository = world.open()
    commits = repository.resolve(old), repository.resolve(new)
    moments = [Moment(commit, at[n] if at else commit.at) for n, commit in enumerate(commits)]
    found = changes(compare(repository, "articles", None, *moments), everything)
    return {change.id: change for change in found}


def edited(world: World, body: str, message: str = "Change", **keys: str) -> ArticleChange | None:
    """What one edit of an article changes."""
    world.article("a.md", TEXT, id="a")
    world.commit()
    world.article("a.md", body, id="a", **keys)
    world.commit(message)
    return between(world, "HEAD~1", "HEAD").get("a")


def shown(facts: tuple[FactChange, ...]) -> list[str]:
    """Facts as they are printed."""
    return [str(fact) for fact in facts]


@pytest.mark.parametrize(
    ("body", "severity", "facts"),
    [
        (TEXT.replace("60", "90"), Severity.RULE, ["60 days → 90 days"]),
        (TEXT.replace("25 USD", "$30.00"), Severity.RULE, ["25 USD → $30.00"]),
        (TEXT.replace("60 days", "sixty **days**").replace("25 USD", "$25.00"), Severity.CLARIFIED, []),
        (TEXT.replace("customer", "*customer*"), Severity.EDITORIAL, []),
        (TEXT.replace("dispute", "disspute"), Severity.EDITORIAL, []),
        (TEXT.replace("has 60 days", "has not 60 days"), Severity.CLARIFIED, []),
        (TEXT.replace("has 60 days to dispute", "may dispute within sixty days"), Severity.CLARIFIED, []),
        (TEXT + "\nCall 800-555-0199.\n", Severity.RULE, ["nothing → 800-555-0199"]),
        (TEXT + "\nSee <https://example.com/a>.\n", Severity.CLARIFIED, ["nothing → https://example.com/a"]),
        (TEXT + "\n:::say\nThis call is recorded.\n:::\n", Severity.RULE, ["nothing → This call is recorded."]),
    ],
)  # fmt: skip
def test_severity_comes_from_the_facts_that_changed(world: World, body: str, severity: Severity, facts: list[str]) -> None:
    """A figure is a rule, another sentence is a clarification, markup and spelling are nothing but looks."""
    change = edited(world, body)

    assert change is not None
    assert (change.severity, shown(change.facts), change.events) == (severity, facts, (Event.REWORDED,))


@pytest.mark.parametrize(
    ("keys", "severity", "event", "field"),
    [
        ({"tier": "2"}, Severity.RULE, Event.RESCOPED, ("tier", "1", "2")),
        ({"jurisdictions": "[US-CA]"}, Severity.RULE, Event.RESCOPED, ("jurisdictions", "US", "US-CA")),
        ({"products": "[transfers]"}, Severity.RULE, Event.RESCOPED, ("products", "cards", "transfers")),
        ({"status": "retired"}, Severity.RULE, Event.RETIRED, ("status", "active", "retired")),
        ({"status": "deprecated"}, Severity.CLARIFIED, Event.STATUS, ("status", "active", "deprecated")),
        ({"identity_check": "elevated"}, Severity.RULE, Event.DETAILS, ("identity_check", "none", "elevated")),
        ({"owner": "content"}, Severity.EDITORIAL, Event.DETAILS, ("owner", "", "content")),
        ({"keywords": "[plastic]"}, Severity.EDITORIAL, Event.DETAILS, ("keywords", "", "plastic")),
        ({"title": "Another question"}, Severity.CLARIFIED, Event.REWORDED, ("title", "a.md", "Another question")),
    ],
)  # fmt: skip
def test_front_matter_changes_are_told_by_key(
    world: World, keys: dict[str, str], severity: Severity, event: Event, field: tuple[str, str, str]
) -> None:
    """Scope and status weigh as rules, an owner as nothing."""
    change = edited(world, TEXT, **keys)

    assert change is not None
    assert change.severity is severity
    assert event in change.events
    assert field in [(one.name, one.old, one.new) for one in change.fields]


def test_a_part_that_moves_to_other_readers_is_rescoped(world: World) -> None:
    """The same words behind a fence are a change of who may read them, not a rewording alone."""
    change = edited(world, f":::tier 2\n{TEXT}:::\n\nAsk a specialist first.\n")

    assert change is not None
    assert Event.RESCOPED in change.events
    assert [(field.old, field.new) for field in change.fields if field.name == "parts"] == [("everybody", "tier 2")]


def test_articles_come_and_go(world: World) -> None:
    """Added, translated, moved, removed, each told once."""
    world.article("kept.md", "Text that stays.", id="kept")
    world.article("gone.md", "Text that goes.", id="gone")
    world.commit()
    world.git("rm", "-q", "articles/gone.md")
    world.git("mv", "articles/kept.md", "articles/moved.md")
    world.article("new.md", "New text.", id="new")
    world.article("new.es.md", "Texto nuevo.", id="new-es", lang="es", translation_of="new")
    world.commit()

    found = between(world, "HEAD~1", "HEAD")

    assert {name: (change.events, change.severity) for name, change in found.items()} == {
        "gone": ((Event.REMOVED,), Severity.RULE),
        "kept": ((Event.MOVED,), Severity.EDITORIAL),
        "new": ((Event.ADDED,), Severity.RULE),
        "new-es": ((Event.TRANSLATED,), Severity.CLARIFIED),
    }


def test_dates_bring_and_end_articles_without_a_commit(world: World) -> None:
    """What begins or expires between the moments is a change, at the moment at which it happened."""
    world.article("begins.md", "Text.", id="begins", effective_from="2026-06-01")
    world.article("ends.md", "Text.", id="ends", effective_until="2026-06-10")
    world.article("always.md", "Text.", id="always")
    world.commit()

    found = between(world, "HEAD", "HEAD", at=(utc("2026-05-01T00:00"), utc("2026-07-01T00:00")))

    assert {name: (change.events, change.severity) for name, change in found.items()} == {
        "begins": ((Event.IN_FORCE,), Severity.RULE),
        "ends": ((Event.EXPIRED,), Severity.RULE),
    }
    assert found["begins"].at == utc("2026-06-01T06:00")  # midnight in Mexico City


def test_what_begins_and_ends_between_two_moments_is_told_though_it_holds_at_neither(world: World) -> None:
    """Hours of a holiday, looked at after it."""
    world.article("a.md", "Text.", id="a", effective_from="2026-06-01", effective_until="2026-06-10")
    world.article("b.md", "Text.", id="b", effective_from="2026-06-01", effective_until="2026-06-10", status="retired")
    world.commit()

    found = between(world, "HEAD", "HEAD", at=(utc("2026-05-01T00:00"), utc("2026-07-01T00:00")))

    assert {name: (it.events, it.at) for name, it in found.items()} == {
        "a": ((Event.IN_FORCE, Event.EXPIRED), utc("2026-06-10T06:00"))
    }


def test_a_default_of_the_folder_rescopes_the_articles_below_it(world: World) -> None:
    """No article's file was touched; the commit that touched the defaults is named."""
    world.article("a.md", TEXT, id="a")
    world.article("b.md", TEXT, id="b", jurisdictions="[CA]")
    world.commit()
    world.write("_defaults.yml", "products: [cards]\njurisdictions: [US-NY]\ntier: 1\nlang: en\n")
    world.commit("Only New York")

    found = between(world, "HEAD~1", "HEAD")

    assert [(change.id, change.events) for change in found.values()] == [("a", (Event.RESCOPED,))]
    assert [part.subject for part in found["a"].contributions] == ["Only New York"]


@pytest.mark.parametrize(
    ("body", "trailer", "severity"),
    [
        (TEXT.replace("60", "90"), "Change: minor", Severity.EDITORIAL),
        (TEXT.replace("dispute", "disspute"), "Change: rule", Severity.RULE),
        (TEXT.replace("60", "90"), "Change: perhaps", Severity.RULE),
    ],
)
def test_a_trailer_says_how_much_a_change_matters(world: World, body: str, trailer: str, severity: Severity) -> None:
    """The writer knows best; what is not understood changes nothing. The facts are named all the same."""
    change = edited(world, body, f"Edit\n\nSome words.\n\n{trailer}\n")

    assert change is not None
    assert change.severity is severity
    assert bool(change.facts) is ("90" in body)


def test_minor_counts_only_if_every_commit_says_so(world: World) -> None:
    """One commit of a window cannot wave another one through."""
    world.article("a.md", TEXT, id="a")
    world.commit()
    world.article("a.md", TEXT.replace("60", "90"), id="a")
    world.commit()
    world.article("a.md", TEXT.replace("60", "90").replace("fee", "price"), id="a")
    world.commit("Words\n\nChange: minor")

    assert between(world, "HEAD~2", "HEAD")["a"].severity is Severity.RULE
    assert between(world, "HEAD~1", "HEAD")["a"].severity is Severity.EDITORIAL


def test_a_translation_that_lacks_the_changed_fact_is_behind_by_name(world: World) -> None:
    """The one that followed is not, whatever its words."""
    world.article("a.md", TEXT, id="a")
    world.article("a.es.md", "El cliente tiene 60 días. El cargo es de 25 USD.\n", id="a-es", lang="es", translation_of="a")
    world.article(
        "a.fr.md", "Le client a soixante jours. Les frais sont de 25 USD.\n", id="a-fr", lang="fr", translation_of="a"
    )
    world.commit()
    world.article("a.md", TEXT.replace("60", "90"), id="a")
    followed = "Le client a quatre-vingt-dix jours. Les frais sont de 25 USD.\n"
    world.article("a.fr.md", followed, id="a-fr", lang="fr", translation_of="a")
    world.commit()

    found = between(world, "HEAD~1", "HEAD")

    assert [(lag.translation, lag.lang, shown(lag.facts)) for lag in found["a"].behind] == [
        ("a-es", "es", ["60 days → 90 days"])
    ]
    assert found["a-fr"].severity is Severity.RULE


def test_an_article_that_another_one_takes_over_from_is_superseded(world: World) -> None:
    """Named with its successor, though no commit touched it."""
    world.article("old.md", TEXT, id="old")
    world.commit()
    world.article("new.md", TEXT, id="new", supersedes="[old]")
    world.commit()

    found = between(world, "HEAD~1", "HEAD")

    assert (found["old"].events, found["old"].superseded_by) == ((Event.SUPERSEDED,), ("new",))


def test_who_wrote_and_who_approved_is_told(world: World) -> None:
    """Of a merge: its commits' authors, and who merged the request; of a commit: its trailers."""
    world.article("a.md", TEXT, id="a")
    world.commit()
    world.git("checkout", "-q", "-b", "edit")
    world.article("a.md", TEXT.replace("60", "90"), id="a")
    world.git("add", "-A")
    world.git("-c", "user.name=Ana", "commit", "-q", "-m", "Ninety days\n\nCo-authored-by: Luis <l@x>", "--author", "Ana <a@x>")
    world.git("checkout", "-q", "main")
    world.git("merge", "-q", "--no-ff", "-m", "Merge pull request #7 from ana/edit\n\nNinety days", "edit")
    world.article("a.md", TEXT.replace("60", "120"), id="a")
    world.commit("More\n\nReviewed-by: Eva <e@x>\nApproved-by: Tom")

    told = [part.credit for part in between(world, "HEAD~2", "HEAD")["a"].contributions]

    assert [(each.authors, each.approvers, each.review) for each in told] == [
        (("Ana", "Luis"), ("W",), "#7"),
        (("W",), ("Eva", "Tom"), None),
    ]


def test_a_message_cannot_pose_as_another_commit(world: World) -> None:
    """Whatever bytes a message holds."""
    world.article("a.md", TEXT, id="a")
    world.commit("First\n\n\x01" + "0" * 40 + "\n:100644 100644 a b M")
    repository = world.open()

    log = repository.log(repository.resolve(None), "articles")

    assert [len(entry.touches) for entry in log] == [3]


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("now", "2026-03-10T12:00"),
        ("yesterday", "2026-03-09T06:00"),
        ("today", "2026-03-10T06:00"),
        ("3 days ago", "2026-03-07T12:00"),
        ("2026-02-01", "2026-02-01T06:00"),
        ("2026-02-01T10:00:00+00:00", "2026-02-01T10:00"),
    ],
)
def test_moments_are_read_as_people_write_them(world: World, words: str, at: str) -> None:
    """Days begin at midnight in the space's zone."""
    world.article("a.md", TEXT, id="a")
    world.commit()
    zone = world.library().taxonomy.zone

    assert moment_of(words, world.open(), None, zone, now=utc("2026-03-10T12:00")).at == utc(at)


def test_a_commit_is_the_moment_at_which_it_was_made(world: World) -> None:
    """Whatever git calls it."""
    world.article("a.md", TEXT, id="a")
    sha = world.commit()
    zone = world.library().taxonomy.zone

    assert moment_of("main", world.open(), None, zone).commit.sha == sha
    assert moment_of(sha[:10], world.open(), None, zone).at == utc("2026-01-01T00:00")
