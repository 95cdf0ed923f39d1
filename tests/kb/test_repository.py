"""Git: commits, trees and history, whatever the repository looks like."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kb.errors import AsOfError, RepositoryError
from kb.reading import read_library
from kb.repository import open_repository
from kb.tree import FileKind
from tests.kb.conftest import World, utc


def bodies(world: World, ref: str | None = None) -> dict[str, str]:
    """The body of every article at a ref, by id."""
    return {article.id: article.body for article in world.library(ref).articles}


def test_reading_a_commit_never_looks_at_the_working_tree(world: World) -> None:
    """Edits, new files and deletions that are not committed are not seen."""
    world.article("a.md", "old\n")
    world.article("b.md", "kept\n")
    world.commit()
    world.article("a.md", "dirty\n")
    world.article("c.md", "new\n")
    (world.root / "articles/b.md").unlink()
    repository = world.open()

    library = read_library(repository.tree(repository.resolve(None), "articles"))

    assert {article.id: article.body for article in library.articles} == {"a": "old\n", "b": "kept\n"}


def test_the_files_of_a_commit_are_the_same_whatever_was_listed_before(world: World) -> None:
    """A listing is made from the one before by what differs: files come, go, change their kind, and folders become files."""
    commits = []
    for step in range(5):
        folder, odd = world.root / "articles/b", step % 2
        shutil.rmtree(folder) if folder.is_dir() else folder.unlink(missing_ok=True)
        world.article("a.md", f"text {step}\n")
        world.article(f"deep/er-{step}.md")
        world.article("b/c.md") if odd else folder.write_text("a file")
        (world.root / f"articles/deep/er-{step - 1}.md").unlink(missing_ok=True)
        link = world.root / "articles/año z.md"
        link.unlink(missing_ok=True)
        link.symlink_to("a.md") if step == 2 else link.write_text("plain")
        commits.append(world.commit())
    one = world.open()

    for sha in [*commits, *commits[::-2], commits[3], commits[0]]:
        listed = one.tree(one.resolve(sha), "articles").files
        assert listed == world.open().tree(one.resolve(sha), "articles").files


def test_the_working_tree_is_read_when_asked(world: World) -> None:
    """A preview shows edits and new files, misses deleted ones, and leaves out what git ignores."""
    world.article("a.md", "old\n")
    world.article("b.md", "gone\n")
    world.write(".gitignore", "draft-*.md\n")
    world.commit()
    world.article("a.md", "dirty\n")
    world.article("c.md", "new\n")
    world.article("draft-d.md", "ignored\n")
    (world.root / "articles/b.md").unlink()

    library = read_library(world.open().working_tree("articles"))

    assert {article.id: article.body for article in library.articles} == {"a": "dirty\n", "c": "new\n"}
    assert library.commit is None
    assert [article.changed is None for article in library.articles] == [False, True]


def test_an_unchanged_working_tree_names_the_same_blobs_as_its_commit(world: World) -> None:
    """So nothing is embedded twice."""
    world.article("a.md")
    commit = world.commit()
    repository = world.open()

    assert repository.working_tree("articles").files == repository.tree(repository.resolve(commit), "articles").files


def test_a_bare_repository_is_read(world: World, tmp_path: Path) -> None:
    """A server's repository has no working tree, and says so when asked for it."""
    world.article("a.md", "text\n")
    world.commit()
    subprocess.run(["git", "clone", "-q", "--bare", str(world.root), str(tmp_path / "bare.git")], check=True)
    repository = open_repository(str(tmp_path / "bare.git"), tmp_path / "clones")

    assert [article.body for article in read_library(repository.tree(repository.resolve(None), "articles")).articles] == [
        "text\n"
    ]
    with pytest.raises(RepositoryError, match=r"bare.git: a bare repository has no working tree. Ask for a commit.$"):
        repository.working_tree("articles")


def test_a_bundle_is_read_and_brought_up_to_date(world: World, tmp_path: Path) -> None:
    """A bundle that is replaced by a newer one shows the newer commit."""
    bundle = tmp_path / "kb.bundle"
    world.article("a.md")
    first = world.commit()
    world.git("bundle", "create", "-q", str(bundle), "main")
    before = open_repository(str(bundle), tmp_path / "clones").resolve(None).sha
    second = world.commit("again")
    world.git("bundle", "create", "-q", str(bundle), "main")

    after = open_repository(str(bundle), tmp_path / "clones").resolve(None).sha

    assert (before, after) == (first, second)


