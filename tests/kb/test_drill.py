"""Drills: what holds now, with what held before among the wrong answers, and nothing that is not in the texts."""

from kb.changes import ArticleChange
from kb.drill import Asks, Drill, drill_of
from tests.kb.conftest import World
from tests.kb.test_changes import between

OLD = "The limit is 500 USD a day. A wire costs 25 USD. The customer has 60 days to dispute it.\n"


def drill(world: World, new: str, **keys: str) -> Drill | None:
    """The drill of one edit."""
    world.article("a.md", OLD, id="a")
    world.commit()
    world.article("a.md", new, id="a", **keys)
    world.commit()
    change: ArticleChange = between(world, "HEAD~1", "HEAD")["a"]
    return drill_of(change)


def test_a_figure_is_asked_with_the_old_one_and_its_neighbours_as_wrong_answers(world: World) -> None:
    """Each option is a figure of one of the two texts; one is right."""
    made = drill(world, OLD.replace("500", "900"))
    assert made is not None
    (question,) = made.questions

    assert (question.asks, question.before, question.after) == (Asks.FIGURE, "The limit is ", " a day.")
    assert sorted(question.options) == ["25 USD", "500 USD", "900 USD"]
    assert question.options[question.answer] == "900 USD"


def test_a_place_that_changed_is_asked(world: World) -> None:
    """Where does it hold now? By name: CA is Canada or California to whoever does not know the codes."""
    made = drill(world, OLD, jurisdictions="[US-CA]")
    assert made is not None
    (question,) = made.questions

    assert (question.asks, question.options[question.answer]) == (Asks.PLACE, "California")
    assert "United States" in question.options


def test_a_place_is_named_in_the_articles_language(world: World) -> None:
    """As everything else of the question."""
    for places in ("[US]", "[US, MX]"):
        world.article("a.md", "El límite es 500 USD.", id="a", lang="es", jurisdictions=places)
        world.commit()
    made = drill_of(between(world, "HEAD~1", "HEAD")["a"])
    assert made is not None
    (question,) = made.questions

    assert question.options[question.answer] == "Estados Unidos, México"
    assert "Estados Unidos" in question.options


def test_a_rewording_gives_no_drill(world: World) -> None:
    """There is nothing new to know."""
    assert drill(world, OLD.replace("The customer has", "Customers have")) is None


def test_a_new_step_is_asked(world: World) -> None:
    """Where does this answer lead now?"""
    tree = ":::step start\nWas the card lost?\n\n- Yes -> {}\n- No -> resolved: Nothing to do.\n:::\n"
    world.article("s.md", tree.format("escalate: support-l2"), id="s")
    world.commit()
    world.article("s.md", tree.format("escalate: payments-l2"), id="s")
    world.commit()
    change = between(world, "HEAD~1", "HEAD")["s"]
    made = drill_of(change)
    asked = [(question.asks, question.options[question.answer]) for question in made.questions] if made else []

    assert asked == [(Asks.STEP, "Yes → escalate: payments-l2")]


def test_the_same_change_gives_the_same_drill(world: World) -> None:
    """To everybody, today and next year."""
    made = drill(world, OLD.replace("500", "900").replace("60 days", "90 days"))
    again = drill_of(between(world, "HEAD~1", "HEAD")["a"])

    assert made == again
    assert made is not None
    assert len(made.questions) == 2
