"""What is said of values that do not fit: what was expected, and how to mend it. The same over HTTP and on the terminal."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

BODY: Final = "body"  # what is named where no single parameter is wrong

_EXPECTED: Final[Mapping[str, str]] = {
    "extra_forbidden": "unknown parameter. Correct its name, or leave it out",
    "missing": "is missing; expected a value. Add it",
    "json_type": "expected JSON",
    "model_attributes_type": "expected one JSON object. Send it with the header Content-Type: application/json",
    "string_type": "expected text. Put it in quotes",
    "int_type": "expected a whole number, without quotes",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a shorter whole number",
    "int_from_float": "expected a whole number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "list_type": "expected a list, as in [\"first\", \"second\"]",
    "greater_than_equal": "expected at least {ge}",
    "less_than_equal": "expected at most {le}",
    "enum": "expected {expected}",
    "literal_error": "expected {expected}",
    "string_pattern_mismatch": "expected text that fits {pattern}",
    "too_short": "expected at least {min_length} of them",
    "too_long": "expected at most {max_length} of them; there are {actual_length}",
    "string_too_short": "expected at least {min_length} characters",
    "string_too_long": "expected at most {max_length:,} characters. Shorten it",
}  # fmt: skip


def unfit_values(errors: Iterable[Mapping[str, Any]], *, skip: int = 0) -> list[dict[str, str]]:
    """Each wrong value: its parameter, and a sentence. errors: of pydantic. skip: parts of its place that are no parameter."""
    return [{"parameter": _parameter(error, skip), "message": f"{_expected(error)}."} for error in errors]


def told(unfit: Iterable[Mapping[str, str]]) -> str:
    """All of them in one line."""
    return " ".join(f"{one['parameter']}: {one['message']}" for one in unfit)


def _parameter(error: Mapping[str, Any], skip: int) -> str:
    if error["type"] == "json_invalid":
        return BODY  # pydantic names the character where it stopped to read
    return ".".join(str(part) for part in error["loc"][skip:]) or BODY


def _expected(error: Mapping[str, Any]) -> str:
    kind, limits = error["type"], error.get("ctx") or {}
    if kind == "json_invalid":
        return f"is no JSON: {limits['error']} at character {error['loc'][-1]}. Send one JSON object"
    if kind == "string_too_short":
        return (
            "is empty; expected text" if limits["min_length"] == 1 else f"expected at least {limits['min_length']} characters"
        )
    if kind in _EXPECTED:
        return _EXPECTED[kind].format(**limits)
    return str(error["msg"]).removeprefix("Value error, ").rstrip(".")
