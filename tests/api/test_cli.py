"""The `kb` command as a user runs it: in a process of its own."""

import json
import re
import subprocess
from collections.abc import Callable
from importlib.metadata import version

import pytest

from tests.world import World

Kb = Callable[..., "subprocess.CompletedProcess[str]"]


def test_search_answers_from_the_newest_commit(world: World, kb: Kb) -> None:
    """`kb search --json` prints one object that names the commit; indexing happens on the way."""
    world.article("card.md", "Freeze the card in the app.", id="card", products=["cards"])
    commit = world.commit()

    run = kb("search", "freeze card", "--json", "--jurisdiction", "US-CA", "--tier", "1", "--product", "cards", cwd=world.repo)

    answer = json.loads(run.stdout)
    assert (run.returncode, run.stderr) == (0, "")
    assert answer["index"]["commit"] == commit
    assert [hit["id"] for hit in answer["hits"]] == ["card"]


def test_what_a_command_warns_of_is_not_in_what_a_program_reads(world: World, kb: Kb) -> None:
    """A snapshot that the disk damaged is built anew: a line on standard error, and the same answer."""
    world.article("card.md", "Freeze the card in the app.", id="card", products=["cards"])
    world.commit()
    ask = ("search", "freeze card", "--json")
    first = kb(*ask, cwd=world.repo)
    (passages,) = (world.root / "data").rglob("passages.json")
    passages.write_text("[]")

    run = kb(*ask, cwd=world.repo)

    assert json.loads(run.stdout)["hits"] == json.loads(first.stdout)["hits"]
    (line,) = run.stderr.splitlines()
    assert re.match(r"\S+ \[warning  \] a damaged snapshot is built anew +reason=", line)


def test_search_for_people_shows_why_a_text_applies(world: World, kb: Kb) -> None:
    """Scope, title, place and snippet, without JSON."""
    world.article("fee.md", "A late fee is charged.", id="fee", title="Late fee", jurisdictions=["US"])
    world.article("fee-ca.md", "No late fee.", id="fee-ca", title="No late fee", jurisdictions=["US-CA"], overrides="fee")
    commit = world.commit()

    run = kb("search", "late fee", "--jurisdiction", "US-CA", "--effective-on", "2026-05-01", "--explain", cwd=world.repo)

    lines = run.stdout.splitlines()
    assert lines[0] == f"US-CA · tier 1 · 2026-05-01 · commit {commit[:12]}"
    assert lines[2].startswith("1. No late fee  ")
    assert lines[3].strip() == "fee-ca · US-CA text; replaces Late fee (US)"
    assert lines[4].strip() == "No late fee."
    assert lines[5].strip().startswith("fused ")


def test_what_a_program_reads_is_neither_wrapped_nor_filled_up(world: World, kb: Kb) -> None:
    """Each fact and each snippet is one line, however wide a terminal would be."""
    world.article("fee.md", "A late fee is charged on the fifth day after the due date, " * 3, id="fee", title="Late fee")
    world.commit()

    lines = kb("search", "late fee", cwd=world.repo, COLUMNS="40").stdout.splitlines()

    assert len(lines) == 5
    assert lines[4].startswith("   A late fee is charged on the fifth day after the due date, A late fee")
    assert [line for line in lines if line != line.rstrip()] == []


def test_a_day_is_the_day_of_the_space_wherever_it_is_shown(world: World, kb: Kb) -> None:
    """Three in the morning in Greenwich is the evening before in Mexico City, whose zone is that of the space."""
    world.article("fee.md", "A late fee is charged.", id="fee", jurisdictions=["US"])
    world.commit()

    run = kb("search", "late fee", "--jurisdiction", "CA", "--effective-on", "2026-05-02T03:00:00Z", cwd=world.repo)

    assert run.stdout.splitlines()[0].startswith("CA · tier 1 · 2026-05-01 · commit ")
    assert "No guidance is in force in CA on 2026-05-01." in run.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["search", "fee", "--limit", "0"], "limit: expected at least 1."),
        (["search", "fee", "--space", "acme"], "There is no space 'acme'."),
        (["search", "fee", "--ref", "nope"], "there is no branch, tag or commit 'nope'"),
        (["index", "--repo", "nowhere"], "nowhere: there is no such folder"),
        (["index"], "no/such-model"),
    ],
)
def test_what_is_mistyped_is_refused_before_a_model_is_opened(world: World, kb: Kb, args: list[str], said: str) -> None:
    """Preparing one can take a minute, which nobody waits for who mistyped a limit. Else the model is what is missing."""
    world.article("fee.md")
    world.commit()

    assert said in kb(*args, cwd=world.repo, KB_ENGLISH_MODEL="no/such-model").stderr


