"""An earlier reading saves work and changes nothing: the library is the one that a reading from scratch gives."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kb.errors import ContentError
from kb.library import Library, OutsideTaxonomy
from kb.reading import read_library
from kb.repository import open_repository
from kb.tree import File, Tree
from tests.kb.conftest import TAXONOMY, World

Act = Callable[[World], None]


def watched(tree: Tree) -> tuple[Tree, list[str]]:
    """The tree, and the paths that are read from it."""
    opened: list[str] = []

    def read(file: File) -> bytes:
        opened.append(file.path.removeprefix("articles/"))
        return tree.read(file)

    return replace(tree, read=read), opened


def twice(world: World, earlier: Library, outside: OutsideTaxonomy | None = None) -> tuple[Library, Library, list[str]]:
    """Today's commit read with the earlier library and without, and which files the first reading opened."""
    repository = world.open()
    tree = repository.tree(repository.resolve(None), "articles")
    incremental, opened = watched(tree)
    return read_library(incremental, outside, earlier=earlier), read_library(tree, outside), opened


def edit(world: World) -> None:
    """One word in one article."""
    world.article("a.md", "Another text.\n")


def rename(world: World) -> None:
    """A file moves; its id is in it."""
    world.git("mv", "articles/cards/c.md", "articles/cards/moved.md")


def delete(world: World) -> None:
    """An article that nothing names goes."""
    (world.root / "articles/b.md").unlink()


def narrow_defaults(world: World) -> None:
    """A folder's defaults change, and with them every article below."""
    world.write("cards/_defaults.yml", "tier: 2\n")


def new_defaults(world: World) -> None:
    """A folder that had none gets defaults."""
    world.write("deep/_defaults.yml", "tier: 2\n")


def no_defaults(world: World) -> None:
    """A folder loses its defaults."""
    (world.root / "articles/cards/_defaults.yml").unlink()


def touch_and_restore(world: World) -> None:
    """Two commits: the text is as it was, but it was changed since."""
    world.article("a.md", "Other.\n")
    world.commit()
    world.article("a.md", "First.\n")


def taxonomy(world: World) -> None:
    """The time zone moves, and with it every date."""
    world.write("kb.yml", TAXONOMY.replace("America/Mexico_City", "America/Tijuana"))


def merge(world: World) -> None:
    """A branch is merged; its texts count from the merge."""
    world.git("checkout", "-q", "-b", "side")
    world.article("a.md", "On a branch.\n")
    world.commit()
    world.git("checkout", "-q", "main")
    world.article("b.md", "Meanwhile.\n")
    world.commit()
    world.git("merge", "-q", "--no-ff", "-m", "Merge", "side")


EDITS: dict[Act, list[str]] = {
    edit: ["a.md"],
    rename: ["cards/moved.md"],
    delete: [],
    narrow_defaults: ["cards/c.md", "cards/warned.md"],
    new_defaults: ["deep/d.md"],
    no_defaults: ["cards/c.md", "cards/warned.md"],
    touch_and_restore: [],
    taxonomy: ["a.md", "b.md", "cards/c.md", "cards/warned.md", "deep/d.md"],
    merge: ["a.md", "b.md"],
}


@pytest.fixture
def earlier(world: World) -> Library:
    """Five articles in three folders; one of them is warned of."""
    world.article("a.md", "First.\n")
    world.article("b.md", effective_from="2026-03-01")
    world.write("cards/_defaults.yml", "tier: 1\n")
    world.article("cards/c.md", id="c")
    world.article("cards/warned.md", titel="x")
    world.article("deep/d.md")
    world.commit()
    return world.library()


@pytest.mark.parametrize("act", EDITS, ids=lambda act: act.__name__)
def test_an_incremental_reading_is_a_full_one(world: World, earlier: Library, act: Act) -> None:
    """The same articles, problems, skipped files and moments of change; only files that could differ are opened."""
    act(world)
    world.commit()

    incremental, full, opened = twice(world, earlier)

    always = {"kb.yml", "_defaults.yml", "cards/_defaults.yml", "deep/_defaults.yml", "cards/warned.md"}
    assert incremental == full
    assert sorted({*opened} - always) == sorted({*EDITS[act]} - always)


def test_a_rollback_and_a_rewritten_history_are_read_as_they_are(world: World, earlier: Library) -> None:
    """The earlier commit is no ancestor: what it knew of texts holds, what it knew of history does not."""
    world.git("commit", "-q", "--amend", "-m", "Rewritten", at="2026-02-02T00:00:00 +0000")
    world.article("b.md", "Changed.\n")
    world.commit()

    incremental, full, opened = twice(world, earlier)

    assert incremental == full
    assert "a.md" not in opened


def test_a_rule_that_spans_articles_still_names_the_line(world: World, earlier: Library) -> None:
    """The edit of one article breaks another that was not touched: the problem stands at that one's own line."""
    world.article("b.md", translation_of="a", lang="es")
    world.commit()
    known = world.library()
    (world.root / "articles/a.md").unlink()
    world.commit()

    said = []
    for kept in (known, None):
        with pytest.raises(ContentError) as caught:
            read_library(world.open().tree(world.open().resolve(None), "articles"), earlier=kept)
        said.append([str(problem) for problem in caught.value.problems])

    assert said[0] == said[1]
    assert said[0][0].startswith("articles/b.md:3: translation_of names 'a'")


def test_an_adopted_repository_is_read_incrementally_too(world: World) -> None:
    """A translation whose source comes or goes is read again; everything else is not."""
    outside = OutsideTaxonomy(
        "kb.yml",
        TAXONOMY + "adopt:\n  languages: {.en.md: en, .es.md: es}\n"
        "  defaults: {products: [cards], jurisdictions: [US], tier: 1, lang: en}\n",
    )
    for name in ("one.en.md", "one.es.md", "two.en.md", "three.es.md", "broken.en.md"):
        world.write(name, f"# {name}\n\nText.\n" if name != "broken.en.md" else "---\na: [\n---\n")
    world.commit()
    before = read_library(world.open().tree(world.open().resolve(None), "articles"), outside)
    world.write("three.en.md", "# Three\n\nText.\n")
    (world.root / "articles/one.en.md").unlink()
    world.commit()

    incremental, full, opened = twice(world, before, outside)

    assert incremental == full
    assert sorted(opened) == ["broken.en.md", "one.es.md", "three.en.md", "three.es.md"]


def test_a_library_of_another_folder_or_tree_is_not_used(world: World, earlier: Library, tmp_path: Path) -> None:
    """What it knew is of other files."""
    world.write("../other/kb.yml", TAXONOMY)
    world.write(
        "../other/a.md",
        (world.root / "articles/a.md")
        .read_text()
        .replace("---\nFirst", "tier: 1\nlang: en\nproducts: [cards]\njurisdictions: [US]\n---\nFirst"),
    )
    world.commit()
    repository = open_repository(str(world.root), tmp_path)
    tree, opened = watched(repository.tree(repository.resolve(None), "other"))

    read_library(tree, earlier=earlier)

    assert sorted(opened) == ["other/a.md", "other/kb.yml"]
