"""Every article of one commit."""

from kb.library import OutsideTaxonomy
from kb.plain import plain
from kb.reading import read_library
from tests.kb.conftest import TAXONOMY, World


def test_articles_come_in_the_order_of_their_ids(world: World) -> None:
    """The same commit gives the same library, however its files are called."""
    world.article("z.md", id="a")
    world.article("cards/pin.md")
    world.article("a.md", id="m")

    assert [article.id for article in world.library().articles] == ["a", "cards-pin", "m"]


def test_the_library_names_everything_it_was_read_from(world: World) -> None:
    """A snapshot depends on these blobs and on nothing else in the repository."""
    world.article("a.md")
    world.write("logo.png", "x")

    assert [path for path, _blob in world.library().files] == ["articles/_defaults.yml", "articles/a.md", "articles/kb.yml"]


def test_an_article_knows_the_commit_that_last_changed_it(world: World) -> None:
    """That is when its text went live."""
    world.article("a.md")
    first = world.commit()
    world.article("b.md")
    second = world.commit()

    changed = {article.id: article.changed.sha for article in world.library().articles if article.changed}

    assert changed == {"a": first, "b": second}


def test_progress_counts_every_article(world: World) -> None:
    """The bar ends full."""
    world.article("a.md")
    world.article("b.md")
    world.commit()
    repository = world.open()
    seen: list[tuple[int, int]] = []

    read_library(repository.tree(repository.resolve(None), "articles"), None, lambda done, of: seen.append((done, of)))

    assert seen == [(1, 2), (2, 2)]


def test_front_matter_is_never_in_a_section(world: World) -> None:
    """Keys and answers are not text to be found."""
    world.article("a.md", "Only this.\n", answers='["zebra?"]', keywords="[giraffe]", description="Lion.")
    article = world.read("a.md")

    assert [plain(article.body[part.start : part.end]) for part in article.sections] == ["Only this."]


def test_a_file_with_crlf_keeps_its_bytes(world: World) -> None:
    """A quote is the article's own text."""
    world.write("a.md", "---\r\ntitle: A\r\n---\r\n# H\r\n\r\none\r\ntwo\r\n")
    article = world.read("a.md")

    assert article.body == "# H\r\n\r\none\r\ntwo\r\n"
    assert [article.body[part.start : part.end] for part in article.sections] == ["one\r\ntwo"]


def test_a_taxonomy_outside_wins_and_is_part_of_what_was_read(world: World) -> None:
    """`--kb FILE` replaces the repository's own."""
    world.article("a.md", products="[gold]")
    outside = OutsideTaxonomy("mine.yml", TAXONOMY.replace("cards:", "gold:"))

    library = world.library(outside=outside)

    assert list(library.taxonomy.products) == ["gold", "transfers"]
    assert "outside:kb.yml" in [path for path, _ in library.files]
