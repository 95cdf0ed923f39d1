"""A snapshot is published whole or not at all, and is never searched with what it was not built by."""

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Never

import pytest

from retriever import snapshot, snapshot_files
from retriever.errors import SnapshotError, UnreadableSnapshotError
from retriever.snapshot import FORMAT, Models, Snapshot, fingerprint
from retriever.snapshot_build import build
from retriever.snapshot_files import is_whole, load, save
from retriever.splitter import CHUNKING
from retriever.vector_cache import VectorCache
from tests.retriever.worlds import REPOSITORY, HashEmbedder, World, article, fakes, library_of, world_of

FILES = {
    "a": article("The late fee is 25 USD."),
    "a-es": article("El cargo por pago tardío.", lang="es", translation_of="a"),
    "b": article("# Wire\n\nRaise the limit.\n\n:::tier 2\nUp to 900.\n:::"),
}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Three small articles, from which an alignment is learned all the same."""
    monkeypatch.setattr("retriever.alignment.FEWEST", 3)
    return world_of(FILES, tmp_path)


def answers(snapshot: Snapshot, world: World) -> list[object]:
    """What the snapshot answers to some questions."""
    asked = World.__new__(World)
    asked.models, asked.snapshot = world.models, snapshot
    return [asked.ask(text, place) for text in ("late fee", "cargo tardío", "wire limit") for place in ("US", None)]


def test_a_saved_snapshot_answers_as_before(world: World, tmp_path: Path) -> None:
    """Every value of every answer is the same after a save and a load."""
    target = save(world.snapshot, tmp_path / "snapshots" / "one")

    assert world.snapshot.alignment
    assert answers(load(target, world.models), world) == answers(world.snapshot, world)


def test_the_manifest_is_written_last_and_the_name_given_after_it(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until everything is written no directory has the snapshot's name, and none has a manifest."""
    target = tmp_path / "snapshots" / "one"
    seen: list[tuple[bool, bool]] = []
    checksums = snapshot_files._checksums

    def watched(folder: Path) -> dict[str, str]:
        seen.append((target.exists(), (folder / "manifest.json").exists()))
        return checksums(folder)

    monkeypatch.setattr(snapshot_files, "_checksums", watched)

    save(world.snapshot, target)

    manifest = json.loads((target / "manifest.json").read_text())
    written = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    assert seen == [(False, False)]
    assert sorted([*manifest["files"], "manifest.json"]) == written


def test_a_half_written_directory_is_ignored_and_cleaned_away(world: World, tmp_path: Path) -> None:
    """What a killed process left is neither loaded nor kept."""
    root = tmp_path / "snapshots"
    for name in ("one", ".building-xyz"):
        (root / name).mkdir(parents=True)
        (root / name / "library.json").write_text("half")

    before = is_whole(root / "one")
    save(world.snapshot, root / "one")

    assert (before, sorted(path.name for path in root.iterdir())) == (False, [".lock", "one"])
    assert load(root / "one", world.models).manifest.fingerprint == world.snapshot.manifest.fingerprint


def test_a_snapshot_that_is_there_stays(world: World, tmp_path: Path) -> None:
    """Saving twice writes once: an immutable directory is never written into."""
    target = save(world.snapshot, tmp_path / "snapshots" / "one")
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*")}

    save(world.snapshot, target)

    assert {path: path.stat().st_mtime_ns for path in target.rglob("*")} == before


def flip(path: Path) -> None:
    """Change one byte in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    "name", ["library.json", "passages.json", "english.npy", "multilingual.npy", "lexical/lexical.json", "lexical/en/rows.npy"]
)
@pytest.mark.parametrize("damage", [flip, Path.unlink], ids=["changed", "gone"])
def test_a_damaged_file_is_an_error_with_its_cure(
    world: World, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    """One bit is enough."""
    target = save(world.snapshot, tmp_path / "snapshots" / "one")
    damage(target / name)

    with pytest.raises(SnapshotError) as caught:
        load(target, world.models)

    assert str(caught.value) == f"{target}: a file differs from its checksum in manifest.json. Run `kb index` to build anew."


def test_a_file_that_nobody_listed_is_an_error_with_its_cure(world: World, tmp_path: Path) -> None:
    """Word counts of another index would be the base of the next one."""
    target = save(world.snapshot, tmp_path / "snapshots" / "one")
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest["files"].pop("lexical/en/counts.npz")
    (target / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(SnapshotError) as caught:
        load(target, world.models)

    assert str(caught.value) == f"{target}: lexical/en/counts.npz is not in manifest.json. Run `kb index` to build anew."


def test_a_folder_that_cannot_be_listed_now_is_no_damage(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is damaged is removed; what is whole and cannot be seen for a moment must stay."""
    target = save(world.snapshot, tmp_path / "snapshots" / "one")

    def refused(_path: object) -> Never:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "scandir", refused)

    with pytest.raises(UnreadableSnapshotError, match=r"Too many open files\. It stays as it is and is tried again\."):
        load(target, world.models)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', "null", "\\ud800"])