@pytest.mark.parametrize(
    "location", ["ext::sh -c touch% /tmp/x", "file:///etc", "git://host/x", "http://host/x", "--upload-pack=x"]
)
def test_only_https_ssh_and_local_folders_are_opened(tmp_path: Path, location: str) -> None:
    """A location that could run a command or read any file is refused."""
    with pytest.raises(RepositoryError) as caught:
        open_repository(location, tmp_path)

    assert str(caught.value) == (
        f"{location}: there is no such folder; expected a git repository, a bundle, or an https or ssh URL. "
        "Correct --repo or KB_REPO."
    )


def test_a_password_in_a_url_is_never_shown(tmp_path: Path) -> None:
    """Messages reach logs and screens."""
    with pytest.raises(RepositoryError) as caught:
        open_repository("https://bot:hunter2@localhost:1/kb.git", tmp_path)

    assert "hunter2" not in str(caught.value)
    assert str(caught.value).startswith("https://***@localhost:1/kb.git: cannot be fetched: ")


def test_a_folder_that_is_no_repository_says_so(tmp_path: Path) -> None:
    """The cure is named."""
    with pytest.raises(RepositoryError) as caught:
        open_repository(str(tmp_path), tmp_path / "clones")

    assert str(caught.value) == f"{tmp_path}: this is no git repository. Run `git init` there, or correct --repo or KB_REPO."


@pytest.mark.parametrize("name", ["nope", "^main", "--all", "main..main", "HEAD:articles", "a\0b", ":/no such message"])
def test_a_name_that_is_no_commit_is_refused(world: World, name: str) -> None:
    """Ranges, options and files are no commits; a search in messages would be a guess."""
    world.article("a.md")
    world.commit()

    with pytest.raises(RepositoryError) as caught:
        world.open().resolve(name)

    assert str(caught.value) == (
        f"{world.root}: there is no branch, tag or commit {name!r}. It has the branches main. Correct the name."
    )


def test_a_folder_that_is_not_there_is_an_error(world: World) -> None:
    """An empty result would look like a knowledge base without guidance."""
    commit = world.commit()
    repository = world.open()

    with pytest.raises(RepositoryError) as caught:
        repository.tree(repository.resolve(commit), "guides")

    assert str(caught.value) == (
        f"{world.root}: there is no file below 'guides' at commit {commit[:12]}. "
        "Name the folder of the articles with --folder or KB_FOLDER."
    )


def test_as_of_an_instant_is_the_commit_that_was_live_then(world: World) -> None:
    """From the very second of its commit on, and not a second earlier."""
    first = world.commit(at="2026-03-01T10:00:00 +0000")
    second = world.commit(at="2026-03-02T10:00:00 +0000")
    repository = world.open()

    assert repository.at(None, utc("2026-03-02T09:59:59")).sha == first
    assert repository.at(None, utc("2026-03-02T10:00:00.5")).sha == second
    assert repository.at(None, utc("2099-01-01T00:00")).sha == second
    with pytest.raises(AsOfError, match=r"^Nothing was live at 2026-03-01T09:59:00\+00:00; the history begins later\."):
        repository.at(None, utc("2026-03-01T09:59"))


def test_as_of_a_commit_has_to_be_in_the_history(world: World) -> None:
    """A commit that was never merged was never guidance."""
    first = world.commit()
    world.git("checkout", "-q", "-b", "proposal")
    proposal = world.commit("proposal")
    world.git("checkout", "-q", "main")
    world.commit("main goes on")
    repository = world.open()

    assert repository.at(None, first[:10]).sha == first
    with pytest.raises(AsOfError) as caught:
        repository.at(None, proposal)
    assert str(caught.value) == (
        f"Commit {proposal} is not in the history of what is served, so it was never live there. "
        "Ask for a commit that was merged, or for the merge itself."
    )


def test_as_of_a_word_is_refused(world: World) -> None:
    """`yesterday` would be guessed."""
    world.commit()

    with pytest.raises(
        RepositoryError, match=r"^'yesterday' names no moment; expected .* or the id of a commit that was live\.$"
    ):
        world.open().at(None, "yesterday")


