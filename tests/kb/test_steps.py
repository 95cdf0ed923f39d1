"""Guided troubleshooting: a tree on which every path ends."""

import pytest

from kb.article import StepAnswer
from tests.kb.conftest import World

START = ":::step start\nIs it pending?\n\n- Yes -> second\n- No -> resolved: Tell the customer.\n:::\n"
SECOND = ":::step second\nOlder than three days?\n\n- Yes -> escalate: payments-l2\n- No → resolved\n:::\n"


def errors(world: World, body: str) -> list[str]:
    """What is wrong in an article with this body; its first line is the file's fourth."""
    world.article("a.md", body)
    return world.errors()


def test_a_tree_of_steps_is_read(world: World) -> None:
    """Questions, answers and where each leads."""
    world.article("a.md", START + "\n" + SECOND)

    start, second = world.read("a.md").steps

    assert (start.name, start.question) == ("start", "Is it pending?")
    assert start.answers == (StepAnswer("Yes", step="second"), StepAnswer("No", resolved="Tell the customer."))
    assert second.answers == (StepAnswer("Yes", escalate="payments-l2"), StepAnswer("No", resolved=""))


def test_only_the_list_at_the_end_holds_answers(world: World) -> None:
    """A list inside the question is part of the question, and an answer may fill several lines."""
    world.article("a.md", ":::step start\nCheck:\n\n- one\n- two\n\nDone?\n\n- Yes, both\n  of them -> resolved\n:::\n")

    (step,) = world.read("a.md").steps

    assert step.question == "Check:\n\n- one\n- two\n\nDone?"
    assert step.answers == (StepAnswer("Yes, both of them", resolved=""),)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (
            "- Yes",
            "step 'start': the answer 'Yes' leads nowhere; expected `Yes -> next-step`, `-> resolved` or `-> escalate: QUEUE`.",
        ),
        ("- Yes -> escalate", "step 'start': the answer 'Yes' escalates to nobody; expected `escalate: QUEUE`."),
        (
            "- Yes -> escalate: payment-l2",
            "step 'start' escalates to 'payment-l2', which is no queue of kb.yml. Did you mean 'payments-l2'? Correct it.",
        ),
        ("- Yes -> starts", "step 'start' leads to 'starts', which is no step. Did you mean 'start'? Correct it."),
        ("No list.", "step 'start' ends without answers; expected a list such as `- Yes -> next-step`."),
    ],
)
def test_an_answer_that_leads_nowhere_is_an_error(world: World, answers: str, message: str) -> None:
    """Every answer ends in a step, a resolution or a queue that exists."""
    assert errors(world, f":::step start\nWell?\n\n{answers}\n:::\n") == [f"articles/a.md:4: {message}"]


def test_a_circle_is_an_error_at_every_step_on_it(world: World) -> None:
    """An agent never comes back to a question; a step that only leads into the circle is not on it."""
    body = (
        ":::step start\nA?\n\n- Yes -> one\n:::\n"
        ":::step one\nB?\n\n- Yes -> two\n- No -> resolved\n:::\n"
        ":::step two\nC?\n\n- Yes -> one\n:::\n"
    )

    assert errors(world, body) == [
        "articles/a.md:9: a path from step 'one' comes back to it. End one of its answers in `resolved` or `escalate`.",
        "articles/a.md:15: a path from step 'two' comes back to it. End one of its answers in `resolved` or `escalate`.",
    ]


def test_a_step_that_no_answer_leads_to_is_an_error(world: World) -> None:
    """The first step is where the agent begins; every other one has to be reached from it."""
    assert errors(world, SECOND + "\n" + START) == [
        "articles/a.md:11: no answer leads to step 'start'. Let one lead there, or remove the step."
    ]


def test_a_step_that_stands_twice_is_an_error(world: World) -> None:
    """A name leads to one place."""
    assert errors(world, SECOND + "\n" + SECOND) == ["articles/a.md:11: the step 'second' stands twice. Rename one."]


def test_a_step_needs_a_name(world: World) -> None:
    """An answer has to be able to name it."""
    assert errors(world, ":::step\nA?\n\n- Yes -> resolved\n:::\n") == [
        "articles/a.md:4: the step's name is ''; expected letters, digits and hyphens, as in `:::step start`."
    ]


def test_a_path_never_leads_from_what_all_may_see_into_what_is_hidden(world: World) -> None:
    """A tier-1 agent would be led to a step that does not exist for them."""
    assert errors(world, START + f"\n::::tier 2\n{SECOND}::::\n") == [
        "articles/a.md:4: step 'start' leads to 'second', which not everybody who sees the one may see. "
        "Put both into the same `:::tier` or `:::only` part, or escalate instead."
    ]


def test_a_whole_tree_may_stand_in_a_hidden_part(world: World) -> None:
    """Who may see the first step may see them all."""
    world.article("a.md", f"::::tier 2\n{START}\n{SECOND}::::\n")

    assert [step.scope.tier for step in world.read("a.md").steps] == [2, 2]