def test_search_says_what_it_struck_out(world: World, kb: Kb) -> None:
    """The kind, never the value; nothing where there was nothing."""
    world.article("card.md", "Freeze the lost card.", id="card")
    world.commit()

    secret, plain = (kb("search", text, cwd=world.repo).stdout for text in ("lost card 4242 4242 4242 4242", "lost card"))

    told = " ".join(secret.split())  # the terminal breaks lines where it likes
    assert " Struck out before it was searched: card number. Searched: lost card [card number] " in told
    assert ("4242" in secret, "Struck out" in plain) == (False, False)


def test_a_writer_can_ask_before_the_commit(world: World, kb: Kb) -> None:
    """--worktree reads the files as they lie there; without it the commit is what counts."""
    world.article("card.md", "Cards take 7 days.", id="card")
    world.commit()
    world.article("card.md", "Cards take 5 days.", id="card")

    live = json.loads(kb("search", "card", "--json", cwd=world.repo).stdout)
    preview = json.loads(kb("search", "card", "--json", "--worktree", cwd=world.repo).stdout)

    assert live["hits"][0]["snippet"] == "Cards take 7 days."
    assert preview["hits"][0]["snippet"] == "Cards take 5 days."
    assert preview["index"]["commit"] is None


def test_index_counts_what_it_did(world: World, kb: Kb) -> None:
    """Articles, passages, what was embedded, and what was skipped with the reason; a second run embeds nothing."""
    world.article("card.md", "Freeze the card.", id="card")
    world.write("logo.png", "not really a picture")
    world.commit()

    first = json.loads(kb("index", "--json", cwd=world.repo).stdout)
    world.commit("nothing new")
    second = json.loads(kb("index", "--json", cwd=world.repo).stdout)

    assert first["articles"] == first["passages"] == 1
    assert first["embedded"] == {"english": 1, "multilingual": 1}
    assert first["skipped"] == [{"path": "articles/logo.png", "reason": "not a Markdown file"}]
    assert second["embedded"] == {"english": 0, "multilingual": 0}
    assert second["commit"] != first["commit"]


def test_a_commit_with_errors_is_refused_with_every_problem(world: World, kb: Kb) -> None:
    """Exit 1, one line for each problem, and nothing indexed."""
    world.article("one.md", tier="many")
    world.article("two.md", jurisdictions=["US-CL"])
    world.commit()

    run = kb("index", cwd=world.repo)

    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.splitlines() == [
        "articles/one.md:5: tier is 'many'; expected a whole number.",
        "articles/two.md:4: jurisdictions 'US-CL' is not known; expected one of US, US-CA, US-NY, CA, CA-QC, MX, all. "
        "Did you mean 'US-CA' or 'US-NY'? Correct it, or add it to kb.yml.",
        "2 problems; nothing was indexed.",
    ]


def test_after_a_commit_with_errors_search_answers_from_the_one_before_and_says_so(world: World, kb: Kb) -> None:
    """As the service does. Only standard error tells it, so that what a program reads is the answer."""
    world.article("card.md", "Freeze the card.", id="card")
    good = world.commit()
    first = kb("search", "card", "--json", cwd=world.repo)  # indexes on the way, and publishes nothing
    world.write("broken.md", "---\ntitle: [\n---\n")
    bad = world.commit("broken YAML")

    searched = kb("search", "card", "--json", cwd=world.repo)
    world.git("reset", "--hard", good)
    kb("index", cwd=world.repo)
    world.git("reset", "--hard", bad)
    indexed = kb("index", cwd=world.repo)
    served = kb("search", "card", cwd=world.repo)

    told = f"The newest commit has 1 problem and is not served: {good[:12]} answers instead. `kb check` tells where.\n"
    assert (first.stderr, indexed.returncode) == ("", 1)
    assert (searched.returncode, searched.stderr, json.loads(searched.stdout)["index"]["commit"]) == (0, told, good)
    assert (served.returncode, served.stderr, good[:12] in served.stdout) == (0, told, True)


def test_check_reads_the_working_tree_and_reports_all(world: World, kb: Kb) -> None:
    """The writer sees problems before the commit, with file and line."""
    world.article("good.md", id="good")
    world.commit()
    world.article("bad.md", jurisdictions=["US-CL"], colour="red")

    run = kb("check", cwd=world.repo)

    assert run.returncode == 1
    assert run.stdout.splitlines() == [
        "articles/bad.md:4: jurisdictions 'US-CL' is not known; expected one of US, US-CA, US-NY, CA, CA-QC, MX, all. "
        "Did you mean 'US-CA' or 'US-NY'? Correct it, or add it to kb.yml.",
        "articles/bad.md:7: warning: unknown key 'colour' is ignored. Correct or remove it.",
        "1 error, 1 warning",
    ]


