"""`spaces.yml`: several repositories behind one service, each a space of its own."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter

from api.settings import SettingsError
from api.source import Source, outside_taxonomy
from api.space import DEFAULT
from kb.problem import Problem, did_you_mean, errors
from kb.schema import Layer, Layered, validate
from kb.yaml import Document, YamlError, parse_mapping

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")  # a folder, a label of metrics and a part of addresses
_ORIGIN: Final = re.compile(
    r"https://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?"
    r"|chrome-extension://[a-p]{32}"
)


def is_origin(text: str) -> bool:
    """Whether it is the origin of a page, exactly as a browser states it; `*.` may stand for any name below a domain."""
    return _ORIGIN.fullmatch(text) is not None


def _origin(text: str) -> str:
    if not is_origin(text):
        raise ValueError("expected an origin such as https://example.zendesk.com or https://*.example.com, without a path")
    return text


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name) or name.startswith("KB_"):
        raise ValueError("expected the name of an environment variable that does not begin with KB_, as in ACME_HOOK_SECRET")
    return name


@dataclass(frozen=True, slots=True)
class SpaceConfig:
    """One space as an operator describes it.

    repo, taxonomy:      a path is relative to spaces.yml. taxonomy is a kb.yml outside the repository.
    hook_secret:         the NAME of the environment variable that holds the secret of its webhook (or NAME_FILE, a file).
    origins:             the pages that may show it in a frame and call it from a browser.
    requests_per_minute: most requests of one reader; None means KB_REQUESTS_PER_MINUTE.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    repo: str
    ref: str | None = None
    folder: str | None = None
    taxonomy: str | None = None
    hook_secret: Annotated[str, AfterValidator(_variable)] | None = None
    origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    def source(self) -> Source:
        """Where its articles come from. A kb.yml outside speaks for the whole repository unless a folder is named too."""
        folder = ("articles" if self.taxonomy is None else "") if self.folder is None else self.folder
        return Source(self.repo, self.ref, folder, outside_taxonomy(Path(self.taxonomy) if self.taxonomy else None))


@dataclass(frozen=True, slots=True)
class _File:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    spaces: Mapping[str, SpaceConfig] = field(default_factory=dict)


_UNKNOWN: Final = "expected no such key. Remove it, or correct its name."  # said better by _unknown_keys
_SCHEMA: Final = TypeAdapter(_File)
_KEYS: Final = tuple(entry.name for entry in fields(SpaceConfig))


def read_spaces(path: Path) -> dict[str, SpaceConfig]:
    """Every space of the file. Raises SettingsError with each problem of it: line, what was expected, and the cure."""
    try:
        document = parse_mapping(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"KB_CONFIG is {path}: it cannot be read: {error}. Correct the path.") from None
    except YamlError as error:
        raise SettingsError(f"{path}:{error.line}: {error}") from None
    layered = Layered((Layer(str(path), document),))
    problems = _unknown_keys(layered, document)
    read, unfit = validate(layered, _SCHEMA)
    problems += [problem for problem in unfit if problem.message.partition("; ")[2] != _UNKNOWN]
    problems += _bad_names(layered, document)
    if read is None or problems:
        raise SettingsError("\n".join(map(str, errors(problems))))
    return {name: _placed(config, path.parent) for name, config in read.spaces.items()}


def _placed(config: SpaceConfig, folder: Path) -> SpaceConfig:
    """With its paths made absolute: they are relative to the file, wherever the service was started."""
    local = folder / Path(config.repo).expanduser()
    repo = str(local) if local.exists() else config.repo
    taxonomy = None if config.taxonomy is None else str(folder / config.taxonomy)
    return replace(config, repo=repo, taxonomy=taxonomy)


def _unknown_keys(layered: Layered, document: Document) -> list[Problem]:
    spaces = document.values.get("spaces")
    found = [(("spaces", name, key), _KEYS) for name, space in _mapping(spaces).items() for key in _mapping(space)]
    known: Sequence[tuple[tuple[str, ...], Sequence[str]]] = [*(((key,), ("spaces",)) for key in document.values), *found]
    return [
        layered.problem(key, "unknown-key", f"{key[-1]!r} is no key.{did_you_mean(key[-1], names)} Known: {', '.join(names)}.")
        for key, names in known
        if key[-1] not in names
    ]


def _bad_names(layered: Layered, document: Document) -> list[Problem]:
    spaces = _mapping(document.values.get("spaces"))
    problems = [
        layered.problem(("spaces", name), "bad-name", f"{name!r} is no name of a space; expected a-z, 0-9, -, as in acme-us.")
        for name in spaces
        if not _NAME.fullmatch(name)
    ]
    if not spaces:
        problems.append(layered.problem(("spaces",), "missing-key", "there is no space. Add one below `spaces:`."))
    return problems


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def chosen(spaces: Mapping[str, SpaceConfig], name: str | None) -> str:
    """The space that a command means: the named one, else the only one, else `default`. Raises SettingsError."""
    if name is None and len(spaces) == 1:
        return next(iter(spaces))
    wanted = name or DEFAULT
    if wanted not in spaces:
        said = f"There is no space {wanted!r}." if name else "Several spaces are configured, and none is `default`."
        raise SettingsError(f"{said}{did_you_mean(wanted, spaces)} Name one of {', '.join(sorted(spaces))} with --space.")
    return wanted