def test_a_damaged_manifest_is_an_error_with_its_cure(world: World, tmp_path: Path, text: str) -> None:
    """Whatever stands in it."""
    target = save(world.snapshot, tmp_path / "snapshots" / "one")
    (target / "manifest.json").write_text(text)

    with pytest.raises(SnapshotError) as caught:
        load(target, world.models)

    assert str(caught.value) == f"{target}: manifest.json cannot be read. Run `kb index` to build it anew."


@pytest.mark.parametrize("key", ["files", "models", "embedded"])
def test_a_manifest_of_the_wrong_shape_is_an_error(world: World, tmp_path: Path, key: str) -> None:
    """A value of another type is damage, not a crash."""
    target = save(world.snapshot, tmp_path / "snapshots" / "one")
    manifest = json.loads((target / "manifest.json").read_text())
    (target / "manifest.json").write_text(json.dumps({**manifest, key: 7}))

    with pytest.raises(SnapshotError, match=r"manifest\.json cannot be read\. Run `kb index` to build it anew\."):
        load(target, world.models)


def test_no_snapshot_is_an_error_with_its_cure(world: World, tmp_path: Path) -> None:
    """An empty place says how to fill it."""
    with pytest.raises(SnapshotError) as caught:
        load(tmp_path / "none", world.models)

    assert str(caught.value) == f"{tmp_path / 'none'}: there is no whole snapshot here. Run `kb index` to build it."


def test_another_model_is_an_error_and_not_bad_results(world: World, tmp_path: Path) -> None:
    """Vectors of one model mean nothing to another."""
    target = save(world.snapshot, tmp_path / "snapshots" / "one")
    other = Models(HashEmbedder("other@2"), world.models.multilingual)

    with pytest.raises(SnapshotError) as caught:
        load(target, other)

    assert str(caught.value) == (
        f"{target}: built with format {FORMAT}, {CHUNKING}, {world.models.names}; "
        f"expected format {FORMAT}, {CHUNKING}, {other.names}. Run `kb index` to build it anew."
    )


@pytest.mark.parametrize(("key", "value"), [("format", 1), ("chunking", "headings+recursive-500")])
def test_another_format_is_an_error(world: World, tmp_path: Path, key: str, value: object) -> None:
    """A snapshot of an older version is built anew, not guessed at."""
    target = save(world.snapshot, tmp_path / "snapshots" / "one")
    manifest = json.loads((target / "manifest.json").read_text())
    (target / "manifest.json").write_text(json.dumps({**manifest, key: value}))

    with pytest.raises(
        SnapshotError, match=rf"built with .*{re.escape(str(value))}.*; expected format {FORMAT}, {re.escape(CHUNKING)}"
    ):
        load(target, world.models)


def test_a_full_disk_leaves_nothing_and_the_old_snapshot_serves(tmp_path: Path) -> None:
    """A quota stops the writing: a SnapshotError, no half snapshot, and the one before still loads."""
    code = """
import resource, sys
from pathlib import Path
from retriever.errors import SnapshotError
from retriever.snapshot_files import load, save
from tests.retriever.test_snapshot import FILES
from tests.retriever.worlds import article, world_of
root = Path(sys.argv[1])
old = world_of(FILES, root)
save(old.snapshot, root / "snapshots" / "old")
new = world_of({**FILES, "c": article("word " * 4000)}, root)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    save(new.snapshot, root / "snapshots" / "new")
except SnapshotError as error:
    print(error)
print(sorted(path.name for path in (root / "snapshots").iterdir()))
print(load(root / "snapshots" / "old", old.models).manifest.articles)
"""
    said = {}
    for limit in (100, 9000):  # one stops the text files, the other an array in numpy's own writing
        folder = tmp_path / str(limit)
        folder.mkdir()
        said[limit] = run(code, str(folder), str(limit)).splitlines()

    for limit, lines in said.items():
        target = tmp_path / str(limit) / "snapshots" / "new"
        assert lines == [
            f"{target}: the snapshot cannot be written: File too large. Free some space or choose another KB_DATA_DIR; "
            "the snapshot before it keeps serving.",
            "['.lock', 'old']",
            "3",
        ]


