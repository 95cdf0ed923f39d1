"""Which text of a body stands under which heading, in which part, for whom."""

import re
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kb.article import BlockKind, PartScope
from kb.body import NO_TIER, ParsedBody, parse_body

EVERYBODY = PartScope(1, frozenset({"US", "CA"}))


def parse(body: str) -> ParsedBody:
    """The body of `a.md`, whose first line is the file's fourth."""
    return parse_body(body, EVERYBODY, path="a.md", first_line=4)


def texts(body: str) -> list[tuple[tuple[str, ...], int, str]]:
    """(heading path, tier, text) of every section."""
    return [(part.heading, part.scope.tier, body[part.start : part.end]) for part in parse(body).sections]


def messages(body: str) -> list[str]:
    """Every problem, as it is printed."""
    return [str(problem) for problem in parse(body).problems]


def test_text_stands_under_its_whole_heading_path() -> None:
    """A section knows every heading above it, and not those beside it."""
    body = "Intro\n\n# A\n\none\n\n## B\n\ntwo\n\n# C\n\nthree\n"

    assert texts(body) == [((), 1, "Intro"), (("A",), 1, "one"), (("A", "B"), 1, "two"), (("C",), 1, "three")]


def test_a_heading_with_nothing_below_it_is_its_own_text() -> None:
    """It may be all that the article says; one that only groups headings is no text."""
    assert texts("# A\n\n## B\n\n## C\ntext\n") == [(("A", "B"), 1, "## B"), (("A", "C"), 1, "text")]


def test_underlined_headings_and_crlf_are_read() -> None:
    """Files from Windows cut the same way, and their slices keep their bytes."""
    assert texts("Title\r\n=====\r\n\r\none\r\ntwo\r\n") == [(("Title",), 1, "one\r\ntwo")]


def test_repeated_headings_get_anchors_of_their_own() -> None:
    """Links to the second `Fees` do not lead to the first."""
    parsed = parse("# Fees\na\n# Fees\nb\n# Größe & Límite\nc\n# !\nd\n")

    assert [section.anchor for section in parsed.sections] == ["fees", "fees-1", "grösse-límite", "section"]


def test_headings_inside_lists_quotes_and_code_cut_nothing() -> None:
    """Only a heading at the margin begins a section."""
    body = "# A\n- x\n  # no\n\n> # no\n\n```\n# no\n```\n"

    assert [heading for heading, _, _ in texts(body)] == [("A",)]


def test_a_tier_part_is_cut_out_with_its_own_scope() -> None:
    """What stands between the fences is for tier 2, the rest for tier 1, and no fence is text."""
    body = "open\n:::tier 2\nhidden\n:::\nopen again\n"

    assert texts(body) == [((), 1, "open"), ((), 2, "hidden"), ((), 1, "open again")]
    assert messages(body) == []


def test_parts_inside_parts_only_narrow() -> None:
    """An inner part cannot show what an outer one hides."""
    body = ":::::tier 3\n::::only US-CA\n:::tier 1\ndeep\n:::\n::::\n:::::\n"

    (section,) = parse(body).sections

    assert section.scope == PartScope(3, frozenset({"US-CA"}))


def test_a_place_outside_the_articles_own_is_seen_by_nobody() -> None:
    """A part for Mexico in an article for the US and Canada has no place left."""
    (section,) = parse(":::only MX\nx\n:::\n").sections

    assert section.scope.jurisdictions == frozenset()


@pytest.mark.parametrize("argument", ["", "two", "2 3", "-1", "²", "2 :::"])
def test_a_tier_that_cannot_be_read_hides_the_part_from_everybody(argument: str) -> None:
    """A slip shows nothing."""
    (section,) = parse(f":::tier {argument}\nx\n:::\n").sections

    assert section.scope.tier == NO_TIER


def test_a_block_keeps_its_words_without_its_fence() -> None:
    """What is said word for word is the Markdown between the fences."""
    body = "# Say\n:::say\nWe **will** call you.\n:::\n"

    (block,) = parse(body).blocks

    assert (block.kind, block.text, block.heading) == (BlockKind.SAY, "We **will** call you.", ("Say",))
    assert body[block.start : block.end] == ":::say\nWe **will** call you.\n:::"


def test_a_block_inside_a_tier_part_has_the_parts_scope() -> None:
    """A disclosure for specialists is not said by the front line."""
    (say, _tier) = parse("::::tier 2\n:::say\nx\n:::\n::::\n").blocks

    assert (say.kind, say.scope.tier) == (BlockKind.SAY, 2)


def test_a_heading_inside_a_part_does_not_stand_above_what_follows_it() -> None:
    """The heading of a hidden part names no text outside it."""
    assert texts("# A\n:::tier 2\n## Secret\nx\n:::\nafter\n") == [(("A", "Secret"), 2, "x"), (("A",), 1, "after")]


