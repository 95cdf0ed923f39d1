"""Files made to exhaust the reader: each ends in a problem or an article, in the time of its length."""

import pytest

from kb.plain import plain
from kb.visible import visible_html
from tests.kb.conftest import TAXONOMY, World

SIZE = 20_000  # characters; twenty times a long article

YAML = {
    "laughs": "a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntitle: *c",
    "brackets": "title: " + "[" * SIZE,
    "braces": "title: " + "{a: " * (SIZE // 4),
    "indents": "\n".join(" " * depth + "a:" for depth in range(500)),
    "sequences": "title:\n" + "\n".join("  " * depth + "-" for depth in range(300)),
    "keys": "\n".join(f"k{number}: 1" for number in range(SIZE // 10)),
    "long scalar": 'title: "' + "x" * SIZE + '"',
    "many quotes": "title: " + "''" * (SIZE // 2),
    "escapes": 'title: "' + "\\\\" * (SIZE // 2) + '"',
    "spaces": "title:" + " " * SIZE + "x",
    "question marks": "? " * (SIZE // 20),
    "tags": "title: " + "!!str " * (SIZE // 60),
    "comments": "#" * SIZE + "\ntitle: x",
    "a number": "tier: " + "9" * 5_000,
}
MARKDOWN = {
    "brackets": "[" * SIZE,
    "links in links": "[a](" * (SIZE // 4),
    "images": "![" * (SIZE // 2),
    "stars": "*a " * (SIZE // 3),
    "stars and underscores": "*_" * (SIZE // 2),
    "backticks": "".join("`" * count + " " for count in range(200)),
    "quotes": ">" * 2_000 + " x",
    "lists": "".join(f"{'  ' * depth}- x\n" for depth in range(300)),
    "tables": "|" * (SIZE // 2) + "\n" + "|-" * (SIZE // 4),
    "headings": "# x\n" * (SIZE // 40),
    "entities": "&" * SIZE,
    "angles": "<" * SIZE,
    "comments": "<!--" * (SIZE // 4),
    "tags": "<a " * (SIZE // 3),
    "attributes": "<a " + "x='y' " * (SIZE // 6),
    "definitions": "".join(f"[r{number}]: x\n" for number in range(SIZE // 100)),
    "escapes": "\\" * SIZE,
    "blanks": " " * SIZE + "x",
    "fences": ":::say\nx\n:::\n" * 2_000,
    "nested fences": "".join(f"{':' * (60 - depth)}internal\n" for depth in range(50)),
    "liquid": "{{" * (SIZE // 2),
    "emphasis": "**x" * (SIZE // 3),
    "autolinks": "<http:" * (SIZE // 6),
    "dollars": "4242 " * (SIZE // 5),
    "combining": "e\u0301" * (SIZE // 2),
}


@pytest.mark.parametrize("front", YAML.values(), ids=YAML.keys())
@pytest.mark.parametrize("name", ["a.md", "_defaults.yml", "glossary.yml", "kb.yml"])
def test_a_yaml_bomb_is_read_to_its_end_wherever_it_lies(world: World, name: str, front: str) -> None:
    """In front matter, folder defaults, glossary and taxonomy; what is wrong with it is said in bounded sentences."""
    world.article("fine.md")
    world.write("kb.yml", TAXONOMY + "glossary: glossary.yml\n")
    world.write("glossary.yml", "terms: []\n")
    world.write(name, f"---\n{front}\n---\nx\n" if name.endswith(".md") else f"{front}\n")

    assert all(len(problem) < 2_000 for problem in world.problems()[:50])


@pytest.mark.parametrize("body", MARKDOWN.values(), ids=MARKDOWN.keys())
def test_a_markdown_bomb_is_read_and_shown_to_its_end(world: World, body: str) -> None:
    """Parsed, checked, made plain for the index, and rendered as clean HTML."""
    world.article("bomb.md", f"Some text.\n\n{body}\n")

    if not world.problems():
        (article,) = world.library().articles
        assert "<script" not in visible_html(article, lambda _scope: True)
    assert plain(body) is not None
