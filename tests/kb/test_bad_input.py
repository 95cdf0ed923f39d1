"""Whatever lies in a repository: a clear problem for each, all in one run, and nothing lost."""

import subprocess
from pathlib import Path

import pytest

from kb.errors import ContentError
from kb.library import Skipped
from tests.kb.conftest import TAXONOMY, World


def test_every_problem_of_every_file_is_said_in_one_run(world: World) -> None:
    """A writer mends ten files in one round."""
    world.write("yaml.md", "---\ntitle: a: b\n---\nx\n")
    world.write("bare.md", "No front matter.\n")
    world.write("open.md", "---\ntitle: A\nx\n")
    world.write("binary.md", b"---\ntitle: A\n---\n\x89PNG\xff")
    world.write("nul.md", b"---\ntitle: A\n---\na\0b\n")
    world.write("twice.md", "---\ntitle: A\ntitle: B\n---\nx\n")
    world.write("bomb.md", "---\ntitle: &a [x]\nanswers: [*a, *a]\n---\nx\n")
    world.write("deep.md", f"---\ntitle: {'[' * 200}\n---\nx\n")
    world.write("huge.md", "---\ntitle: A\n---\n" + "x" * 5_000_000)
    world.article("dates.md", effective_from="2026-07-01", effective_until="2026-07-01")
    world.article("one.md", id="same")
    world.article("two.md", id="same")
    world.article("code.md", jurisdictions="[XX]")
    world.article("empty.md", "\n<!-- later -->\n")
    world.article("fence.md", ":::tier 2\nx\n")
    world.article("fine.md")

    assert world.problems() == [
        "articles/bare.md:1: there is no front matter; expected `---`, keys, `---` at the top. `kb new` writes an example.",
        "articles/binary.md:4: a byte here is not UTF-8 text. Save the file as UTF-8.",
        "articles/bomb.md:2: anchors (&) and aliases (*) are not read. Write the value out, or quote the text.",
        "articles/code.md:3: jurisdictions 'XX' is not known; expected one of US, US-CA, US-NY, CA, CA-QC, all. "
        "Correct it, or add it to kb.yml.",
        "articles/dates.md:4: effective_until 2026-07-01 is not after effective_from 2026-07-01, "
        "so the article would never be in force. Correct one of the dates.",
        "articles/deep.md:2: more than 20 levels of nesting. Flatten the value.",
        "articles/empty.md:4: the article has no text below its front matter. Write it, or remove the file.",
        "articles/fence.md:4: `:::tier` is not closed; expected `:::` on a line of its own. "
        "Close it; around an inner `:::` part the outer fence takes one colon more.",
        "articles/huge.md:1: the file has 5,000,017 bytes; expected at most 1,000,000. Split it into several articles.",
        "articles/nul.md:4: a NUL byte stands here; expected text. Remove it.",
        "articles/open.md:1: the front matter is not closed; expected `---` on a line of its own below the keys. Close it.",
        "articles/twice.md:3: the key 'title' stands twice. Keep one of them.",
        "articles/two.md:3: id 'same' is already that of articles/one.md. Give this article its own id.",
        "articles/yaml.md:2: this is not YAML: mapping values are not allowed in this context. "
        'A text with a colon has to stand in quotes: title: "ACH: the return".',
    ]


def test_a_push_with_one_error_is_refused_whole(world: World) -> None:
    """The exception carries every problem, one on each line."""
    world.article("a.md", tier="9")
    world.article("b.md", tier="8")

    with pytest.raises(ContentError) as caught:
        world.library()

    assert [problem.path for problem in caught.value.problems] == ["articles/a.md", "articles/b.md"]
    assert str(caught.value).count("\n") == 1


def test_links_and_submodules_are_never_followed(world: World, tmp_path: Path) -> None:
    """What could be guidance is a problem; a linked picture is only skipped."""
    (tmp_path / "secret.md").write_text("---\ntitle: Secret\n---\nx\n")
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    subprocess.run(
        ["git", "-C", str(other), "-c", "user.name=W", "-c", "user.email=w@x", "commit", "-q", "--allow-empty", "-m", "x"],
        check=True,
    )
    world.article("a.md")
    world.write("real.png", b"\x89PNG")
    (world.root / "articles/link.md").symlink_to(tmp_path / "secret.md")
    (world.root / "articles/folder").symlink_to(tmp_path)
    (world.root / "articles/logo.png").symlink_to("real.png")
    world.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "articles/shared")
    cure = "which is never followed; expected a file. Put the text itself here, or remove it."

    assert world.problems() == [
        f"articles/folder:1: this is a symbolic link, {cure}",
        f"articles/link.md:1: this is a symbolic link, {cure}",
        f"articles/shared:1: this is a submodule, {cure}",
    ]