@pytest.mark.parametrize("after", ["", "\n# Next\ntext\n", "\ntext\n"])
def test_a_bare_heading_at_the_end_of_a_hidden_part_stays_hidden(after: str) -> None:
    """A heading without text is text, and keeps the scope of the part it stands in."""
    body = f":::tier 2\nx\n\n## Waive without asking\n:::\n{after}"

    assert [tier for _, tier, text in texts(body) if "Waive" in text] == [2]
    assert all("Waive without asking" not in heading for heading, tier, _ in texts(body) if tier == 1)


def test_a_heading_above_nothing_but_a_hidden_part_is_not_shown_alone() -> None:
    """An empty heading would hint at what stands below it."""
    assert texts("# Waivers\n:::tier 2\nx\n:::\n") == [(("Waivers",), 2, "x")]


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        ("- a\n\n  :::tier 2\n  hidden\n  :::\n- b\n", "hidden"),
        ("- :::tier 2\n  hidden\n  :::\n- b\n", "hidden"),
        ("> a\n> :::tier 2\n> hidden\n> :::\n> b\n", "> hidden"),
        ("text\n:::tier 2\nhidden\n:::\nb\n", "hidden"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n:::tier 2\nhidden\n:::\n", "hidden"),
        ("a\r\n:::tier 2\r\nhidden\r\n:::\r\nb\r\n", "hidden"),
        ("::::tier 2\nhidden\n::::::\nb\n", "hidden"),
    ],
)
def test_a_part_is_cut_out_wherever_it_may_stand(body: str, hidden: str) -> None:
    """In lists, quotes, after tables and with Windows line ends, the hidden lines are one section of tier 2."""
    assert [text for _, tier, text in texts(body) if tier == 2] == [hidden]
    assert all("hidden" not in text for _, tier, text in texts(body) if tier == 1)
    assert messages(body) == []


UNCLOSED = (
    "is not closed; expected `:::` on a line of its own. "
    + "Close it; around an inner `:::` part the outer fence takes one colon more."
)
NOTHING = "a `:::` that closes nothing; expected an open part above it. Remove it, or open the part."
AS_TEXT = "`:::tier` is read as text here. Begin it at the margin, on a line of its own."


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (":::tier 2\nx\n", [f"a.md:4: `:::tier` {UNCLOSED}"]),
        (":::tier 2\na\n:::say\nb\n:::\nleak\n", [f"a.md:6: `:::say` {UNCLOSED}"]),
        (":::tier 2\na\n:::say\nb\n:::\nleak\n:::\n", [f"a.md:6: `:::say` {UNCLOSED}", f"a.md:10: {NOTHING}"]),
        (":::only US\n- :::tier 2\n  x\n:::\nleak\n", [f"a.md:5: `:::tier` {UNCLOSED}"]),
        ("- :::tier 2\n  x\n:::\nleak\n", [f"a.md:6: {NOTHING}"]),
        ("    :::tier 2\n    x\n    :::\n", [f"a.md:4: {AS_TEXT}", f"a.md:6: {NOTHING}"]),
        ("<div>\n:::tier 2\nx\n:::\n</div>\n", [f"a.md:5: {AS_TEXT}", f"a.md:7: {NOTHING}"]),
        ("<!--\n\n:::tier 2\nx\n:::\n-->\n", [f"a.md:6: {AS_TEXT}", f"a.md:8: {NOTHING}"]),
        ("\u200b:::tier 2\nx\n:::\n", [f"a.md:4: {AS_TEXT}", f"a.md:6: {NOTHING}"]),
        ("：：：tier 2\nx\n：：：\n", [f"a.md:4: {AS_TEXT}", f"a.md:6: {NOTHING}"]),
        ("Only :::tier 2 x :::\n", [f"a.md:4: {AS_TEXT}"]),
        (
            "::tier 2\nx\n::\n",
            [
                "a.md:4: `::tier` has two colons; expected three. Write `:::tier`.",
                "a.md:6: `::` has two colons; expected three. Write `:::`.",
            ],
        ),
        (
            ":::teir 2\nx\n:::\n",
            [
                "a.md:4: unknown part `:::teir`; expected one of say, dont-say, internal, tier, only, step. "
                "Did you mean 'tier'? Correct it.",
                f"a.md:6: {NOTHING}",
            ],
        ),
    ],
)
def test_a_malformed_fence_is_reported_where_it_stands(body: str, expected: list[str]) -> None:
    """No fence that hides less than it seems to goes live."""
    assert messages(body) == expected


@pytest.mark.parametrize(
    "body", [":::tier 2\n```\n:::\n```\nleak\n```\nx\n```\n:::\n", "::::tier 2\n```\n::::\n```\nleak\n::::\n"]
)
def test_a_fence_inside_code_inside_a_part_does_not_end_the_part_silently(body: str) -> None:
    """The part ends inside the code block, so the code block is not closed, and that is said."""
    assert messages(body)[0] == "a.md:5: the code block is not closed; expected a line with ``` alone below it. Close it."


