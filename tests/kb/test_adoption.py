"""Repositories that were not written for us, read without an edit."""

import re

import pytest

from kb.adoption_proposal import ProposalError, propose
from kb.article import Article, Status
from kb.library import Library, OutsideTaxonomy, Skipped
from kb.reading import read_library
from kb.repository import open_repository
from kb.taxonomy_file import read_taxonomy
from tests.conftest import ROOT
from tests.kb.conftest import TAXONOMY, World, utc

ADOPT = """\
adopt:
  include: ["*.md"]
  languages: {.md: en, .es.md: es}
  keys: {area: products, slug: null}
  values: {products: {Plastic: cards}}
  lists: [do_list]
  folders: {"wires/": {products: [transfers], tier: 2}}
  defaults: {products: [all], jurisdictions: [all], tier: 1}
"""


def adopted(world: World, adopt: str = ADOPT) -> Library:
    """The world, read with this adoption instead of its own taxonomy."""
    (world.root / "articles/kb.yml").unlink(missing_ok=True)
    (world.root / "articles/_defaults.yml").unlink(missing_ok=True)
    return world.library(outside=OutsideTaxonomy("outside.yml", TAXONOMY + adopt))


def only(library: Library) -> Article:
    """The one article there is."""
    (article,) = library.articles
    return article


def test_a_page_without_front_matter_is_an_article(world: World) -> None:
    """Its first heading is its title, its path its id, the defaults its scope."""
    world.write("Cómo/PIN blocked.md", "Intro\n\n# PIN *blocked* ##\n\ntext\n")

    article = only(adopted(world))

    assert (article.id, article.title) == ("c-mo-pin-blocked", "PIN *blocked*")
    assert ([*article.products], [*article.scope.jurisdictions], article.scope.tier) == (["all"], ["all"], 1)


def test_keys_values_and_folders_become_ours(world: World) -> None:
    """A page's own key wins over its folder's."""
    world.write("wires/a.md", "---\ntitle: 404\narea: Plastic\n---\ntext\n")
    world.write("wires/b.md", "text\n")

    library = adopted(world)

    assert [(a.id, a.title, sorted(a.products), a.scope.tier) for a in library.articles] == [
        ("wires-a", "404", ["cards"], 2),
        ("wires-b", "B", ["transfers"], 2),
    ]


def test_files_that_differ_only_in_language_are_translations(world: World) -> None:
    """A translation whose source is not there is an article of its own."""
    for name in ("a.md", "a.es.md", "b.es.md"):
        world.write(name, "text\n")

    library = adopted(world)

    assert [(a.id, a.lang, a.translation_of) for a in library.articles] == [
        ("a", "en", None),
        ("a.es", "es", "a"),
        ("b.es", "es", None),
    ]


def test_language_folders_are_translations_too(world: World) -> None:
    """`en/` beside `es/`, at any depth."""
    world.write("docs/en/a.md", "text\n")
    world.write("docs/es/a.md", "texto\n")

    library = adopted(world, ADOPT.replace("{.md: en, .es.md: es}", "{en/: en, es/: es}"))

    assert [(a.id, a.lang, a.translation_of) for a in library.articles] == [
        ("docs-a", "en", None),
        ("docs-a.es", "es", "docs-a"),
    ]


def test_toml_front_matter_is_read(world: World) -> None:
    """Hugo's plus signs, and its dates."""
    world.write("a.md", '+++\ntitle = "T"\npublishDate = 2026-03-01\nexpiryDate = 2026-07-01T00:00:00Z\n+++\ntext\n')

    article = only(adopted(world))

    assert (article.title, article.body) == ("T", "text\n")
    assert (article.effective_from, article.effective_until) == (utc("2026-03-01T06:00"), utc("2026-07-01T00:00"))


@pytest.mark.parametrize("front", ["---\ndraft: true\n---\n", "---\npublished: false\n---\n", "+++\ndraft = true\n+++\n"])
def test_what_a_site_keeps_back_is_a_draft(world: World, front: str) -> None:
    """Text that its authors do not publish is not guidance."""
    world.write("a.md", f"{front}text\n")

    assert only(adopted(world)).status is Status.DRAFT


def test_a_list_that_holds_content_stands_where_the_template_shows_it(world: World) -> None:
    """And below the text if no template names it."""
    front = "---\ndo_list:\n  - Call.\n  - Write.\n---\n"
    world.write("a.md", front + "Before\n\n{% include x.html items=page.do_list %}\n\nAfter\n")
    world.write("b.md", front + "Before\n")

    library = adopted(world)

    assert [article.body for article in library.articles] == [
        "Before\n\n- Call.\n- Write.\n\nAfter\n",
        "Before\n\n- Call.\n- Write.\n",
    ]


