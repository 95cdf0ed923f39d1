"""`kb diff` and `kb log`: what changed, for who has the repository."""

import json
import subprocess
from collections.abc import Callable

import pytest

from tests.api.edits import NINETY, TEXT, edited
from tests.world import World

Kb = Callable[..., "subprocess.CompletedProcess[str]"]


def test_diff_and_log_need_no_index(world: World, kb: Kb) -> None:
    """For who has the repository: facts, people and messages, and nothing is built."""
    first, second = edited(world)

    changes = kb("diff", first, second, cwd=world.repo)
    versions = kb("log", "card", cwd=world.repo)
    commits = kb("log", cwd=world.repo)

    assert "RULE  Dispute a charge [card, en]\n  reworded\n  60 days → 90 days\n" in changes.stdout
    assert f"{second[:12]} by Writer, approved by Eva" in changes.stdout
    assert "Ninety days now, says legal" in versions.stdout
    assert "CURRENT" in versions.stdout.splitlines()[0]
    assert commits.stdout.count(" by Writer") == 2
    assert not list(world.root.rglob("snapshots"))


def test_diff_that_finds_nothing_says_where_something_is(world: World, kb: Kb) -> None:
    """A fresh clone has changed nothing yet: the newest commit that changed an article is named, and it does show."""
    world.article("card.md", TEXT, id="card")
    first = world.commit()
    alone = kb("diff", "HEAD", cwd=world.repo)
    world.article("card.md", NINETY, id="card")
    second = world.commit()
    (world.repo / "articles" / "README.md").write_text("For people.")
    world.commit()
    later = kb("diff", "HEAD", cwd=world.repo)
    told = kb("diff", f"{second[:12]}~1", cwd=world.repo)

    assert "0 articles" in alone.stdout
    assert "All articles are of one commit" in alone.stderr
    assert f"The newest commit that changed one is {second[:12]} of " in later.stderr
    assert f"ask from {second[:12]}~1 on to see it." in later.stderr
    assert (first[:12] in told.stdout, "60 days → 90 days" in told.stdout, told.stderr) == (True, True, "")


def test_diff_where_no_commit_changed_an_article_says_so(world: World, kb: Kb) -> None:
    """A repository that begins speaks of no more commits than it has."""
    world.commit()

    assert "Nor did any commit here change one; `kb log ID` lists" in kb("diff", "HEAD", cwd=world.repo).stderr


def test_diff_prints_markdown_and_json(world: World, kb: Kb) -> None:
    """For a message and for a program; what an article says is no markup there."""
    world.article("card.md", TEXT, id="card", title="Dispute *a* charge")
    first = world.commit()
    world.article("card.md", NINETY, id="card", title="Dispute *a* charge")
    world.commit()

    markdown = kb("diff", first, "main", "--format", "markdown", cwd=world.repo)
    found = json.loads(kb("diff", first, "main", "--format", "json", cwd=world.repo).stdout)

    assert "## Rule: Dispute \\*a\\* charge" in markdown.stdout
    assert [fact["new"] for fact in found["changes"][0]["facts"]] == ["90 days"]


def test_what_is_the_same_of_many_articles_is_told_once(world: World, kb: Kb) -> None:
    """A deletion of many is one piece of news with their names below it; an edit in the same push stands by itself."""
    world.article("card.md", TEXT, id="card", title="Dispute a charge")
    for number in range(6):
        world.article(f"old/{number}.md", id=f"old-{number}", title=f"Old {number}")
    first = world.commit(at="2026-01-01T00:00:00Z")
    for number in range(6):
        (world.repo / f"articles/old/{number}.md").unlink()
    world.article("card.md", TEXT.replace("60", "90"), id="card", title="Dispute a charge")
    second = world.commit(at="2026-01-02T00:00:00Z")

    text, markdown = (kb("diff", first, second, "--format", name, cwd=world.repo).stdout for name in ("text", "markdown"))

    names = "".join(f"    Old {number} [old-{number}, en]\n" for number in range(6))
    assert f"\nRULE  6 articles, alike\n  removed\n  2026-01-02 00:00Z {second[:12]} by Writer\n{names}" in text
    assert "RULE  Dispute a charge [card, en]\n" in text
    assert markdown.count("## ") == 2
    assert "\n- Old 5 `old-5` · en\n" in markdown


@pytest.mark.parametrize("command", [("diff", "nonsense"), ("diff", "2026-02-30"), ("log", "nothing")])
def test_what_is_not_there_is_said(world: World, kb: Kb, command: tuple[str, ...]) -> None:
    """One message, wrong use."""
    edited(world)

    run = kb(*command, cwd=world.repo)

    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert ("Moments are also now, yesterday" in run.stderr) is (command[1] == "nonsense")
