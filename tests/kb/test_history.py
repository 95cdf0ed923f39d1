"""The versions of one article: by its id, through renames, returns and rewritten histories."""

from kb.comparison import everything
from kb.history import Log, Version, versions
from tests.kb.conftest import World
from tests.kb.test_changes import TEXT, shown


def history(world: World, article_id: str) -> list[Version]:
    """Every version, newest first."""
    repository = world.open()
    return versions(Log(repository, "articles", None, repository.resolve(None)), article_id, everything)


def told(found: list[Version]) -> list[tuple[int, str, list[str], bool]]:
    """(number, what was committed, events, whether it is current)."""
    return [(v.number, v.subject, [event.value for event in v.change.events], v.current) for v in found]


def test_history_follows_an_article_through_renames_and_returns(world: World) -> None:
    """By its id: another path, another text in the same commit, away and back again."""
    world.article("a.md", TEXT, id="a")
    world.article("other.md", "Something else entirely.", id="b")
    world.commit("One")
    world.git("mv", "articles/a.md", "articles/z.md")
    world.article("z.md", "Entirely different words now.\n", id="a")
    world.commit("Two")
    world.git("rm", "-q", "articles/z.md")
    world.commit("Three")
    world.article("deep/new.md", TEXT, id="a")
    world.commit("Four")
    world.article("other.md", "Another text.", id="b")
    world.commit("Unrelated")

    assert told(history(world, "a")) == [
        (4, "Four", ["added"], True),
        (3, "Three", ["removed"], False),
        (2, "Two", ["reworded", "moved"], False),
        (1, "One", ["added"], False),
    ]


def test_a_path_that_another_article_takes_over_is_not_its_history(world: World) -> None:
    """Two articles that swap their files keep their own versions."""
    world.article("a.md", "First text of a.", id="a", title="A")
    world.article("b.md", "First text of b.", id="b", title="B")
    world.commit("One")
    world.article("b.md", "First text of a.", id="a", title="A")
    world.article("a.md", "First text of b.", id="b", title="B")
    world.commit("Swap")

    assert told(history(world, "a")) == [(2, "Swap", ["moved"], True), (1, "One", ["added"], False)]


def test_a_version_is_what_its_commit_says_of_it(world: World) -> None:
    """As in the list of changes."""
    for days, message in ((60, "One"), (90, "Two\n\nChange: minor"), (120, "Three")):
        world.article("a.md", TEXT.replace("60", str(days)), id="a")
        world.commit(message)

    assert [version.change.severity.value for version in history(world, "a")] == ["rule", "editorial", "rule"]


def test_history_names_removed_articles_and_marks_none_current(world: World) -> None:
    """An auditor can still ask for it."""
    world.article("a.md", TEXT, id="a")
    world.article("b.md", TEXT, id="b")
    world.commit("One")
    world.git("rm", "-q", "articles/a.md")
    world.commit("Two")

    assert told(history(world, "a")) == [(2, "Two", ["removed"], False), (1, "One", ["added"], False)]
    assert history(world, "never") == []


def test_a_commit_that_broke_the_file_hides_nothing_before_it(world: World) -> None:
    """Whether it was mended, or taken away as it was."""
    world.article("a.md", TEXT, id="one")
    world.commit("One")
    world.write("a.md", "No front matter any more.\n")
    world.commit("Broken")
    assert told(history(world, "one")) == []  # only `git log` can tell whose file it was
    world.article("a.md", TEXT.replace("60", "90"), id="one")
    world.commit("Mended")
    assert told(history(world, "one")) == [(2, "Mended", ["reworded"], True), (1, "One", ["added"], False)]
    world.write("a.md", "---\nid: one\ntitle: [\n---\nText.\n")
    world.commit("Broken again")
    world.git("rm", "-q", "articles/a.md")
    world.article("b.md", TEXT, id="b")
    world.commit("Gone")

    assert [subject for _, subject, _, _ in told(history(world, "one"))] == ["Gone", "Mended", "One"]


def test_history_holds_what_folder_defaults_changed(world: World) -> None:
    """A version of its own, though the article's file stayed; a default that changes nothing for it is none."""
    world.article("a.md", TEXT, id="a")
    world.commit("One")
    world.write("_defaults.yml", "products: [cards]\njurisdictions: [US]\ntier: 2\nlang: en\n")
    world.commit("Two")
    world.write("_defaults.yml", "products: [cards]\njurisdictions: [US]\ntier: 2\nlang: en\n# a note\n")
    world.commit("Three")

    assert told(history(world, "a")) == [(2, "Two", ["rescoped"], True), (1, "One", ["added"], False)]


def test_a_rewritten_history_has_the_versions_that_are_left(world: World) -> None:
    """Squashed commits are one version; nothing breaks."""
    world.article("a.md", TEXT, id="a")
    world.commit("One")
    world.article("a.md", TEXT.replace("60", "90"), id="a")
    world.commit("Two")
    world.article("a.md", TEXT.replace("60", "120"), id="a")
    world.commit("Three")
    world.git("reset", "-q", "--soft", "HEAD~2")
    world.commit("Squashed")

    found = history(world, "a")

    assert told(found) == [(2, "Squashed", ["reworded"], True), (1, "One", ["added"], False)]
    assert shown(found[0].change.facts) == ["60 days → 120 days"]


def test_a_renamed_file_keeps_its_history_where_ids_come_from_paths(world: World) -> None:
    """The id changes with the path, so git's own eye for renames is followed; a new page beside it is none."""
    world.article("old-name.md", f"{TEXT}\nAnother sentence that stays as it is.\n", title="Dispute")
    world.commit("One")
    world.git("mv", "articles/old-name.md", "articles/new-name.md")
    world.article("fresh.md", "Nothing that ever stood anywhere.", title="Fresh")
    world.commit("Two")

    assert told(history(world, "new-name")) == [(2, "Two", ["moved"], True), (1, "One", ["added"], False)]
    assert told(history(world, "fresh")) == [(1, "Two", ["added"], True)]
