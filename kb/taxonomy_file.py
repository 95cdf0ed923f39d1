"""Reading `kb.yml`: the taxonomy, and how to read a repository that was not written for us."""

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from kb.adoption import Adoption
from kb.jurisdiction import ALL, is_place
from kb.language_tag import unknown_language
from kb.problem import Problem, Severity, did_you_mean, errors
from kb.schema import Layer, Layered, validate
from kb.taxonomy import Taxonomy
from kb.teams import unfit_channel
from kb.yaml import Document, Value, parse_mapping

_TAXONOMY: Final = TypeAdapter(Taxonomy)
_ADOPTION: Final = TypeAdapter(Adoption)


@dataclass(frozen=True, slots=True)
class TaxonomyFile:
    """What `kb.yml` says. `adopt` is None for a repository that was written for us."""

    taxonomy: Taxonomy
    adopt: Adoption | None


def read_taxonomy(path: str, text: str) -> tuple[TaxonomyFile | None, list[Problem]]:
    """The file's values, None if it has errors; and every problem in it. Raises YamlError if the text is not YAML."""
    document = parse_mapping(text)
    own = {key: value for key, value in document.values.items() if key != "adopt"}
    layered = Layered((Layer(path, Document(own, document.lines, document.first_line)),))
    taxonomy, problems = validate(layered, _TAXONOMY)
    adopt, adopt_problems = _read_adoption(path, document)
    problems += adopt_problems
    if taxonomy is not None:
        problems += _check(layered, taxonomy)
    if taxonomy is None or errors(problems):
        return None, problems
    return TaxonomyFile(taxonomy, adopt), problems


def _read_adoption(path: str, document: Document) -> tuple[Adoption | None, list[Problem]]:
    if "adopt" not in document.values:
        return None, []
    values = document.values["adopt"]
    lines = {key[1:]: line for key, line in document.lines.items() if key[:1] == ("adopt",)}
    inner: dict[str, Value] = values if isinstance(values, dict) else {}
    return validate(Layered((Layer(path, Document(inner, lines, document.line("adopt"))),)), _ADOPTION)


def _check(layered: Layered, taxonomy: Taxonomy) -> list[Problem]:
    """What the schema cannot say: names that refer to other names."""
    problems = []
    for number, lang in enumerate(taxonomy.languages):
        if unknown := unknown_language(lang):
            problems.append(layered.problem(("languages", number), "unknown-language", unknown, Severity.WARNING))
    for number, place in enumerate(taxonomy.jurisdictions):
        if not is_place(place):
            message = f"jurisdiction {place!r} is no ISO 3166-1 alpha-2 or 3166-2 code. Correct it, as in US or US-CA."
            problems.append(layered.problem(("jurisdictions", number), "unknown-place", message))
    for section, names in (("products", taxonomy.products), ("tiers", taxonomy.tiers)):
        for name, entry in names.items():
            queue = entry.escalate_to
            if queue is not None and queue not in taxonomy.queues:
                message = f"{queue!r} is no queue of this file.{did_you_mean(queue, taxonomy.queues)} Add or correct it."
                problems.append(layered.problem((section, str(name), "escalate_to"), "unknown-queue", message))
    for section, what, named in (("products", "product", taxonomy.products), ("owners", "owner", taxonomy.owners)):
        if ALL in named:
            message = f"'all' means every {what} and cannot be one. Rename it."
            problems.append(layered.problem((section, ALL), "reserved", message))
    return problems + [problem for name in taxonomy.teams for problem in _check_team(layered, taxonomy, name)]


def _check_team(layered: Layered, taxonomy: Taxonomy, name: str) -> list[Problem]:
    team = taxonomy.teams[name]
    problems = []
    for key, values, known in (
        ("products", team.products, (*taxonomy.products, ALL)),
        ("jurisdictions", team.jurisdictions, (*taxonomy.jurisdictions, ALL)),
        ("tier", (str(team.tier),), tuple(map(str, taxonomy.tiers))),
        ("languages", team.languages, taxonomy.languages),
        ("owners", team.owners, (*taxonomy.owners, ALL)),
    ):
        for value in values:
            if value not in known:
                message = f"team {name!r} has {key} {value!r}; expected one of {', '.join(known)}.{did_you_mean(value, known)}"
                problems.append(layered.problem(("teams", name, key), "unknown-value", message))
    if team.digest and team.digest.quiet and len(set(team.digest.quiet)) == 1:
        message = f"team {name!r}: quiet hours end when they begin, so there are none. Correct one, or leave `quiet` out."
        problems.append(layered.problem(("teams", name, "digest", "quiet"), "no-quiet-hours", message))
    for number, channel in enumerate(team.digest.channels if team.digest else ()):
        if unfit := unfit_channel(channel):
            message = f"team {name!r}: {unfit}. Correct it."
            problems.append(layered.problem(("teams", name, "digest", "channels", number), "bad-channel", message))
    return problems