def test_our_fences_mean_nothing_there(world: World) -> None:
    """`::: tip` of another generator is text, and so is a `:::tier` that nobody wrote for us."""
    world.write("a.md", "::: tip\nx\n:::\n\n:::tier 9\ny\n:::\n")

    article = only(adopted(world))

    assert article.blocks == ()
    assert [section.scope.tier for section in article.sections] == [1]


def test_what_cannot_be_read_is_skipped_with_its_reason(world: World) -> None:
    """One broken page does not keep the others from being read."""
    world.write("a.md", "text\n")
    world.write("broken.md", "---\ntitle: a: b\n---\ntext\n")
    world.write("open.md", "---\ntitle: a\ntext\n")
    world.write("nul.md", b"a\0b")
    world.write("image.md", "![](x.png)\n")
    world.write("unknown.md", "---\narea: Gold\n---\ntext\n")
    world.write("x.txt", "x")
    (world.root / "articles/link.md").symlink_to("a.md")

    library = adopted(world)

    assert [article.id for article in library.articles] == ["a"]
    assert library.skipped == (
        Skipped(
            "articles/broken.md",
            "line 2: this is not YAML: mapping values are not allowed in this context. "
            'A text with a colon has to stand in quotes: title: "ACH: the return".',
        ),
        Skipped("articles/image.md", "line 1: the article has no text below its front matter. Write it, or remove the file."),
        Skipped("articles/link.md", "symbolic link"),
        Skipped("articles/nul.md", "a NUL byte stands here; expected text. Remove it."),
        Skipped(
            "articles/open.md",
            "line 1: the front matter is not closed; expected `---` on a line of its own below the keys. Close it.",
        ),
        Skipped(
            "articles/unknown.md",
            "line 2: products 'Gold' is not known; expected one of cards, transfers, all. Correct it, or add it to kb.yml.",
        ),
        Skipped("articles/x.txt", "not taken by adopt.include"),
    )


def test_a_proposal_sees_languages_categories_and_lists(world: World) -> None:
    """The proposed taxonomy reads the tree it was made from, keys that only look like ours aside."""
    for number in range(4):
        section = ["Ma & Pa", "Wires"][number % 2]
        steps = "[Call the bank on the same day, Write down whatever they say]"
        front = f"---\nsection: {section}\nid: {number % 2}\nstatus: done\nsteps: {steps}\n---\n"
        world.write(f"p{number}.md", f"{front}text\n")
        world.write(f"p{number}.es.md", f"{front}texto\n")
    world.write("LICENSE.md", "MIT\n")
    (world.root / "articles/kb.yml").unlink()
    (world.root / "articles/_defaults.yml").unlink()
    world.commit()
    repository = world.open()
    tree = repository.tree(repository.resolve(None), "articles")

    library = read_library(tree, OutsideTaxonomy("proposed.yml", propose(tree)))

    assert [(a.id, a.translation_of) for a in library.articles][:2] == [("p0", None), ("p0.es", "p0")]
    assert {product: entry.name["en"] for product, entry in library.taxonomy.products.items()} == {
        "ma-pa": "Ma & Pa",
        "wires": "Wires",
    }
    assert library.articles[0].body == "text\n\n- Call the bank on the same day\n- Write down whatever they say\n"
    assert library.skipped == (Skipped("articles/LICENSE.md", "not taken by adopt.include"),)


def test_folders_are_languages_however_they_are_spelled(world: World) -> None:
    """The proposal spells them as front matter does; a folder such as `api` or `no-contact` is none."""
    for folder in ("en", "pt-br", "en/api", "pt-br/no-contact"):
        world.write(f"{folder}/p.md", "text\n")
    world.commit()
    repository = world.open()
    tree = repository.tree(repository.resolve(None), "articles")

    settings, problems = read_taxonomy("proposed.yml", propose(tree))

    assert problems == []
    assert settings is not None
    assert settings.adopt is not None
    assert (settings.taxonomy.languages, settings.adopt.languages) == (("en", "pt-BR"), {"en/": "en", "pt-br/": "pt-BR"})


def test_places_in_our_own_file_names_are_not_proposed_as_languages() -> None:
    """`-ca.md` is the text for Canada or California and no Catalan one, nor `-wa.md` Walloon: they say the same words."""
    repository = open_repository(str(ROOT), ROOT / ".kb" / "clones")
    proposed = propose(repository.tree(repository.resolve(None), "articles"))

    assert "languages: [en, es, fr]" in proposed
    assert re.findall(r'^    "(\S*\.md)": (\w+)$', proposed, re.M) == [(".md", "en"), (".es.md", "es"), (".fr.md", "fr")]


def test_a_tree_without_a_page_has_no_proposal(world: World) -> None:
    """There is nothing to adopt."""
    world.commit()
    repository = world.open()

    with pytest.raises(ProposalError) as caught:
        propose(repository.tree(repository.resolve(None), "articles"))

    assert (
        str(caught.value) == "there is no Markdown file below 'articles'; expected pages to adopt. Correct --repo or --folder."
    )