def test_a_place_that_cannot_be_written_is_an_error(world: World, tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "snapshots").write_text("")

    with pytest.raises(SnapshotError, match=r"the snapshot cannot be written: File exists\. Free some space or choose another"):
        save(world.snapshot, tmp_path / "snapshots" / "one")


def run(code: str, *args: str, seed: str = "0") -> str:
    """Run Python in a process of its own; what it printed."""
    env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", code, *args], env=env, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_what_is_saved_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    """The same commit gives the same bytes in every file, in every process."""
    code = """
import sys
from pathlib import Path
from retriever.snapshot_files import save
from tests.retriever.test_snapshot import FILES
from tests.retriever.worlds import world_of
root = Path(sys.argv[1])
save(world_of(FILES, root).snapshot, root / "snapshots" / "one")
"""
    saved = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        run(code, str(folder), seed=seed)
        target = folder / "snapshots" / "one"
        files = {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}
        manifest = json.loads(files.pop("manifest.json"))
        saved.append((files, {**manifest, "built_at": None}))

    assert saved[0] == saved[1]


@pytest.mark.parametrize(
    ("files", "embedded"),
    [
        ({**FILES, "b": FILES["b"].replace("tier: 1", "tier: 2").replace("[US]", "[CA]")}, {"english": 0, "multilingual": 0}),
        ({("renamed" if name == "b" else name): text for name, text in FILES.items()}, {"english": 0, "multilingual": 0}),
        ({**FILES, "b": FILES["b"].replace("Raise", "Lower")}, {"english": 1, "multilingual": 1}),
        ({**FILES, "a-es": FILES["a-es"].replace("cargo", "costo")}, {"english": 0, "multilingual": 1}),
    ],
    ids=["metadata", "rename", "one passage", "one Spanish passage"],
)
def test_only_passages_never_seen_are_embedded(tmp_path: Path, files: dict[str, str], embedded: dict[str, int]) -> None:
    """A metadata-only edit or a rename embeds nothing; an edit of one passage embeds that one."""
    models = fakes()
    with VectorCache(tmp_path / "vectors.sqlite") as cache:
        build(library_of(FILES), models, cache)
        after = build(library_of(files), models, cache)

    assert dict(after.manifest.embedded) == embedded


def test_progress_adds_up_to_every_passage(tmp_path: Path) -> None:
    """Who watches an index run sees each leg reach its end."""
    told: list[tuple[str, int, int]] = []
    with VectorCache(tmp_path / "vectors.sqlite") as cache:
        build(library_of(FILES), fakes(), cache, lambda leg, more, total: told.append((leg, more, total)))

    sums = {(leg, total): sum(more for name, more, _ in told if name == leg) for leg, _, total in told}
    assert sums == {("english", 3): 3, ("multilingual", 4): 4}


def test_the_fingerprint_covers_all_that_an_index_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Format, models, chunking, and the path and blob of every file; the commit's own id and moment play no part."""
    library, names = library_of(FILES), fakes().names
    prints = {"same": fingerprint(library, names), "commit": fingerprint(library_of(FILES, commit="c" * 40), names)}
    prints["text"] = fingerprint(library_of({**FILES, "b": FILES["b"] + " "}), names)
    prints["path"] = fingerprint(replace(library, files=tuple((f"x{path}", blob) for path, blob in library.files)), names)
    prints["model"] = fingerprint(library, {**names, "english": "other"})
    monkeypatch.setattr(snapshot, "CHUNKING", "other")
    prints["chunking"] = fingerprint(library, names)
    monkeypatch.undo()
    monkeypatch.setattr(snapshot, "FORMAT", 99)
    prints["format"] = fingerprint(library, names)

    assert [name for name, value in prints.items() if value == prints["same"]] == ["same", "commit"]
    assert len(set(prints.values())) == 6
