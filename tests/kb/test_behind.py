"""What a translation lacks: in figures and words, the same however it was found out, looked up again where it could not be."""

from pathlib import Path

import pytest

from kb.behind import with_lacking
from kb.git_process import GitProcess
from kb.library import Library
from kb.reading import read_library
from tests.kb.conftest import World


def told(library: Library) -> dict[str, list[tuple[str | None, str | None]]]:
    """Old and new of each fact that each translation lacks."""
    return {name: [(it.old, it.new) for it in lack.facts] for name, lack in library.lacking.items()}


def read(world: World, earlier: Library | None = None) -> Library:
    """What the newest commit says, read after an earlier reading or from nothing."""
    repository = world.open()
    tree = repository.tree(repository.resolve(None), "articles")
    return with_lacking(read_library(tree, earlier=earlier), repository, earlier=earlier)


@pytest.fixture
def fee(world: World) -> World:
    """A fee that rose after it was translated."""
    world.article("fee.md", "The fee is 25 USD.\n", id="fee")
    world.article("fee.es.md", "El cargo es 25 USD.\n", id="fee-es", lang="es", translation_of="fee")
    world.commit()
    world.article("fee.md", "The fee is 35 USD.\n", id="fee")
    world.commit()
    return world


def test_a_reading_that_knew_of_no_lack_is_not_taken_for_one_that_found_none(fee: World) -> None:
    """As one of before there was such a thing, which an update would carry on for ever."""
    earlier = fee.library()
    fee.article("other.md")
    fee.commit()

    assert told(read(fee, earlier)) == told(read(fee)) == {"fee-es": [("25 USD", "35 USD")]}


def test_what_git_could_not_read_is_looked_up_at_the_next_reading(fee: World, tmp_path: Path) -> None:
    """A failure is no result."""
    blob = fee.git("rev-parse", "HEAD~1:articles/fee.md")
    stored = fee.root / ".git/objects" / blob[:2] / blob[2:]
    stored.rename(tmp_path / "away")
    failed = read(fee)
    (tmp_path / "away").rename(stored)

    assert told(failed) == {}
    assert read(fee, failed) == read(fee)


