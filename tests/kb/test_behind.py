"""What a translation lacks is the same however it was found out, and is looked up again where it could not be."""

from pathlib import Path

import pytest

from kb.behind import with_lacking
from kb.git_process import GitProcess
from kb.library import Library, read_library
from tests.kb.conftest import World


def told(library: Library) -> dict[str, list[tuple[str | None, str | None]]]:
    """Old and new of each fact that each translation lacks."""
    return {name: [(it.old, it.new) for it in facts] for name, facts in library.lacking.items()}


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
