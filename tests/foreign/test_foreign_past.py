"""What was live at any commit of a real repository: `as_of` gives, byte for byte, what a fresh reading of that commit gives."""

import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import pytest

from api.indexing import index
from api.live import LiveSpace
from api.past_snapshots import PastSnapshots
from api.source import Source
from api.space import Space
from kb.behind import with_lacking
from kb.errors import ContentError
from kb.library import OutsideTaxonomy
from kb.reading import read_library
from retriever.snapshot import Snapshot
from retriever.snapshot_build import build
from retriever.snapshot_files import save
from retriever.vector_cache import VectorCache
from tests.retriever.worlds import fakes

BUNDLES = Path(__file__).parents[3] / "shared" / "real"
HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(not BUNDLES.is_dir(), reason="the bundles of ../shared/real are not on this machine")


@pytest.fixture(params=["logingov-help", "btcpay-docs"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveSpace]:
    """A bundle, served from its tip. The models cost nothing: what a vector says is not in question here."""
    name = f"{request.param.partition('-')[0]}.kb.yml"
    outside = OutsideTaxonomy(name, (HERE / name).read_text())
    space = Space("default", Source(str(BUNDLES / f"{request.param}.bundle"), None, "", outside), tmp_path / "data", fakes())
    index(space)
    served = LiveSpace(space, refresh_seconds=float("inf"), past=PastSnapshots(most=1))
    served.start()
    yield served
    space.repository.close()


def shuffled(live: LiveSpace) -> list[str]:
    """The commits of the first-parent history in an order by chance, the same one each time."""
    repository = live.space.repository
    every = [entry.commit.sha for entry in repository.log(repository.resolve(None), "")]
    random.Random(4).shuffle(every)  # noqa: S311 - nobody guesses it
    return every


def files_of(snapshot: Snapshot, folder: Path) -> dict[str, bytes]:
    """Every byte that a snapshot is saved as, but for the manifest, which says when it was built."""
    target = save(snapshot, folder / "one")
    found = {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    found.pop("manifest.json")
    shutil.rmtree(folder)
    return found


def fresh(live: LiveSpace, sha: str, folder: Path) -> Snapshot:
    """The commit, read, cut, counted and embedded from nothing."""
    commit = live.space.repository.resolve(sha)
    repository, outside = live.space.repository, live.space.source.outside
    library = with_lacking(read_library(repository.tree(commit, ""), outside), repository, outside)
    with VectorCache(folder / "vectors.sqlite") as cache:
        return build(library, fakes(), cache)


def prove(live: LiveSpace, count: int, folder: Path) -> None:
    """Compare so many commits that can be served; one that cannot is refused with the same words both ways."""
    left = count
    for sha in shuffled(live):
        mine = folder / sha
        try:
            then = live.at(sha)
        except ContentError as error:  # the pages of the first years had no text yet
            with pytest.raises(ContentError, match=f"^{re.escape(str(error))}$"):
                fresh(live, sha, mine)
            continue
        expected = fresh(live, sha, mine)
        assert then.manifest == replace(expected.manifest, built_at=ANY, embedded=ANY, files=ANY)
        assert files_of(then, mine / "then") == files_of(expected, mine / "fresh"), sha
        shutil.rmtree(mine)
        left -= 1
        if not left:
            return
    raise AssertionError(f"{left} commits too few")


def test_a_past_commit_is_answered_as_if_it_were_built_anew(live: LiveSpace, tmp_path: Path) -> None:
    """Two commits of each, built from what is live now and what the caches hold."""
    prove(live, 2, tmp_path / "proof")


@pytest.mark.proof
def test_a_hundred_past_commits_are_answered_as_if_they_were_built_anew(live: LiveSpace, tmp_path: Path) -> None:
    """A hundred of each, drawn by chance."""
    prove(live, 100, tmp_path / "proof")