def test_a_translation_that_lacks_nothing_is_known_to(fee: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no later reading looks it up again."""
    fee.article("fee.es.md", "El cargo es 35 USD.\n", id="fee-es", lang="es", translation_of="fee")
    fee.commit()
    fee.article("fee.md", "The fee is 35 USD today.\n", id="fee")
    fee.commit()
    first = read(fee)
    monkeypatch.setattr("kb.behind.Edition", None)

    assert told(first) == told(read(fee, first)) == {"fee-es": []}


def test_sources_that_moved_are_found_without_reading_every_file_that_holds_their_ids(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id such as `pin` is a word of many texts; each translation was made at a commit of its own."""
    for number in range(20):
        world.article(f"{number}.md", "Ask for the pin, never for the limits.\n")
    for name in ("pin", "limits"):
        world.article(f"{name}.md", "It takes 2 days.\n", id=name)
        world.article(f"{name}.es.md", "Tarda 2 días.\n", id=f"{name}-es", lang="es", translation_of=name)
        world.commit()
    for name in ("pin", "limits"):
        (world.root / f"articles/{name}.md").unlink()
        world.article(f"moved/{name}.md", "It takes 3 days.\n", id=name)
    world.commit()
    repository = world.open()
    library = read_library(repository.tree(repository.resolve(None), "articles"))
    opened: list[str] = []
    blob = GitProcess.blob

    def opening(process: GitProcess, name: str) -> bytes:
        opened.append(name)
        return blob(process, name)

    monkeypatch.setattr(GitProcess, "blob", opening)

    found = with_lacking(library, repository)

    assert told(found) == {"pin-es": [("2 days", "3 days")], "limits-es": [("2 days", "3 days")]}
    assert {it.blob for it in library.articles if it.path.removeprefix("articles/")[0].isdigit()}.isdisjoint(opened)


ES = {"id": "a-es", "lang": "es", "translation_of": "a"}
STEP = "\n:::step start\n{}\n\n- {} -> resolved\n- No -> escalate: support-l2\n:::\n"
SOURCE = "Agents may refund 25 USD. Refunds take 3 days.\n" + STEP.format("Was it sent?", "Yes")
SPANISH = "Se puede devolver 25 USD. Tarda 3 días.\n" + STEP.format("¿Se envió?", "Sí")


@pytest.mark.parametrize(
    ("old", "new", "message", "facts", "words"),
    [
        ("Agents may", "Agents must not", "Change", [], True),
        ("Agents may", "Any agent of ours may", "Change", [], True),
        ("Agents may", "Any agent of ours may", "Words\n\nChange: minor", [], False),
        ("Refunds", "Reffunds", "Change", [], False),
        ("Refunds", "Reffunds", "Spelling\n\nChange: rule", [], True),
        ("25 USD", "35 USD", "Change", [("25 USD", "35 USD")], False),
        ("25 USD", "35 USD", "Fee\n\nChange: minor", [("25 USD", "35 USD")], False),
        ("escalate: support-l2", "resolved", "Change", [("No → escalate: support-l2", "No → resolved")], True),
    ],
)
def test_what_changed_beside_the_figures_is_lacking_too(
    world: World, old: str, new: str, message: str, facts: list[tuple[str, str]], words: bool
) -> None:
    """Not what changed in looks alone; and the writer's word goes before ours."""
    world.article("a.md", SOURCE, id="a")
    world.article("a.es.md", SPANISH, id="a-es", lang="es", translation_of="a")
    world.commit()
    world.article("a.md", SOURCE.replace(old, new), id="a", keywords="[again]")
    world.commit(message)

    library = read(world)

    assert (told(library)["a-es"], library.lacking["a-es"].words) == (facts, words)


def test_two_limits_that_change_places_are_lacking(world: World) -> None:
    """Each value still stands in the translation, but not where it belongs."""
    text, spanish = "At home {} days. Abroad {} days. By post {} days.\n", "Aquí {} días. Fuera {} días. Por correo {} días.\n"
    world.article("a.md", text.format(60, 90, 60), id="a")
    world.article("a.es.md", spanish.format(60, 90, 60), id="a-es", lang="es", translation_of="a")
    world.article("a.fr.md", spanish.format(90, 60, 60), id="a-fr", lang="fr", translation_of="a")
    world.commit()
    world.article("a.md", text.format(90, 60, 60), id="a")
    world.commit()

    assert told(read(world)) == {"a-es": [("60 days", "90 days"), ("90 days", "60 days")], "a-fr": []}


def test_a_sentence_that_came_to_the_source_is_lacking_where_the_translation_has_no_figure_at_all(world: World) -> None:
    """And one that is fixed in the source's language is not, once it stands there."""
    say = "\n:::say\nThis call is recorded.\n:::\n"
    world.article("a.md", "Greet the customer.\n", id="a")
    world.article("a.es.md", "Salude.\n", id="a-es", lang="es", translation_of="a")
    world.article("a.fr.md", f"Saluez.\n{say}", id="a-fr", lang="fr", translation_of="a")
    world.commit()
    world.article("a.md", f"Greet the customer.\n{say}", id="a")
    world.commit()

    assert told(read(world)) == {"a-es": [(None, "This call is recorded.")], "a-fr": []}


def test_what_is_known_of_a_lack_is_the_same_after_every_push(world: World) -> None:
    """A second, unmarked change of looks takes back what the first commit said: read after the first, or from nothing."""
    world.article("a.md", SOURCE, id="a")
    world.article("a.es.md", SPANISH, id="a-es", lang="es", translation_of="a")
    world.commit()
    world.article("a.md", SOURCE.replace("Agents may", "The agent may"), id="a")
    world.commit("Words\n\nChange: minor")
    first = read(world)
    world.article("a.md", SOURCE.replace("Agents may", "The agent may"), id="a", keywords="[refund]")
    world.commit()

    assert read(world, first) == read(world)
    assert (first.lacking["a-es"].words, read(world).lacking["a-es"].words) == (False, True)


def test_a_commit_that_touches_both_makes_the_translation_current_even_if_it_only_moves_them(fee: World) -> None:
    """Who touches both answers for both; what a file's content was made from, no commit tells."""
    (fee.root / "articles/moved").mkdir()
    fee.git("mv", "articles/fee.md", "articles/fee.es.md", "articles/moved")
    fee.commit()

    assert told(read(fee)) == {}


@pytest.mark.parametrize(("first", "second", "lacking"), [("a.es.md", "a.md", ["a-es"]), ("a.md", "a.es.md", [])])
def test_of_commits_of_one_second_the_later_one_is_the_later_one(
    world: World, first: str, second: str, lacking: list[str]
) -> None:
    """As a rebase leaves them."""
    texts = {"a.md": ("It takes {} days.\n", {"id": "a"}), "a.es.md": ("Tarda {} días.\n", ES)}
    for days, path in ((3, "a.md"), (3, "a.es.md"), (4, first), (5, second)):
        body, keys = texts[path]
        world.article(path, body.format(days), **keys)
        world.commit(at="2026-02-01T00:00:00Z")

    assert list(read(world).lacking) == lacking
