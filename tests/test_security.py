"""SECURITY.md is under test: every threat names a test that exists."""

import ast
import re

import pytest

from tests.conftest import ROOT

TEXT = (ROOT / "SECURITY.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_every_test_that_the_threat_model_names_exists(path: str, name: str) -> None:
    """A threat whose test was renamed or removed is a threat that nobody watches."""
    tree = ast.parse((ROOT / path).read_text())

    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_threat_names_a_test() -> None:
    """Each line of the table."""
    rows = [line for line in TEXT.split("\n") if line.startswith("| ") and not line.startswith(("| who |", "| --- "))]

    assert len(rows) > 20
    assert [row for row in rows if "::test_" not in row] == []
