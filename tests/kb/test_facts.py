"""Facts: one value for every way of writing it, in three languages; a change is a change of value in the same place."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.article import PartScope
from kb.fact_kind import FactKind
from kb.fact_match import changed_facts
from kb.facts import Fact, facts_in, facts_of, readable
from kb.number_words import in_digits, in_words
from tests.kb.conftest import World

EVERYBODY = PartScope(1, frozenset({"all"}))


def facts(text: str, lang: str = "en") -> list[Fact]:
    """The facts of a text under one heading."""
    return facts_in(text, lang, heading=("Heading",), scope=EVERYBODY)


def values(text: str, lang: str = "en") -> list[tuple[str, str]]:
    """(kind, value) of each fact."""
    return [(fact.kind.value, fact.value) for fact in facts(text, lang)]


def changes(old: str, new: str, lang: str = "en") -> list[str]:
    """What changed between two texts, as it is shown."""
    return [str(change) for change in changed_facts(facts(old, lang), facts(new, lang))]


@pytest.mark.parametrize(
    ("value", "spellings"),
    [
        (("amount", "1000 USD"), ["en:1,000 USD", "en:USD 1,000.00", "en:$1,000.00 USD", "es:1.000 USD", "fr:1\u202f000 USD"]),
        (("amount", "1000.5 EUR"), ["es:1.000,50 €", "es:1,000.50 EUR", "en:€1,000.50", "fr:1\u00a0000,50 euros"]),
        (("amount", "10000 EUR"), ["en:10\u00a0000 EUR", "es:10 000 EUR", "en:EUR 10,000"]),
        (("amount", "2000000 $"), ["en:$2 million", "en:$2,000,000", "es:dos millones de dólares", "en:2000000 dollars"]),
        (("amount", "500 MXN"), ["es:500 pesos", "en:MX$500", "en:500 MXN"]),
        (("percentage", "2.5 %"), ["en:2.5%", "es:2,5 %", "fr:2,5 pour cent", "en:2.5 percent", "en:250 basis points"]),
        (("amount", "50 USD"), ["en:USD$50", "en:USD $50", "en:USD50", "es:50 USD"]),
        (("amount", "0.002 ETH"), ["en:0.002 ETH", "es:0,002 ETH"]),
        (("amount", "100-200 USD"), ["en:100-200 USD", "en:USD 100–200", "en:100 to 200 USD", "es:100 a 200 USD"]),
        (("percentage", "0.125 %"), ["en:0.125%", "es:0,125 %", "es:0.125 %", "fr:0,125 %"]),
        (("percentage", "1.125 %"), ["en:1.125%", "es:1,125 %", "es:1.125 %"]),
        (("percentage", "2-3 %"), ["en:2-3%", "en:2 to 3 percent", "es:2 a 3 %", "es:2 o 3 por ciento"]),
        (("percentage", "5 %"), ["en:five percent", "es:cinco por ciento", "fr:5 %"]),
        (("time-limit", "60 d"), ["en:60 days", "en:sixty days", "en:sixty (60) days", "es:sesenta días", "fr:soixante jours"]),
        (("time-limit", "2 business d"), ["en:two business days", "en:2-business-day", "es:dos días hábiles"]),
        (("time-limit", "2 business d"), ["en:two banking days", "es:2 días laborables", "fr:deux jours ouvrables"]),
        (("time-limit", "14 d"), ["en:two weeks", "en:14 calendar days", "es:dos semanas", "fr:quatorze jours"]),
        (("time-limit", "12 months"), ["en:one year", "en:12 months", "es:un año", "fr:douze mois"]),
        (("time-limit", "30 d"), ["en:30+ days", "en:the 30th day", "en:on day 30", "es:30 (treinta) días", "es:el día 30"]),
        (("time-limit", "10 business d"), ["en:10th business day", "en:the tenth banking day", "es:el décimo día hábil"]),
        (("time-limit", "10 business d"), ["en:10 more business days", "es:10 (diez) días hábiles", "es:el día hábil 10"]),
        (("time-limit", "24 business h"), ["en:24 business hours", "es:24 horas hábiles"]),
        (("time-limit", "5-10 d"), ["en:5-10 days", "en:five to ten days", "es:entre 5 y 10 días", "fr:5 à 10 jours"]),
        (("time-limit", "3-7 d"), ["en:three to seven days", "es:entre tres y siete días", "fr:trois et sept jours"]),
        (("time-limit", "31 d"), ["en:thirty-one days", "es:treinta y un días", "fr:trente et un jours"]),
        (("time-limit", "90 d"), ["en:ninety days", "es:noventa días", "fr:quatre-vingt-dix jours"]),
        (("date", "2026-03-01"), ["en:March 1, 2026", "en:1 March 2026", "en:2026-03-01", "en:03/01/2026"]),
        (("date", "2026-03-01"), ["es:1 de marzo de 2026", "es:01/03/2026", "es:primero de marzo de 2026"]),
        (("date", "2026-03-01"), ["es:1º de marzo de 2026", "fr:1er mars 2026", "fr:le 1 mars 2026"]),
        (("time", "14:00 ET"), ["en:2:00 p.m. ET", "en:2 pm Eastern time", "es:2:00 p. m. hora del Este", "fr:14 h 00 HE"]),
        (("time", "09:00"), ["es:a las 9 de la mañana", "en:9 a.m."]),
        (("time", "00:00"), ["es:12 de la noche", "en:midnight"]),
        (("time", "19:00"), ["fr:à 19 h", "fr:avant 19 heures", "es:a las 19 horas", "en:before 7 p.m."]),
        (("time", "19:00 ET"), ["fr:dès 19 h HE", "es:antes de las 19 h hora del Este", "en:7 p.m. ET"]),
        (("time-limit", "19 h"), ["fr:dans les 19 h", "es:dentro de las 19 horas", "fr:jusqu’à 19 h", "en:19 hours"]),
        (("time-limit", "8-12 h"), ["fr:un délai de 8 à 12 h", "fr:compter 8 à 12 h", "es:plazo de 8 a 12 horas"]),
        (("time-limit", "24-48 h"), ["fr:de 24 à 48 h", "es:entre 24 y 48 horas", "en:24-48 hours"]),
        (("time-limit", "1 s"), ["es:espere un segundo.", "es:un segundo de espera", "fr:une seconde", "en:one second"]),
        (("time", "24/7"), ["en:24/7", "en:24 hours a day, 7 days a week", "es:las 24 horas del día, los 7 días de la semana"]),
        (("phone", "8005550199"), ["en:1-800-555-0199", "en:(800) 555-0199", "en:+1 800 555 0199", "en:800.555.0199"]),
        (("phone", "988"), ["en:9-8-8"]),
        (("number", "0.1"), ["en:plus 0.10 per sale", "es:más 0.10 por venta"]),
        (("phone", "5512345678"), ["es:55 1234 5678", "en:55-1234-5678"]),
        (("phone", "8004478477"), ["en:1-800-HHS-TIPS", "en:800-447-8477"]),
        (("address", "example.gov/a"), ["en:https://www.Example.gov/a/", "en:http://example.gov/a.", "en:www.example.gov/a"]),
        (("code", "12CFR1005.6"), ["en:12 CFR 1005.6", "en:12 CFR § 1005.6", "en:12 C.F.R. 1005.6"]),
        (("code", "ERR-4012"), ["en:ERR-4012", "en:ERR_4012"]),
    ],
)  # fmt: skip
def test_a_fact_has_one_value_however_it_is_written(value: tuple[str, str], spellings: list[str]) -> None:
    """In every language and format."""
    assert {spelling: values(spelling[3:], spelling[:2]) for spelling in spellings} == {s: [value] for s in spellings}


@pytest.mark.parametrize(
    "text",
    [
        "fr:du lundi au vendredi, de 8 à 19 h", "fr:8 h à 19 h", "fr:Ouvert : 8 h–19 h", "fr:entre 8 h et 19 heures",
        "es:de lunes a viernes de 8 a 19 h", "es:de las 8 a las 19 horas", "es:de 8:00 a 19 h", "en:from 8 a.m. to 7 p.m.",
    ],
)  # fmt: skip
def test_opening_hours_are_two_times_of_day_and_no_span(text: str) -> None:
    """Where hours are counted to 24, `8 à 19 h` is when somebody answers, not how long it takes."""
    assert values(text[3:], text[:2]) == [("time", "08:00"), ("time", "19:00")]


@pytest.mark.parametrize(
    "text",
    [
        "You may 2",
        "Step 2 of part 3 on page 7",
        "In 2026 the office moved.",
        "One of the cards is lost.",
        "Updated March 1, 2026",
        "per day and per week",
        "Read the notes again.",
        "Once the customer calls, seize the card.",
        "Dos and don'ts",
    ],
)
def test_what_only_looks_like_a_fact_is_none(text: str) -> None:
    """Numbers that name, pages that were updated, words that are no numbers."""
    assert [value for kind, value in values(text) if kind != "number"] == []
    assert text == "You may 2" or values(text) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("You have 60 days to dispute a charge.", "You have 90 days to dispute a charge.", ["60 days → 90 days"]),
        ("You have 60 days to dispute a charge.", "Disputes must be filed within sixty days of posting.", []),
        ("The fee is $1,000.00 a month.", "A monthly fee of 1,000 USD applies.", []),
        ("The fee is $1,000.00. Wait 60 days.", "The fee is 1,500 USD. Wait for 60 days.", ["$1,000.00 → 1,500 USD"]),
        (
            "Domestic | 60 days; Abroad | 90 days",
            "Domestic | 90 days; Abroad | 60 days",
            ["60 days → 90 days", "90 days → 60 days"],
        ),
        ("Cancel within 30 minutes. Refunds take 3 days.", "Refunds take three days. You may cancel for 30 minutes.", []),
        ("Call between 9 a.m. and 5 p.m.", "Call from 9:00 am to 5:00 pm ET.", []),
        ("Allow 3 attempts before the lock.", "Allow five attempts before the lock.", ["3 → five"]),
        ("There are 3 cards in the box.", "The parcel comes with a letter.", []),
        ("It takes 60 days. Appeal in 60 days.", "It takes 60 days.", []),
        ("Write to a@example.com.", "Write to b@example.com.", ["a@example.com → b@example.com"]),
        ("Return code R10 applies.", "Return code R11 applies.", ["R10 → R11"]),
        ("The limit is 500 USD.", "The limit is 500 CAD.", ["500 USD → 500 CAD"]),
        ("Wait ten days.", "Wait ten business days.", ["ten days → ten business days"]),
        ("Wait.", "Wait ten days.", ["nothing → ten days"]),
        ("Wait ten days.", "Wait.", ["ten days → nothing"]),
        ("Raise tier 2 to 500 USD.", "Raise tier 2 to 600 USD.", ["500 USD → 600 USD"]),
        ("It pays 15 an hour.", "It pays 16 an hour.", ["15 → 16"]),
        ("Each day 3 tries are left.", "Each day 4 tries are left.", ["3 → 4"]),
        ("It closes on the 15th.", "It closes on the 20th.", ["15th → 20th"]),
    ],
)
def test_a_change_is_another_value_in_the_same_place(old: str, new: str, expected: list[str]) -> None:
    """Rewordings, other formats and repetitions are none; a swap in a table is two."""
    assert changes(old, new) == expected


def test_a_changed_limit_is_told_alike_in_three_languages() -> None:
    """The same change of a rule, made in parallel."""
    assert changes("El código vence a los 30 días.", "El código vence a los 21 días.", "es") == ["30 días → 21 días"]
    assert changes("Le code expire après trente jours.", "Le code expire après 21 jours.", "fr") == ["trente jours → 21 jours"]


def test_a_section_written_anew_pairs_the_one_value_it_lost_with_the_one_it_gained() -> None:
    """One change rather than a loss and a gain."""
    old = "The letter is sent three to seven business days after the request."
    new = "Letters go out by mail and arrive in 5 to 10 days after the request."

    assert changes(old, new) == ["three to seven business days → 5 to 10 days"]


PIECES = st.sampled_from(["60 days", "1,000 USD", "5 %", "March 1, 2026", "R10", "2 p.m. ET", "wait", "then", "the fee", "."])


@pytest.mark.parametrize(
    "text", ["es:Tras un segundo intento.", "es:un segundo y último aviso", "fr:une seconde fois", "fr:un second essai"]
)
def test_the_second_of_something_is_no_span_of_time(text: str) -> None:
    """Spanish and French have one word for both."""
    assert values(text[3:], text[:2]) == []


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_nothing_changed_between_a_text_and_itself(text: str) -> None:
    """Whatever it holds, and however often."""
    assert changes(text, text) == []


@given(st.lists(PIECES, max_size=8).map(" ".join), st.lists(PIECES, max_size=8).map(" ".join))
def test_a_change_runs_backwards_as_it_runs_forwards(old: str, new: str) -> None:
    """What one direction gains the other loses."""
    there = sorted((str(c.old and c.old.value), str(c.new and c.new.value)) for c in changed_facts(facts(old), facts(new)))
    back = sorted((str(c.new and c.new.value), str(c.old and c.old.value)) for c in changed_facts(facts(new), facts(old)))

    assert {pair for pair in there if "None" in pair} == {pair for pair in back if "None" in pair}


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_grouped_digits_are_the_number_they_group(whole: int, cents: int) -> None:
    """With points, commas or no-break spaces between the thousands."""
    english = f"{whole:,}.{cents:02}"
    spanish = english.translate(str.maketrans(",.", ".,"))
    french = english.replace(",", "\u202f").replace(".", ",")

    assert {in_digits(text) for text in (english, spanish, french)} == {Decimal(f"{whole}.{cents:02}")}


@pytest.mark.parametrize(("words", "number"), [
    ("one hundred and eighty", 180), ("ciento ochenta", 180), ("cent quatre-vingts", 180), ("soixante-quinze", 75),
    ("veintiún", 21), ("two thousand five hundred", 2500), ("mil", 1000), ("one two", None), ("ten twenty", None),
])  # fmt: skip
def test_words_are_numbers_where_they_say_one(words: str, number: int | None) -> None:
    """Several numbers in a row are none."""
    assert in_words(words) == number


def test_links_carry_their_targets_and_lose_their_markup() -> None:
    """Markdown, HTML and bare ones; links inside the site are no facts."""
    text = readable(
        'See [the form](https://a.gov/f), <a href="mailto:x@a.gov" class="y">mail</a>, <https://b.gov>, [in](/help).'
    )

    assert [value for _, value in values(text)] == ["a.gov/f", "x@a.gov", "b.gov"]


def test_facts_of_an_article_carry_heading_and_scope(world: World) -> None:
    """So that a change can be named where it stands, and be kept from those who may not see it."""
    body = "Wait 60 days.\n\n## Limits\n\n:::tier 2\nUp to 5,000 USD.\n:::\n\n:::say\nYour *card* is frozen.\n:::\n"
    world.article("a.md", body, id="a", description="Within 10 days.")

    found = [(fact.kind, fact.value, fact.heading, fact.scope.tier) for fact in facts_of(world.read("a.md"))]

    assert found == [
        (FactKind.TIME_LIMIT, "60 d", (), 1),
        (FactKind.AMOUNT, "5000 USD", ("Limits",), 2),
        (FactKind.TIME_LIMIT, "10 d", (), 1),
        (FactKind.SAY, "your card is frozen", ("Limits",), 1),
    ]


def test_steps_are_facts_by_where_they_lead(world: World) -> None:
    """A reworded question changes nothing; another lead does."""
    tree = ":::step start\n{question}\n\n- Yes -> resolved: Wait.\n- No -> escalate: {queue}\n:::\n"
    world.article("a.md", tree.format(question="Is it pending?", queue="payments-l2"), id="a")
    old = facts_of(world.read("a.md"))
    world.article("a.md", tree.format(question="Is it still pending?", queue="payments-l2"), id="a")
    reworded = facts_of(world.read("a.md"))
    world.article("a.md", tree.format(question="Is it pending?", queue="support-l2"), id="a")
    rerouted = facts_of(world.read("a.md"))

    assert changed_facts(old, reworded) == []
    assert list(map(str, changed_facts(old, rerouted))) == ["No → escalate: payments-l2 → No → escalate: support-l2"]
