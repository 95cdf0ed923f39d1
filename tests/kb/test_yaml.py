"""YAML as data, with a line for every value."""

import pytest

from kb.yaml import MAX_BYTES, Value, YamlError, parse_mapping


def refusal(text: str, first_line: int = 1) -> tuple[int, str]:
    """The line and the message with which a text is refused."""
    with pytest.raises(YamlError) as caught:
        parse_mapping(text, first_line=first_line)
    return caught.value.line, str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("2026-03-01", "2026-03-01"),
        ("12:30", "12:30"),
        ("0x1F", "0x1F"),
        ("010", "010"),
        ("1e3", "1e3"),
        ("true", True),
        ("~", None),
        ("", None),
        ("-7", -7),
        ("2.50", 2.5),
        ("'7'", "7"),
    ],
)
def test_scalars_are_what_they_look_like(text: str, value: Value) -> None:
    """Norway, switches, dates and times stay text; only plain numbers and truth values are more."""
    assert parse_mapping(f"key: {text}\n").values == {"key": value}


def test_every_value_knows_its_line_in_the_file() -> None:
    """Lines count from the line of the file on which the YAML begins."""
    document = parse_mapping("a: 1\nb:\n  - x\n  - y\nc: {d: 2}\n", first_line=2)

    assert document.line("a") == 2
    assert document.line("b", 1) == 5
    assert document.line("c", "d") == 6
    assert document.line("c", "missing") == 6
    assert document.line("missing") == 2


def test_a_colon_in_a_title_says_to_quote_it() -> None:
    """The commonest slip of writers has its own cure."""
    assert refusal("id: x\ntitle: ACH: the return\n", first_line=2) == (
        3,
        "this is not YAML: mapping values are not allowed in this context. "
        'A text with a colon has to stand in quotes: title: "ACH: the return".',
    )


def test_a_billion_laughs_are_refused_before_they_are_built() -> None:
    """Anchors and aliases are not read at all."""
    bomb = "a: &a [x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20))

    assert refusal(bomb) == (1, "anchors (&) and aliases (*) are not read. Write the value out, or quote the text.")


def test_deep_nesting_is_refused() -> None:
    """A hundred thousand brackets cost no more than twenty-one."""
    assert refusal("a: " + "[" * 100_000) == (1, "more than 20 levels of nesting. Flatten the value.")


def test_a_tag_is_refused() -> None:
    """No tag makes an object."""
    assert refusal("a: !!python/object/apply:os.system [id]\n") == (
        1,
        "the tag tag:yaml.org,2002:python/object/apply:os.system is not read. Remove it, or quote the text.",
    )


def test_a_key_that_stands_twice_is_refused_at_the_second() -> None:
    """Neither value wins silently."""
    assert refusal("tier: 2\nlang: en\ntier: 1\n") == (3, "the key 'tier' stands twice. Keep one of them.")


@pytest.mark.parametrize("text", ["- a\n", "just text\n", "7\n"])
def test_only_a_mapping_is_read(text: str) -> None:
    """A list or a word is no front matter."""
    assert refusal(text) == (1, "expected `key: value` lines. Write one key on each line.")


def test_a_second_document_is_refused() -> None:
    """Text after `---` would be lost."""
    assert refusal("a: 1\n---\nb: 2\n") == (2, "a second YAML document begins here; expected one. Remove the `---`.")


def test_a_list_as_a_key_is_refused() -> None:
    """`{{ value }}` outside quotes is a mapping whose key is a mapping."""
    assert refusal("a: 1\n[b, c]: 2\n") == (2, "a key has to be plain text. Quote the text if it begins with [ or {.")


def test_a_control_character_is_refused_at_its_line() -> None:
    """The line is right after accented text too."""
    assert refusal("a: ñandú\nb: x\x07y\n") == (
        2,
        "this is not YAML: control characters are not allowed. Remove the character.",
    )


def test_too_much_yaml_is_refused_unread() -> None:
    """A megabyte is the limit."""
    assert refusal("a: " + "x" * MAX_BYTES) == (1, "1,000,003 characters of YAML; expected at most 1,000,000. Shorten it.")


def test_nothing_at_all_is_an_empty_mapping() -> None:
    """An empty `_defaults.yml` sets nothing."""
    assert parse_mapping("").values == {}
    assert parse_mapping("# only a comment\n").values == {}
