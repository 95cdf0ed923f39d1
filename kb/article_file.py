"""From one file to one article: front matter over folder defaults, then the body."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from kb import frontmatter
from kb.adoption import identifier
from kb.article import Article, PartScope
from kb.article_secrets import secrets_of_body, secrets_of_keys
from kb.body import parse_body
from kb.frontmatter import FrontMatter
from kb.plain import plain
from kb.problem import Problem
from kb.schema import Layer, Layered, validate
from kb.tree import Commit, File
from kb.yaml import YamlError

MAX_BYTES: Final = 1_000_000  # a 600-word article is 5 kB; a megabyte is a mistake, and would stall the embedding


class Entry(NamedTuple):  # one for every article at every push, and cheaper than a dataclass
    """An article, and where each of its keys stands, so that a rule can point at the line."""

    article: Article
    keys: Layered
    first_line: int  # of the body


@dataclass(frozen=True, slots=True)
class Source:
    """What one file says, in our terms but not yet checked."""

    file: File
    keys: Layered
    body: str
    first_line: int
    default_id: str
    blocks: bool = True


def too_large(file: File, size: int) -> Problem | None:
    """The reason not to read a file of so many bytes at all, known before its content is fetched."""
    if size <= MAX_BYTES:
        return None
    message = f"the file has {size:,} bytes; expected at most {MAX_BYTES:,}. Split it into several articles."
    return Problem(file.path, 1, "too-large", message)


def decode(file: File, content: bytes) -> tuple[str | None, Problem | None]:
    """The file's text; None and the reason if it is no text."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, Problem(file.path, line, "not-utf8", "a byte here is not UTF-8 text. Save the file as UTF-8.")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return None, Problem(file.path, line, "nul", "a NUL byte stands here; expected text. Remove it.")
    return text, None


def own_source(file: File, below: str, text: str, defaults: tuple[Layer, ...]) -> tuple[Source | None, list[Problem]]:
    """Read a file that was written for us. `defaults` are the `_defaults.yml` above it, nearest first."""
    parts = frontmatter.split(text)
    if parts is None and frontmatter.is_unclosed(text):
        message = "the front matter is not closed; expected `---` on a line of its own below the keys. Close it."
        return None, [Problem(file.path, 1, "no-front-matter", message)]
    if parts is None:
        message = "there is no front matter; expected `---`, keys, `---` at the top. `kb new` writes an example."
        return None, [Problem(file.path, 1, "no-front-matter", message)]
    yaml_text, body, first_line = parts
    try:
        layer, problems = frontmatter.read_layer(file.path, yaml_text, first_line=2, defaults=False)
    except YamlError as error:
        return None, [Problem(file.path, error.line, "yaml", str(error))]
    keys = Layered((layer, *defaults))
    return Source(file, keys, body, first_line, identifier(below.rpartition(".")[0])), problems


def build(
    source: Source, zone: ZoneInfo, changed: Commit | None, *, checked: bool = True
) -> tuple[Entry | None, list[Problem]]:
    """The article, or None and every reason why there is none. Problems in its body do not stop it from being built.

    zone:    the space's time zone, in which a date begins.
    checked: whether to look for secrets too, which takes longer than all the rest; of what was live once it is too late.
    """
    front, problems = validate(source.keys, frontmatter.SCHEMA)
    if front is None:
        return None, problems
    edges, edge_problems = _edges(source, front, zone)
    scope = PartScope(front.tier, frozenset(front.jurisdictions))
    path = source.file.path
    parsed = parse_body(source.body, scope, path=path, first_line=source.first_line, blocks=source.blocks)
    if not any(plain(source.body[section.start : section.end]) for section in parsed.sections):
        message = "the article has no text below its front matter. Write it, or remove the file."
        edge_problems.append(Problem(path, source.first_line, "no-text", message))
    article = Article(
        id=front.id or source.default_id,
        path=path,
        blob=source.file.blob,
        title=front.title,
        description=front.description,
        kind=front.kind,
        products=frozenset(front.products),
        scope=scope,
        lang=front.lang,
        translation_of=front.translation_of,
        effective_from=edges["effective_from"],
        effective_until=edges["effective_until"],
        status=front.status,
        supersedes=front.supersedes,
        overrides=front.overrides,
        owner=front.owner,
        review_by=front.review_by,
        keywords=front.keywords,
        answers=front.answers,
        escalation=front.escalation,
        identity_check=front.identity_check,
        sources=front.sources,
        redirect_from=front.redirect_from,
        body=source.body,
        sections=parsed.sections,
        blocks=parsed.blocks,
        steps=parsed.steps,
        must_read=front.must_read,
        changed=changed,
    )
    secrets = list(_secrets(source, front)) if checked else []
    return Entry(article, source.keys, source.first_line), [*edge_problems, *parsed.problems, *secrets]


def _secrets(source: Source, front: FrontMatter) -> Iterator[Problem]:
    foreign = not source.blocks
    yield from secrets_of_keys(source.keys, front, foreign=foreign)
    yield from secrets_of_body(source.file.path, source.body, source.first_line, foreign=foreign)


def _edges(source: Source, front: FrontMatter, zone: ZoneInfo) -> tuple[dict[str, datetime | None], list[Problem]]:
    edges: dict[str, datetime | None] = {}
    problems = []
    for key in frontmatter.EDGES:
        text = getattr(front, key)
        edges[key] = None
        if text is None:
            continue
        try:
            edges[key] = frontmatter.edge(key, text, zone)
        except ValueError:
            message = f"{key} is {text!r}; expected a date such as 2026-03-01, or an instant such as 2026-03-01T17:00:00-05:00."
            problems.append(source.keys.problem((key,), "bad-date", message))
    begin, end = edges["effective_from"], edges["effective_until"]
    if begin is not None and end is not None and end <= begin:
        message = (
            f"effective_until {front.effective_until} is not after effective_from {front.effective_from}, "
            "so the article would never be in force. Correct one of the dates."
        )
        problems.append(source.keys.problem(("effective_until",), "dates-reversed", message))
    return edges, problems
