"""`kb check --answers` as a writer runs it: in a process of its own, with the real models."""

import json
import subprocess
from collections.abc import Callable

from tests.world import World

Kb = Callable[..., "subprocess.CompletedProcess[str]"]
FEE = "A late fee of 20 USD is charged when the card bill is paid after the due date."
OTHERS = {
    "pin": "The PIN is blocked after three wrong tries at the cash machine.",
    "pin-abroad": "A blocked PIN is opened again from abroad in the app.",
    "pin-twice": "A PIN blocked twice is replaced by a new one in a letter.",
    "wire": "A wire to another bank leaves at five in the afternoon.",
}


def guidance(world: World, **answers: list[str]) -> None:
    """Five articles, with the questions that they are said to answer."""
    for name, text in {"fee": FEE, **OTHERS}.items():
        world.article(f"{name}.md", text, id=name, title=text.split(" is ")[0], answers=answers.get(name, []))


def test_a_question_that_does_not_find_its_article_fails_by_name(world: World, kb: Kb) -> None:
    """Which question of which article, at which rank, what came instead; the rates; exit 1."""
    guidance(
        world,
        fee=["why was he charged for paying late", "por qué le cobraron por pagar tarde"],
        wire=["why is the PIN blocked"],
    )
    world.article("draft.md", "Nothing.", id="draft", status="draft", answers=["what is not asked"])

    run = kb("check", "--answers", cwd=world.repo)

    lines = run.stdout.splitlines()
    assert (run.returncode, run.stderr) == (1, "")
    assert lines[0].startswith("articles/wire.md:8: answers: 'why is the PIN blocked' (en) finds wire at rank ")
    assert " in US at tier 1; expected within the first 3. Instead: pin" in lines[0]
    assert [line.partition(", called")[0] for line in lines[1:]] == [
        "answers, en: 2 questions, first 50.0%, first three 50.0%",
        "answers, es: 1 questions, first 100.0%, first three 100.0%",
        "6 articles, 1 error, 0 warnings",
    ]


def test_machines_get_the_same_problem_and_the_rates(world: World, kb: Kb) -> None:
    """One JSON object; one annotation; a path narrows what is asked."""
    guidance(world, fee=["charged for paying late"], wire=["why is the PIN blocked"])

    report = json.loads(kb("check", "--answers", "--format", "json", cwd=world.repo).stdout)
    github = kb("check", "--answers", "--format", "github", cwd=world.repo).stdout
    narrowed = kb("check", "articles/fee.md", "--answers", cwd=world.repo)

    assert [(it["path"], it["line"], it["rule"]) for it in report["problems"]] == [("articles/wire.md", 8, "answers")]
    assert report["answers"]["en"].items() >= {"questions": 2, "first": 0.5, "kept": 0.5}.items()
    assert github.startswith("::error file=articles/wire.md,line=8,title=answers::answers: 'why is the PIN blocked'")
    assert (narrowed.returncode, narrowed.stdout.splitlines()[0].partition(", called")[0]) == (
        0,
        "answers, en: 1 questions, first 100.0%, first three 100.0%",
    )


def test_since_a_commit_only_what_the_change_can_affect_is_asked(world: World, kb: Kb) -> None:
    """A text for Canada leaves a question from the United States alone, so its broken promise is not looked at."""
    guidance(world, fee=["charged for paying late"])
    world.article("wire.md", OTHERS["wire"], id="wire", jurisdictions=["US"], answers=["why is the PIN blocked"])
    world.commit()
    world.article("interac.md", "An Interac transfer takes 30 minutes.", jurisdictions=["CA"], answers=["Interac takes long"])

    changed = kb("check", "--answers", "--changed", "HEAD", cwd=world.repo)
    none = kb("check", "--changed", "HEAD", cwd=world.repo)

    assert (changed.returncode, changed.stdout.splitlines()[0].partition(", called")[0]) == (
        0,
        "answers, en: 1 questions, first 100.0%, first three 100.0%",
    )
    assert (none.returncode, none.stderr) == (
        2,
        "--changed chooses among the questions that --answers asks. Add --answers.\n",
    )