def test_check_counts_no_articles_that_it_could_not_read(world: World, kb: Kb) -> None:
    """Null beside an error, not a nought beside valid articles; and an empty repository is called empty, as `kb index` does."""
    subprocess.run(["git", "init", "-q", str(world.root / "new")], check=True)
    empty = kb("check", cwd=world.repo, KB_REPO=str(world.root / "new"))
    world.article("good.md", id="good")
    world.article("bad.md", tier="many")

    told = json.loads(kb("check", "--format", "json", cwd=world.repo).stdout)

    assert (told["errors"], told["articles"]) == (1, None)
    assert empty.stderr == f"{world.root / 'new'}: the repository is empty. Write the articles first; `kb new` begins one.\n"


def test_check_of_one_file_reports_only_that_file(world: World, kb: Kb) -> None:
    """Problems elsewhere do not fail the writer's file."""
    world.article("good.md", id="good")
    world.article("bad.md", tier="many")
    world.commit()

    run = kb("check", "articles/good.md", cwd=world.repo)

    assert (run.returncode, run.stdout) == (0, "0 errors, 0 warnings\n")


def test_check_speaks_to_machines(world: World, kb: Kb) -> None:
    """JSON for programs, workflow commands for pull requests."""
    world.article("bad.md", tier="many")
    world.commit()

    as_json = json.loads(kb("check", "--format", "json", cwd=world.repo).stdout)
    as_github = kb("check", "--format", "github", cwd=world.repo).stdout.splitlines()

    assert as_json["problems"] == [
        {
            "path": "articles/bad.md",
            "line": 5,
            "rule": "bad-value",
            "severity": "error",
            "message": "tier is 'many'; expected a whole number.",
        }
    ]
    assert as_github[0] == "::error file=articles/bad.md,line=5,title=bad-value::tier is 'many'; expected a whole number."


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["search", "x", "--ref", "nope"], "there is no branch, tag or commit 'nope'. It has the branches main."),
        (["search", "x", "--folder", "nothere"], "there is no file below 'nothere' at commit"),
        (["search", "x", "--tier", "9"], "tier is 9; expected one of 1, 2, 3."),
        (["search", "x", "--as-of", "yesterday"], "as_of: expected a date such as 2026-03-01, or an instant"),
        (["search", "", "--json"], "q: is empty; expected text."),
        (["index", "--repo", "nowhere"], "nowhere: there is no such folder; expected a git repository"),
        (["serve", "--host", "0.0.0.0", "--port", "0"], "without tokens the service answers only on this machine"),  # noqa: S104
        (["check", "artcles/"], "artcles holds no file of articles; nothing was checked. Correct the path."),
        (["new", "--taxonomy", "--adopt"], "--taxonomy and --adopt are two different files."),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(world: World, kb: Kb, args: list[str], message: str) -> None:
    """No traceback: what was wrong, what was expected, the cure."""
    world.article("card.md")
    world.commit()

    run = kb(*args, cwd=world.repo)

    assert (run.returncode, run.stdout) == (2, "")
    assert message in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_the_version_is_told(kb: Kb) -> None:
    """What a report of a fault has to name."""
    assert kb("--version").stdout == f"{version('fingerpost')}\n"


def test_a_mistyped_variable_stops_every_command(world: World, kb: Kb) -> None:
    """A setting that nobody reads would be believed to work."""
    run = kb("search", "x", cwd=world.repo, KB_FOLDR="elsewhere")

    assert run.returncode == 2
    assert run.stderr.startswith("KB_FOLDR is no setting.")


def test_new_writes_an_article_that_check_accepts(world: World, kb: Kb) -> None:
    """The example is whole, and nothing is ever overwritten."""
    wrote = kb("new", "articles/pin-blocked.md", "--title", "The PIN is blocked", cwd=world.repo)
    checked = kb("check", cwd=world.repo)
    again = kb("new", "articles/pin-blocked.md", cwd=world.repo)

    assert wrote.stdout == "wrote articles/pin-blocked.md; `kb check` says what is still missing\n"
    assert (checked.returncode, checked.stdout) == (0, "1 articles, 0 errors, 0 warnings\n")
    assert (again.returncode, again.stderr) == (
        2,
        "articles/pin-blocked.md is there already; nothing was written. Choose another name.\n",
    )


def test_new_writes_a_taxonomy_that_check_accepts(world: World, kb: Kb) -> None:
    """A new repository begins with two files."""
    (world.repo / "articles" / "kb.yml").unlink()
    kb("new", "--taxonomy", "articles/kb.yml", cwd=world.repo)
    kb("new", "articles/first.md", cwd=world.repo)

    assert kb("check", cwd=world.repo).stdout == "1 articles, 0 errors, 0 warnings\n"


def test_settings_lists_every_setting_with_its_meaning(kb: Kb) -> None:
    """What is set now, and what it is for."""
    lines = kb("settings", KB_PORT="9000").stdout.splitlines()

    assert "KB_PORT=9000" in lines
    assert lines[lines.index("KB_PORT=9000") + 1] == "    TCP port to serve on; 0 lets the system choose."