def test_a_code_block_that_never_ends_is_reported() -> None:
    """Whatever follows it would be read as code."""
    assert messages("a\n\n~~~~ md\n:::tier 2\nx\n:::\n") == [
        "a.md:6: the code block is not closed; expected a line with ~~~~ alone below it. Close it."
    ]


@pytest.mark.parametrize(
    "body", ["```md\n:::tier 2\nx\n:::\n```\n", "- a\n  ```\n  :::say\n  ```\n", "Write `:::tier 2` there; `a::b`, ::1.\n"]
)
def test_fences_in_examples_are_allowed(body: str) -> None:
    """An article can explain the format."""
    assert messages(body) == []
    assert [tier for _, tier, _ in texts(body)] == [1]


@pytest.mark.parametrize("around", ["say", "dont-say", "internal", "step start"])
@pytest.mark.parametrize("inside", ["tier 2", "only US-CA", "step other"])
def test_a_hidden_part_may_not_stand_inside_a_part_that_is_shown_whole(around: str, inside: str) -> None:
    """The text of a disclosure is quoted whole, so what it hides would be said aloud."""
    outer, inner = around.split()[0], inside.split()[0]
    expected = (
        f"a.md:5: `:::{inner}` stands inside `:::{outer}`, whose text is shown whole. "
        f"Put `:::{inner}` around `:::{outer}`, with one colon more, or beside it."
    )

    assert expected in messages(f"::::{around}\n:::{inside}\nx\n\n- y -> resolved\n:::\n\n- z -> resolved\n::::\n")


WORDS = st.text("abc xyzñ", min_size=1, max_size=12).map(str.strip).filter(bool)
LINES = st.one_of(
    WORDS.map(lambda text: f"text {text}"),
    st.tuples(st.integers(1, 3), WORDS).map(lambda pair: f"{'#' * pair[0]} {pair[1]}"),
    st.just(""),
    WORDS.map(lambda text: f"- item {text}"),
    st.just("```\n# code\n:::tier 9\n```"),
)


@st.composite
def bodies(draw: st.DrawFn, depth: int = 2) -> list[str]:
    """Lines of a well-formed body: text, headings, code, and parts inside parts."""
    lines: list[str] = []
    for _ in range(draw(st.integers(0, 4))):
        if depth and draw(st.booleans()):
            colons = ":" * (3 + depth)
            kind = draw(st.sampled_from(["tier 2", "tier 3", "only US", "only CA-QC"]))
            lines += ["", f"{colons}{kind}", *draw(bodies(depth=depth - 1)), colons, ""]
        else:
            lines += draw(LINES).split("\n")
    return lines


def owners(lines: list[str]) -> list[tuple[int, str, bool]]:
    """(tier, places, whether it is text) of each line, by counting fences."""
    stack: list[str] = []
    code = False
    found = []
    for line in lines:
        if line == "```":
            code = not code
        fence = None if code else re.fullmatch(r"::::+(.*)", line)
        if fence and fence[1]:
            stack.append(fence[1])
        elif fence:
            stack.pop()
        tier = max([1, *(int(part[5:]) for part in stack if part.startswith("tier"))])
        is_text = bool(line) and not fence and (code or line == "```" or not line.startswith("#"))
        found.append((tier, " ".join(part for part in stack if part.startswith("only")), is_text))
    return found


@settings(max_examples=150, deadline=None)
@given(bodies())
def test_sections_hold_every_line_once_and_in_its_own_scope(lines: list[str]) -> None:
    """For any nesting: slices are in order, never overlap, and each line of text is in one slice of its own tier."""
    body = "\n".join(lines) + "\n"
    parsed = parse(body)
    spans = [(section.start, section.end) for section in parsed.sections]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    assert parsed.problems == ()
    assert spans == sorted(spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    for (tier, _places, is_text), start, line in zip(owners(lines), starts, lines, strict=False):
        holding = [section for section in parsed.sections if section.start <= start + len(line) - 1 < section.end]
        if is_text:
            assert [section.scope.tier for section in holding] == [tier], line
        assert all(section.scope.tier == tier for section in holding if line.strip()), line


@settings(max_examples=100, deadline=None)
@given(bodies(), st.data())
def test_a_lost_fence_never_shows_hidden_text_silently(lines: list[str], data: st.DataObject) -> None:
    """Whichever one fence line is taken away, the rest says so."""
    fences = [number for number, line in enumerate(lines) if line.startswith("::::")]
    assume(fences)
    lost = data.draw(st.sampled_from(fences))

    parsed = parse("\n".join(lines[:lost] + lines[lost + 1 :]) + "\n")

    assert parsed.problems != ()