def test_a_merged_branch_goes_live_at_its_merge(world: World) -> None:
    """Text counts from the commit that brought it to the branch, not from the day it was written."""
    world.article("a.md", "old\n")
    first = world.commit()
    world.git("checkout", "-q", "-b", "proposal")
    world.article("a.md", "new\n")
    world.commit("written")
    world.git("checkout", "-q", "main")
    world.article("b.md")
    between = world.commit("meanwhile")
    world.git("merge", "-q", "--no-ff", "-m", "merge", "proposal", at="2026-06-01T00:00:00 +0000")
    merge = world.git("rev-parse", "HEAD")
    repository = world.open()

    changes = repository.tree(repository.resolve(None), "articles").changes(
        ["articles/a.md", "articles/b.md", "articles/kb.yml"]
    )

    assert {path: commit.sha for path, commit in changes.items()} == {
        "articles/a.md": merge,
        "articles/b.md": between,
        "articles/kb.yml": first,
    }
    assert changes["articles/a.md"].at == utc("2026-06-01T00:00")
    assert repository.at(None, utc("2026-05-31T00:00")).sha == between


def test_a_rename_keeps_the_articles_identity(world: World) -> None:
    """The id is in the file; the path may move."""
    world.article("a.md", id="pin")
    world.commit()
    before = world.read("a.md")
    world.git("mv", "articles/a.md", "articles/moved.md")
    world.commit()

    after = world.read("moved.md")

    assert (after.id, after.blob) == (before.id, before.blob)


def test_history_can_be_read_at_every_commit(world: World) -> None:
    """An older commit says what it said then."""
    world.article("a.md", "one\n")
    first = world.commit()
    world.article("a.md", "two\n")
    world.commit()

    assert bodies(world, first) == {"a": "one\n"}
    assert bodies(world) == {"a": "two\n"}


def test_an_empty_repository_says_what_to_do(tmp_path: Path) -> None:
    """There is nothing to resolve yet."""
    subprocess.run(["git", "init", "-q", str(tmp_path / "new")], check=True)

    with pytest.raises(RepositoryError) as caught:
        open_repository(str(tmp_path / "new"), tmp_path / "clones").resolve(None)

    assert str(caught.value) == f"{tmp_path / 'new'}: the repository is empty. Commit the articles first."


def test_links_out_of_the_repository_are_not_followed(world: World, tmp_path: Path) -> None:
    """A linked folder shows no file that git does not hold, in the working tree either."""
    world.article("sub/a.md")
    world.commit()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a.md").write_text("secret")
    (world.root / "articles/sub/a.md").unlink()
    (world.root / "articles/sub").rmdir()
    (world.root / "articles/sub").symlink_to(tmp_path / "outside")

    kinds = {file.path: file.kind for file in world.open().working_tree("articles").files}

    assert kinds.get("articles/sub/a.md", FileKind.SYMLINK) is FileKind.SYMLINK
    assert kinds["articles/sub"] is FileKind.SYMLINK


def test_a_folder_with_a_star_in_its_name_is_only_itself(world: World) -> None:
    """Names of folders are no patterns."""
    world.article("a.md")
    (world.root / "art*").mkdir()
    (world.root / "art*/b.md").write_text("b")
    world.commit()
    repository = world.open()

    assert [file.path for file in repository.working_tree("art*").files] == ["art*/b.md"]
    assert [file.path for file in repository.tree(repository.resolve(None), "art*").files] == ["art*/b.md"]


def test_many_threads_may_ask_at_once(world: World) -> None:
    """Sixteen threads resolve the default branch and read blobs; each gets its answer."""
    world.article("a.md", "Text.")
    commit = world.commit()
    repository = open_repository(str(world.root), world.clones)
    file = next(file for file in repository.tree(repository.resolve(None), "articles").files if file.path.endswith("/a.md"))

    def ask(_: int) -> tuple[str, bytes]:
        tree = repository.tree(repository.resolve(None), "articles")
        return repository.at(None, commit).sha, tree.read(file).strip()[-5:]

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(ask, range(48), timeout=60))

    assert answers == {(commit, b"Text.")}
