"""The articles of one commit, each read when it is asked for: comparing two commits reads only what differs."""

import hashlib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import PurePosixPath
from typing import Final

from kb import article_file, frontmatter
from kb.adoption import Adoption, adopt, identifier
from kb.article import Article
from kb.article_file import Source
from kb.library import DEFAULTS_FILE, TAXONOMY_FILE, OutsideTaxonomy
from kb.schema import Layer, Layered
from kb.taxonomy import Taxonomy
from kb.taxonomy_file import TaxonomyFile, read_taxonomy
from kb.tree import Commit, File, FileKind, Tree
from kb.tree_reading import not_ours
from kb.yaml import YamlError

_EDGES: Final = frozenset(frontmatter.EDGES)


class Edition:
    """The articles of one tree by their paths. What is broken there is no article: it was never guidance.

    Reads a file as `read_library` does, but checks no rule between articles.
    """

    def __init__(self, tree: Tree, outside: OutsideTaxonomy | None = None) -> None:
        self._tree = tree
        self._files: Mapping[str, File] = {file.path: file for file in tree.files if file.kind is FileKind.FILE}
        self._prefix = f"{tree.folder}/" if tree.folder else ""
        self._settings, self._settings_key = self._read_settings(outside)
        self._layers = {} if self._settings and self._settings.adopt else self._read_defaults()
        self._stems = self._source_stems()
        self._above: dict[str, tuple[str, ...]] = {}  # see _blobs_above: 10,000 articles stand in a hundred folders

    @property
    def taxonomy(self) -> Taxonomy | None:
        """The closed lists; None if `kb.yml` is missing or broken, and then there is no article either."""
        return self._settings.taxonomy if self._settings else None

    @cached_property
    def paths(self) -> frozenset[str]:
        """The files that can be articles."""
        return frozenset(path for path in self._files if self._taken(path))

    @property
    def adopted(self) -> bool:
        """Whether the repository was not written for us."""
        return self._settings is not None and self._settings.adopt is not None

    def stem(self, below: str) -> str:
        """What a path (relative to the folder) says of the article's identity."""
        adoption = self._settings.adopt if self._settings else None
        return adoption.stem(below)[0] if adoption else below.rpartition(".")[0]

    def default_id(self, path: str) -> str:
        """The id of the article at this path if its front matter says none."""
        below, adoption = self._below(path), self._settings.adopt if self._settings else None
        return adoption.default_id(below) if adoption else identifier(self.stem(below))

    def blob(self, path: str) -> str | None:
        """Git's name of the file's content; None if it is not there."""
        file = self._files.get(path)
        return file.blob if file else None

    def context(self, path: str) -> tuple[object, ...]:
        """Whatever the article at this path depends on beside its own file."""
        if self._settings is None:
            return (None,)
        adoption = self._settings.adopt
        if adoption:
            return (self._settings_key, adoption.stem(self._below(path))[0] in self._stems)
        return (self._settings.taxonomy.time_zone, *(self._blobs_above(path.rpartition("/")[0])))

    def kin(self, path: str) -> list[str]:
        """The other files that an adopted repository's names make translations of this one, or its source."""
        return [other for other in self._kin.get(self.stem(self._below(path)), ()) if other != path]

    def edge_words(self) -> frozenset[str]:
        """The keys by which a file here can say from when or until when it holds."""
        words = _EDGES | {key for key, ours in frontmatter.ALIASES.items() if ours in _EDGES}
        if self._settings and self._settings.adopt:
            words |= {key for key, ours in self._settings.adopt.keys.items() if ours in _EDGES}
        return words

    def id_words(self) -> frozenset[str]:
        """The keys by which a file here can say its id."""
        theirs = self._settings.adopt.keys if self._settings and self._settings.adopt else {}
        return frozenset({"id", *(key for key, ours in theirs.items() if ours == "id")})

    def article(self, path: str, changed: Commit | None = None) -> Article | None:
        """The article at this path; None if the file is not there, is none of the articles, or cannot be read."""
        file = self._files.get(path)
        if file is None or self._settings is None or not self._taken(path):
            return None
        if article_file.too_large(file, self._tree.size(file)):
            return None
        text, _ = article_file.decode(file, self._tree.read(file))
        if text is None:
            return None
        adoption = self._settings.adopt
        source = self._foreign(adoption, file, text) if adoption else self._own(file, text)
        entry, _ = article_file.build(source, self._settings.taxonomy.zone, changed, checked=False) if source else (None, [])
        return entry.article if entry else None

    def _own(self, file: File, text: str) -> Source | None:
        above = (str(parent) for parent in PurePosixPath(self._below(file.path)).parents)
        defaults = tuple(self._layers[parent] for parent in above if parent in self._layers)
        return article_file.own_source(file, self._below(file.path), text, defaults)[0]

    def _foreign(self, adoption: Adoption, file: File, text: str) -> Source | None:
        try:
            found = adopt(adoption, file.path, self._below(file.path), text, self._stems)
        except YamlError:
            return None
        return Source(file, Layered((found.layer,)), found.body, found.first_line, "", blocks=False)

    def _below(self, path: str) -> str:
        return path.removeprefix(self._prefix)

    def _taken(self, path: str) -> bool:
        if self._settings and self._settings.adopt:
            return self._settings.adopt.takes(self._below(path))
        return not_ours(self._below(path)) is None

    def _blobs_above(self, folder: str) -> tuple[str, ...]:
        """Of the defaults of the folder and of those above it."""
        if folder not in self._above:
            above = (str(parent) for parent in PurePosixPath(self._below(f"{folder}/-" if folder else "-")).parents)
            names = (f"{self._prefix}{parent}/{DEFAULTS_FILE}".replace("/./", "/").removeprefix("./") for parent in above)
            self._above[folder] = tuple(self._files[name].blob for name in names if name in self._files)
        return self._above[folder]

    def _read_settings(self, outside: OutsideTaxonomy | None) -> tuple[TaxonomyFile | None, str]:
        if outside is not None:
            return _settings(outside.path, outside.text), _key(outside.text)
        file = self._files.get(f"{self._prefix}{TAXONOMY_FILE}")
        text = article_file.decode(file, self._tree.read(file))[0] if file else None
        return (None, "") if file is None or text is None else (_settings(file.path, text), _key(text))

    def _read_defaults(self) -> dict[str, Layer]:
        layers = {}
        for path, file in self._files.items():
            if PurePosixPath(path).name != DEFAULTS_FILE:
                continue
            text, _ = article_file.decode(file, self._tree.read(file))
            layer = _defaults(path, text or "")
            if layer:
                layers[str(PurePosixPath(self._below(path)).parent)] = layer
        return layers

    @cached_property
    def _kin(self) -> Mapping[str, list[str]]:
        by_stem: dict[str, list[str]] = {}
        for path in self._files if self.adopted else ():
            by_stem.setdefault(self.stem(self._below(path)), []).append(path)
        return by_stem

    def _source_stems(self) -> frozenset[str]:
        adoption = self._settings.adopt if self._settings else None
        return adoption.sources(map(self._below, self._files)) if adoption else frozenset()


@lru_cache(maxsize=16)  # the same text at every commit that did not change it
def _settings(path: str, text: str) -> TaxonomyFile | None:
    try:
        return read_taxonomy(path, text)[0]
    except YamlError:
        return None


@lru_cache(maxsize=256)
def _defaults(path: str, text: str) -> Layer | None:
    try:
        return frontmatter.read_layer(path, text, first_line=1, defaults=True)[0]
    except YamlError:
        return None


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
