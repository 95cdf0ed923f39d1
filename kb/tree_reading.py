"""Reading the files of one tree: its taxonomy, its defaults, its articles, and what is wrong with any of them."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from kb import article_file, frontmatter, rules
from kb.adoption import Adoption, adopt, identifier
from kb.article import Article
from kb.article_file import Entry, Source
from kb.glossary import Glossary, read_glossary
from kb.kept import Kept, kept_entry
from kb.library import DEFAULTS_FILE, TAXONOMY_FILE, OutsideTaxonomy, Skipped
from kb.problem import Problem, Severity, errors
from kb.schema import Layer, Layered
from kb.taxonomy import Taxonomy
from kb.taxonomy_file import TaxonomyFile, read_taxonomy
from kb.tree import Commit, File, FileKind, Tree
from kb.yaml import YamlError

_LIKE_DEFAULTS: Final = re.compile(r"_?defaults?\.(ya?ml|json|toml)", re.I)  # a near miss would leave a folder undefended
_LIKE_ARTICLES: Final = frozenset({".md", ".markdown", ".mdx", ""})  # a link without an ending may lead to a folder
_FILE: Final = FileKind.FILE  # looking it up takes longer than comparing it, for 10,000 files at each push
_UTC: Final = ZoneInfo("UTC")

Progress: TypeAlias = Callable[[int, int], None]  # files read so far, files in all


class TreeReading:
    """One reading of one tree: what was found wrong, what was skipped, which files were used."""

    def __init__(self, tree: Tree, progress: Progress, kept: Kept) -> None:
        self.tree = tree
        self.progress = progress
        self.kept = kept
        self.still = {file.path for file in tree.files if file.kind is _FILE and kept.article(file) is not None}
        self.unopened: set[str] = set()  # paths of articles that are taken from an earlier reading, of those in `still`
        self.by_name = {tree.below(file): file for file in sorted(tree.files)}
        self.problems: list[Problem] = []
        self.skipped: list[Skipped] = []
        self.used: dict[str, str] = {}
        self.unread: set[str] = set()  # ids of articles that are there but could not be read

    def text(self, file: File) -> tuple[str | None, Problem | None]:
        """The file's text, read once; its size is checked before its content is fetched."""
        if file.kind is not FileKind.FILE:
            return None, _no_content(file)
        self.used[file.path] = file.blob
        if problem := article_file.too_large(file, self.tree.size(file)):
            return None, problem
        return article_file.decode(file, self.tree.read(file))

    def settings(self, outside: OutsideTaxonomy | None) -> TaxonomyFile | None:
        """What `kb.yml` says, the one outside the tree if there is one; None if it is missing or broken."""
        if outside is not None:
            blob = hashlib.sha1(outside.text.encode(), usedforsecurity=False).hexdigest()
            self._used_as_then(f"outside:{TAXONOMY_FILE}", blob)
            return self._settings(outside.path, outside.text)
        file = self.by_name.get(TAXONOMY_FILE)
        if file is None:
            path = f"{self.tree.folder}/{TAXONOMY_FILE}".lstrip("/")
            message = (
                "the taxonomy is not there; expected a file that lists products, jurisdictions and tiers. "
                "`kb new --taxonomy` writes one; for a repository that was not written for us, name one with --kb."
            )
            self.problems.append(Problem(path, 1, "no-taxonomy", message))
            return None
        text, problem = self.text(file)
        self._used_as_then(file.path, file.blob)
        if text is None:
            self.problems += [problem] if problem else []
            return None
        return self._settings(file.path, text)

    def _used_as_then(self, path: str, blob: str) -> None:
        """Use a file that every article depends on; if it has changed, every article is read again."""
        self.used[path] = blob
        if self.kept.files.get(path) != blob:
            self.kept = self.kept.without(self.kept.articles)
            self.still = set()

    def _settings(self, path: str, text: str) -> TaxonomyFile | None:
        try:
            settings, problems = read_taxonomy(path, text)
        except YamlError as error:
            settings, problems = None, [Problem(path, error.line, "yaml", str(error))]
        self.problems += problems
        return settings

    def glossary(self, taxonomy: Taxonomy) -> Glossary:
        """The glossary that the taxonomy names; empty without one."""
        if taxonomy.glossary is None:
            return Glossary()
        file = self.by_name.get(taxonomy.glossary)
        if file is None:
            path = f"{self.tree.folder}/{TAXONOMY_FILE}".lstrip("/")
            message = f"glossary names {taxonomy.glossary!r}, which is not there. Add the file, or remove the key."
            self.problems.append(Problem(path, 1, "no-glossary", message))
            return Glossary()
        text, problem = self.text(file)
        if text is None:
            self.problems += [problem] if problem else []
            return Glossary()
        try:
            glossary, problems = read_glossary(file.path, text)
        except YamlError as error:
            glossary, problems = Glossary(), [Problem(file.path, error.line, "yaml", str(error))]
        self.problems += problems
        return glossary

    def own(self, taxonomy: Taxonomy | None) -> list[Entry]:
        """Every Markdown file of a repository that was written for us; without a taxonomy, only to see what is wrong."""
        defaults = self._defaults()
        same = cache(lambda folder: self.kept.had(folder, DEFAULTS_FILE, self.used))
        sources: list[Source | Article] = []
        for below, file in self._own_files():
            if file.path in self.still and same(file.path.rpartition("/")[0]):
                sources.append(self._unread_again(file))
                continue
            text, problem = self.text(file)
            if text is None:
                self.problems += [problem] if problem else []
                self.unread.add(identifier(below.rpartition(".")[0]))
                continue
            above = (str(parent) for parent in PurePosixPath(below).parents)
            source, problems = article_file.own_source(
                file, below, text, tuple(defaults[parent] for parent in above if parent in defaults)
            )
            self.problems += problems
            if source:
                sources.append(source)
            else:
                self.unread.add(identifier(below.rpartition(".")[0]))
        return self._built(sources, taxonomy.zone if taxonomy else _UTC, self.problems)

    def _own_files(self) -> list[tuple[str, File]]:
        """The Markdown files. What could be guidance and cannot be read is a problem; anything else is skipped."""
        for below, file in self.by_name.items():
            if file.path in self.still:  # nothing was said against its name then
                continue
            name = below.rpartition("/")[2]
            if file.kind is FileKind.SUBMODULE or (
                file.kind is FileKind.SYMLINK and PurePosixPath(below).suffix.lower() in _LIKE_ARTICLES
            ):
                self.problems.append(_no_content(file))
            elif _is_article(below) and not file.path.isprintable():
                message = "the file's name is not plain UTF-8 text. Rename it, so that it can be linked to."
                self.problems.append(Problem(_shown(file), 1, "file-name", message))
            elif _LIKE_DEFAULTS.fullmatch(name) and name != DEFAULTS_FILE:
                message = f"{name!r} is not read, so its defaults are missing; expected {DEFAULTS_FILE!r}. Rename it."
                self.problems.append(Problem(file.path, 1, "defaults-name", message))
        return self._files(not_ours)

    def foreign(self, adoption: Adoption, taxonomy: Taxonomy) -> list[Entry]:
        """Every file that the adoption takes. What cannot be read is skipped, with the reason."""
        originals = adoption.sources(name for name, file in self.by_name.items() if file.kind is FileKind.FILE)
        then = adoption.sources(self.tree.below_path(path) for path in self.kept.files)
        sources: list[Source | Article] = []
        for below, file in self._files(lambda name: None if adoption.takes(name) else "not taken by adopt.include"):
            stem = adoption.stem(below)[0]
            if file.path in self.still and (stem in originals) == (stem in then):
                sources.append(self._unread_again(file))
                continue
            text, problem = self.text(file)
            if text is None:
                self.skipped.append(Skipped(file.path, problem.message if problem else "no text"))
                continue
            try:
                found = adopt(adoption, file.path, below, text, originals)
            except YamlError as error:
                self.skipped.append(Skipped(file.path, f"line {error.line}: {error}"))
                continue
            sources.append(Source(file, Layered((found.layer,)), found.body, found.first_line, "", blocks=False))
        problems: list[Problem] = []
        entries = self._built(sources, taxonomy.zone, problems)
        self.problems += [problem for problem in problems if problem.severity is Severity.WARNING]
        return self._skip_broken(entries, problems)

    def without_broken(
        self, entries: list[Entry], findings: list[Problem], taxonomy: Taxonomy
    ) -> tuple[list[Entry], list[Problem]]:
        """Entries that break no rule; leaving one out can break a rule for another, so until none is left."""
        while errors(findings):
            entries = self._skip_broken(entries, findings)
            findings = rules.check(entries, taxonomy, passed=self.unopened)
        return entries, findings

    def _skip_broken(self, entries: list[Entry], problems: Sequence[Problem]) -> list[Entry]:
        reasons: dict[str, str] = {}
        for problem in errors(problems):
            reasons.setdefault(problem.path, f"line {problem.line}: {problem.message}")
        self.skipped += [Skipped(path, reason) for path, reason in reasons.items()]
        return [entry for entry in entries if entry.article.path not in reasons]

    def _files(self, refuse: Callable[[str], str | None]) -> list[tuple[str, File]]:
        """The files that can be articles, in path order; the others are noted with the reason."""
        chosen = []
        for below, file in self.by_name.items():
            if file.path in self.still:
                chosen.append((below, file))
                continue
            reason = file.kind.value if file.kind is not FileKind.FILE else refuse(below)
            if not file.path.isprintable():
                reason = "its name is not plain UTF-8 text"
            name = below.rpartition("/")[2]
            if reason and (file.path not in self.used and name not in (DEFAULTS_FILE, TAXONOMY_FILE)):
                self.skipped.append(Skipped(_shown(file), reason))
            elif reason is None:
                chosen.append((below, file))
        return chosen

    def _defaults(self) -> dict[str, Layer]:
        """The `_defaults.yml` of each folder, by the folder's path; "." is the top."""
        layers: dict[str, Layer] = {}
        for below, file in self.by_name.items():
            if below.rpartition("/")[2] != DEFAULTS_FILE:
                continue
            text, problem = self.text(file)
            if text is None:
                self.problems += [problem] if problem else []
                continue
            try:
                layer, problems = frontmatter.read_layer(file.path, text, first_line=1, defaults=True)
            except YamlError as error:
                self.problems.append(Problem(file.path, error.line, "yaml", str(error)))
                continue
            self.problems += problems
            layers[str(PurePosixPath(below).parent)] = layer
        return layers

    def _unread_again(self, file: File) -> Article:
        self.used[file.path] = file.blob
        self.unopened.add(file.path)
        return self.kept.articles[file.path]

    def _changes(self, paths: Sequence[str]) -> Mapping[str, Commit]:
        """The commit that last changed each file; history that an earlier reading has seen is not read again."""
        since = self.tree.since(self.kept.commit) if self.kept.commit else None
        if since is None:
            return self.tree.changes(paths)
        known = {**self.kept.changed, **since}
        missing = [path for path in paths if path not in known]
        return {**known, **self.tree.changes(missing)} if missing else known

    def _built(self, sources: Sequence[Source | Article], zone: ZoneInfo, problems: list[Problem]) -> list[Entry]:
        changes = self._changes([_path(source) for source in sources])
        entries = []
        for done, source in enumerate(sources, 1):
            if isinstance(source, Article):
                entries.append(kept_entry(source, changes.get(source.path)))
                continue
            entry, found = article_file.build(source, zone, changes.get(source.file.path))
            problems += found
            if entry:
                entries.append(entry)
            else:
                self.unread.add(str(source.keys.values().get("id") or source.default_id))
            self.progress(done, len(sources))
        return entries


def _path(source: Source | Article) -> str:
    return source.path if isinstance(source, Article) else source.file.path


def _is_article(below: str) -> bool:
    return below.casefold().endswith(".md")


def not_ours(below: str) -> str | None:
    """Why the file at this path (relative to the folder) is no article; None if it is one."""
    if below.rpartition("/")[2].casefold() == "readme.md":
        return "a README is for people who browse the repository"
    return None if _is_article(below) else "not a Markdown file"


def _shown(file: File) -> str:
    """The path as text that can be written anywhere, whatever bytes git holds."""
    return file.path.encode("utf-8", "backslashreplace").decode()


def _no_content(file: File) -> Problem:
    message = f"this is a {file.kind.value}, which is never followed; expected a file. Put the text itself here, or remove it."
    return Problem(_shown(file), 1, "no-content", message)
