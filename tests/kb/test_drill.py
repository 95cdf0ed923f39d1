"""Drills: what holds now, with what held before among the wrong answers, and nothing that is not in the texts."""

from kb.changes import ArticleChange
from kb.drill import Asks, Drill, drill_of
from tests.kb.conftest import World
from tests.kb.test_changes import between

OLD = "The limit is 500 USD a day. A wire costs 25 USD. The customer has 60 days to dispute it.\n"


def drill(world: World, new: str, old: str = OLD, **keys: str) -> Drill | None:
    """The drill of one edit."""
    world.article("a.md", old, id="a")
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


def test_wrong_answers_could_stand_in_the_same_place(world: World) -> None:
    """The nearest of its unit, none that says the same as another, and no word of a button where a figure is right."""
    text = (
        "A wire costs {} USD. A recall costs 20 USD, one from abroad 25 USD or 25 CAD, and nobody sends 25,000 USD. "
        "Wires leave at {} ET. In Mexico City that is {}. The desk closes at 17:00 ET; there that is 16:00. "
        "Wait {} minutes. A *One-day raise* ends after 24 hours.\n"
    )
    made = drill(world, text.format(18, "15:30", "14:30", 15), text.format(15, "16:00", "15:00", 10))
    assert made is not None

    assert [sorted(question.options) for question in made.questions] == [
        ["15 USD", "18 USD", "20 USD", "25 USD"],
        ["15:30 ET", "16:00 ET", "17:00 ET"],
        ["14:30", "15:00", "16:00"],
        ["10 minutes", "15 minutes", "24 hours"],
    ]


TREE = """:::step start
Read the code.

- `51` -> {}
- `54` -> resolved: The *number* is wrong.
:::

:::step spent
Is *Available* below the amount?

- Yes -> resolved: Wait for money.
- No -> escalate: payments-l2
:::

:::step held
Is a hold in the list?

- Yes -> spent
- No -> escalate: support-l2
:::
"""


def test_where_an_answer_leads_is_asked_in_the_trees_own_words(world: World) -> None:
    """A step's name means nothing to an agent: the options are what comes next, where it led before among them."""
    world.article("s.md", TREE.format("held"), id="s")
    world.commit()
    world.article("s.md", TREE.format("spent").replace("- Yes -> spent", "- Yes -> resolved: Wait."), id="s")
    world.commit()
    made = drill_of(between(world, "HEAD~1", "HEAD")["s"])
    (question, *_) = made.questions if made else []

    assert (question.asks, question.before) == (Asks.STEP, "Read the code. 51 → ")
    assert question.options[question.answer] == "Is Available below the amount?"
    assert {"Is a hold in the list?", "The number is wrong."} < set(question.options)


def test_the_same_change_gives_the_same_drill(world: World) -> None:
    """To everybody, today and next year."""
    made = drill(world, OLD.replace("500", "900").replace("60 days", "90 days"))
    again = drill_of(between(world, "HEAD~1", "HEAD")["a"])

    assert made == again
    assert made is not None
    assert len(made.questions) == 2