def test_other_files_are_skipped_and_said(world: World) -> None:
    """Nothing is lost silently."""
    world.article("a.md")
    world.write("logo.png", b"\x89PNG\0")
    world.write("README.md", "How we write.\n")
    (world.root / "articles/link.png").symlink_to("logo.png")

    assert world.library().skipped == (
        Skipped("articles/README.md", "a README is for people who browse the repository"),
        Skipped("articles/link.png", "symbolic link"),
        Skipped("articles/logo.png", "not a Markdown file"),
    )


def test_a_name_that_is_not_utf8_is_an_error(world: World) -> None:
    """Nobody could link to it; its bytes are shown escaped."""
    world.article("a.md")
    (world.root.joinpath("articles")).joinpath(b"caf\xe9.md".decode("utf-8", "surrogateescape")).write_text("x")

    assert world.problems() == [
        "articles/caf\\udce9.md:1: the file's name is not plain UTF-8 text. Rename it, so that it can be linked to."
    ]


def test_names_with_accents_and_spaces_are_fine(world: World) -> None:
    """Spanish file names are names."""
    world.article("cómo cancelar.md")

    assert [article.id for article in world.library().articles] == ["c-mo-cancelar"]


@pytest.mark.parametrize("name", ["_defaults.yaml", "_default.yml", "defaults.yml", "_Defaults.yml"])
def test_defaults_under_a_near_name_are_an_error(world: World, name: str) -> None:
    """A folder's `tier: 2` that is not read would show its articles to everybody."""
    world.write(f"deep/{name}", "tier: 2\n")
    world.article("deep/a.md")

    assert world.problems() == [
        f"articles/deep/{name}:1: {name!r} is not read, so its defaults are missing; expected '_defaults.yml'. Rename it."
    ]


def test_defaults_that_are_a_link_are_an_error(world: World) -> None:
    """Not read, they would leave the folder with wider defaults."""
    world.write("strict.yml", "tier: 2\n")
    world.article("deep/a.md")
    (world.root / "articles/deep/_defaults.yml").symlink_to("../strict.yml")

    assert world.problems() == [
        "articles/deep/_defaults.yml:1: this is a symbolic link, which is never followed; expected a file. "
        "Put the text itself here, or remove it."
    ]


def test_broken_defaults_are_an_error_of_their_own(world: World) -> None:
    """Every article below them is refused with them."""
    world.write("deep/_defaults.yml", "tier: 2\n  x: 1\n")
    world.article("deep/a.md")

    (problem,) = world.problems()

    assert problem.startswith("articles/deep/_defaults.yml:2: this is not YAML: mapping values are not allowed")


def test_a_missing_taxonomy_is_one_problem(world: World) -> None:
    """A repository that was not written for us gets one hint, not one for each file."""
    world.article("a.md")
    (world.root / "articles/kb.yml").unlink()

    assert world.problems() == [
        "articles/kb.yml:1: the taxonomy is not there; expected a file that lists products, jurisdictions and tiers. "
        "`kb new --taxonomy` writes one; for a repository that was not written for us, name one with --kb."
    ]


def test_a_broken_taxonomy_does_not_hide_what_is_wrong_in_articles(world: World) -> None:
    """Both are mended in one round."""
    world.write("kb.yml", TAXONOMY.replace("America/Mexico_City", "Mexico City"))
    world.article("a.md", tier="high")

    assert world.problems() == [
        "articles/a.md:3: tier is 'high'; expected a whole number.",
        "articles/kb.yml:2: time_zone is 'Mexico City'; expected an IANA time zone such as America/Mexico_City.",
    ]


def test_a_folder_without_an_article_is_an_error(world: World) -> None:
    """An empty knowledge base is a mistake; what was skipped is counted."""
    world.write("a.txt", "x")

    assert world.problems() == [
        "articles:1: there is no article below 'articles'. Write one: `kb new` makes an example. "
        "Skipped: 1 x not a Markdown file."
    ]
