"""A prepared model is there whole or not at all, whoever prepares it beside us and whatever the disk does."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from retriever.errors import ModelError
from retriever.model_sources import ModelSource
from retriever.prepared_model import building, is_whole
from tests.retriever.namespaces import needs_namespaces

REPOSITORY = Path(__file__).parents[2]


def test_two_processes_preparing_at_once_both_end_well(tmp_path: Path) -> None:
    """One builds, the other waits and finds it done."""
    target = tmp_path / "model-0123456789ab"
    script = f"""
import time
from pathlib import Path
from retriever.prepared_model import building
with building(Path({str(target)!r})) as folder:
    if folder:
        time.sleep(0.5)
        (folder / "manifest.json").write_text("{{}}")
    print("built" if folder else "found")
"""
    both = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) for _ in range(2)
    ]

    assert sorted(child.communicate()[0] for child in both) == ["built\n", "found\n"]
    assert [child.returncode for child in both] == [0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".preparing.lock", target.name]


def test_what_a_killed_process_left_is_never_used_and_is_cleaned(tmp_path: Path) -> None:
    """Half a directory, under its working name or its final one, gives way to a whole one."""
    target = tmp_path / "model-0123456789ab"
    for abandoned in (tmp_path / ".building-dead", target):
        abandoned.mkdir()
        (abandoned / "model.onnx").write_text("half")

    with building(target) as folder:
        assert folder
        (folder / "manifest.json").write_text("{}")

    assert is_whole(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".preparing.lock", target.name]
    assert [path.name for path in target.iterdir()] == ["manifest.json"]


def test_what_another_process_published_meanwhile_is_kept(tmp_path: Path) -> None:
    """Who comes second builds nothing."""
    target = tmp_path / "model-0123456789ab"
    target.mkdir()
    (target / "manifest.json").write_text("{}")

    with building(target) as folder:
        assert folder is None

    assert (target / "manifest.json").read_text() == "{}"


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    """An error while building is passed on, and the half-built directory goes."""
    target = tmp_path / "model-0123456789ab"

    def fail() -> None:
        with building(target) as folder:
            assert folder
            (folder / "model.onnx").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert [path.name for path in tmp_path.iterdir()] == [".preparing.lock"]


@needs_namespaces
def test_a_full_disk_is_a_clear_error_and_leaves_nothing(tmp_path: Path) -> None:
    """On a real disk of two megabytes: the error names the place and the cure."""
    script = f"""
from pathlib import Path
from retriever.errors import ModelError
from retriever.prepared_model import building
try:
    with building(Path({str(tmp_path)!r}) / "models" / "model-0123456789ab") as folder:
        (folder / "model.onnx").write_bytes(bytes(4 * 2**20))
except ModelError as error:
    print(error)
print([path.name for path in Path({str(tmp_path / "models")!r}).iterdir()])
"""
    mounted = 'mount -t tmpfs -o size=2m tmpfs "$1" && exec "$2" -c "$3"'
    child = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mounted, "sh", str(tmp_path), sys.executable, script],
        capture_output=True, text=True, check=True, cwd=REPOSITORY,
    )  # fmt: skip

    said, left = child.stdout.splitlines()
    assert said.startswith(f"{tmp_path}/models: the prepared model cannot be written: No space left on device")
    assert "Free some disk space" in said
    assert left == "['.preparing.lock']"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        RuntimeError(f"Error while serializing: I/O error: {os.strerror(errno.ENOSPC)} (os error 28)"),
    ],
)
def test_a_disk_that_fills_up_while_converting_is_not_blamed_on_the_model(
    source: ModelSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Whichever library notices, and however it says so."""
    from retriever import models

    def fail(*_rest: object) -> None:
        raise error

    monkeypatch.setattr(models, "_load", fail)

    with pytest.raises(ModelError, match=r"cannot be written: No space left on device; nothing was left behind"):
        models.prepare(str(source.root), tmp_path / "models")

    assert [path.name for path in (tmp_path / "models").iterdir()] == [".preparing.lock"]
