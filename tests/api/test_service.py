"""The service over time: new commits, bad commits, and what operators see."""

import json
import resource
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from time import sleep
from typing import Any

import pytest
from fastapi.dependencies.utils import get_dependant
from fastapi.testclient import TestClient

from api import recent_tip
from api.app import build_routes, create_app
from api.listening import begin, hold, listen
from api.live import TIP_SECONDS, LiveSpace
from api.reader import LOOPBACK, DemoReaders
from api.settings import SettingsError, read_settings, require_loopback
from api.snapshots import Snapshots
from api.source import Source
from api.space import Space
from kb.errors import ContentError, RepositoryError
from kb.tree import Commit
from retriever.errors import UnreadableSnapshotError
from retriever.snapshot import Snapshot
from tests.conftest import ROOT
from tests.waiting import until
from tests.world import World


def test_a_newly_indexed_commit_is_served_without_a_restart(world: World) -> None:
    """Publishing swaps the snapshot under a running service."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    client = world.client()
    before = client.post("/v1/search", json={"q": "when does the card arrive"}).json()["hits"][0]["snippet"]
    world.article("card.md", "Cards arrive in 5 days.", id="card")
    world.publish()

    after = client.post("/v1/search", json={"q": "when does the card arrive"}).json()["hits"][0]["snippet"]

    assert (before, after) == ("Cards arrive in 7 days.", "Cards arrive in 5 days.")


def test_a_refused_commit_leaves_the_old_one_serving_and_says_why(world: World) -> None:
    """A restart on a commit with errors serves the commit before it; /readyz names the rule, and no article."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    good = world.commit()
    world.space.publish()
    world.article("card.md", "Cards arrive in 5 days.", id="card", tier="many")
    world.commit()
    live = LiveSpace(world.space, refresh_seconds=0.0)
    live.start()
    world._live = live

    ready = world.client().get("/readyz").json()

    assert ready["ready"] is True
    assert ready["spaces"]["default"]["commit"] == good
    assert ready["spaces"]["default"]["error"] == (
        "The newest commit was refused: 1 x bad-value. `kb check` and `kb log --served` tell file and line."
    )
    assert world.search("card").hits[0].snippet == "Cards arrive in 7 days."


def test_a_first_start_on_a_commit_with_errors_says_them_all(world: World) -> None:
    """With nothing to fall back to the service does not start."""
    world.article("one.md", tier="many")
    world.article("two.md", lang="english")
    world.commit()

    with pytest.raises(ContentError) as refused:
        LiveSpace(world.space, refresh_seconds=0.0).start()

    assert [problem.path for problem in refused.value.problems] == ["articles/one.md", "articles/two.md"]


def test_a_damaged_snapshot_is_built_anew(world: World) -> None:
    """A file that does not fit its checksum is never searched; the commit is indexed again."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    world.commit()
    world.space.publish()
    folder = next((world.root / "data" / "spaces" / "default" / "snapshots").glob("[0-9a-f]*"))
    library = folder / "library.json"
    library.write_text(library.read_text().replace("7 days", "9 days"))

    assert world.search("when does the card arrive").hits[0].snippet == "Cards arrive in 7 days."


def test_a_snapshot_that_cannot_be_read_just_now_stays(world: World) -> None:
    """Too many open files say nothing about a folder: it is left as it is, and read as soon as it can be."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    world.publish()
    space = world.space
    tip = space.tip()
    kept = next((world.root / "data" / "spaces" / "default" / "snapshots").glob("[0-9a-f]*"))
    before = {path: path.stat().st_mtime_ns for path in kept.rglob("*") if path.is_file()}
    _, most = limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, most))
    try:
        meanwhile = space.snapshots.at_hand(tip)
        with pytest.raises(UnreadableSnapshotError, match=r"Too many open files\. It stays as it is and is tried again\."):
            space.snapshots.named(kept.name)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    again = space.snapshots.at_hand(tip)

    assert (meanwhile, again and again.manifest.commit) == (None, tip.sha)
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("*") if path.is_file()} == before


def test_ready_tells_how_far_the_service_is_behind(world: World) -> None:
    """A commit that is not indexed yet shows as lag: the seconds since it was made."""
    world.article("card.md", id="card")
    client = world.client()
    current = client.get("/readyz").json()["spaces"]["default"]["behind_seconds"]
    world.article("card.md", "Changed.", id="card")
    made = datetime.now(UTC) - timedelta(days=2)
    world.commit(at=made.isoformat())

    behind = client.get("/readyz").json()["spaces"]["default"]["behind_seconds"]

    assert current == 0
    assert round(behind / 86_400) == 2


def test_health_answers_while_the_process_runs(world: World) -> None:
    """Liveness asks nothing of the index."""
    world.article("card.md")

    assert world.client().get("/healthz").json() == {"ok": True}


def test_no_request_waits_until_the_routes_are_built(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the first one, nor the first for an address that is not there."""
    world.article("card.md", "Freeze the card.", id="card")
    built = list[str]()

    def noted(**named: Any) -> Any:
        built.append(named["path"])
        return get_dependant(**named)

    monkeypatch.setattr("fastapi.routing.get_dependant", noted)
    app = create_app(world.guidance, DemoReaders(LOOPBACK))
    build_routes(app)
    before = list(built)
    client = TestClient(app, base_url="http://127.0.0.1")
    statuses = [client.get(path, params={"q": "card"}).status_code for path in ("/v1/search", "/v1/articles/card", "/nowhere")]

    assert statuses == [200, 422, 404]
    assert "/v1/search" in before
    assert built == before


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/nowhere", 404, "There is nothing at this address. /docs lists every endpoint."),
        ("DELETE", "/v1/search", 405, "This address does not answer that method. /docs lists every endpoint."),
    ],
)
def test_every_error_has_the_one_shape(world: World, method: str, path: str, status: int, detail: str) -> None:
    """RFC 9457 for addresses and methods too."""
    world.article("card.md")

    response = world.client().request(method, path)

    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": {404: "Not Found", 405: "Method Not Allowed"}[status],
        "status": status,
        "detail": detail,
        "instance": path,
        "errors": [],
    }


def test_the_documentation_page_needs_no_other_host(world: World) -> None:
    """/docs works offline: scripts and styles come from the service itself."""
    world.article("card.md")

    page = world.client().get("/docs").text

    assert "https://" not in page


def test_operation_ids_are_stable(world: World) -> None:
    """Clients are generated from them."""
    world.article("card.md")
    document = world.client().get("/openapi.json").json()

    ids = sorted(operation["operationId"] for path in document["paths"].values() for operation in path.values())

    assert len(set(ids)) == len(ids)
    assert {
        "changeFeedback", "getArticle", "getFeedback", "getReceipt", "health", "listFeedback", "openSession", "ready",
        "recordEvents", "search", "searchByQuery", "sendFeedback",
    } <= set(ids)  # fmt: skip


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.com", ""])  # noqa: S104 - refused addresses
def test_without_tokens_only_this_machine_is_served(host: str) -> None:
    """Everybody would be the demo reader."""
    with pytest.raises(SettingsError, match="without tokens the service answers only on this machine"):
        require_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_addresses_are_served(host: str) -> None:
    """Every form of this machine's own address."""
    require_loopback(host)

    assert read_settings(host=host).host == host


def test_two_services_that_take_one_port_at_once_are_told_apart() -> None:
    """Both may bind it while neither listens yet; the second is told as one that comes later is."""
    first = listen("127.0.0.1", 0)
    port = first.getsockname()[1]
    second = listen("127.0.0.1", port)
    begin(first, "127.0.0.1", port)

    with first, second:
        for alone in (True, False):  # False: a worker that comes later
            with pytest.raises(SettingsError, match=f"KB_PORT is {port}: 127.0.0.1 cannot be served on it"):
                begin(second, "127.0.0.1", port, alone=alone)


def test_only_the_workers_of_one_service_share_a_port() -> None:
    """A second service is told that the port is another's: when it begins, and else before it lets anybody in."""
    held = hold("127.0.0.1", 0)
    port = held.getsockname()[1]
    workers = [listen("127.0.0.1", port, shared=True) for _ in range(2)]
    foreign = listen("127.0.0.1", port, shared=True)  # of a service that began at the same time
    begin(workers[0], "127.0.0.1", port)
    begin(workers[1], "127.0.0.1", port, alone=False)
    said = []
    for late in (lambda: hold("127.0.0.1", port), lambda: listen("127.0.0.1", port), lambda: begin(foreign, "127.0.0.1", port)):
        with pytest.raises(SettingsError, match=f"KB_PORT is {port}: 127.0.0.1 cannot be served on it") as told:
            late()
        said.append(str(told.value))
    for used in (held, foreign, *workers):
        used.close()

    assert len(set(said)) == 1


def test_a_mistyped_setting_is_an_error_with_the_name_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """pydantic-settings would ignore it."""
    monkeypatch.setenv("KB_FOLDR", "x")

    with pytest.raises(SettingsError) as wrong:
        read_settings()

    assert str(wrong.value) == (
        "KB_FOLDR is no setting. Did you mean 'KB_FOLDER' or 'KB_MODELS_DIR'? "
        "`kb settings` lists them all. Correct or unset it."
    )


def test_a_taxonomy_from_outside_speaks_for_the_whole_repository_unless_a_folder_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wherever it is said: by KB_TAXONOMY as by --kb."""
    assert read_settings().folder == "articles"

    monkeypatch.setenv("KB_TAXONOMY", "elsewhere.yml")
    assert read_settings().folder == ""

    monkeypatch.setenv("KB_FOLDER", "articles")
    assert read_settings(taxonomy="elsewhere.yml").folder == "articles"
    assert read_settings(folder="docs").folder == "docs"


def test_a_setting_that_does_not_fit_names_variable_and_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator sees what was read."""
    monkeypatch.setenv("KB_PORT", "eighty")

    with pytest.raises(SettingsError) as wrong:
        read_settings()

    assert str(wrong.value).startswith("KB_PORT is 'eighty': ")


def test_an_answer_has_every_key_of_the_contract(world: World) -> None:
    """The names of the design, so that no client breaks."""
    world.article("card.md", "Freeze the card.", id="card")

    answer = json.loads(world.search("freeze card").model_dump_json())

    top = (
        "hits found answerable confidence reranked reason above_tier varies_by_jurisdiction leads query scope index receipt "
        "receipt_note processing_time_ms"
    )
    hit = (
        "id title url anchor heading kind internal snippet highlights score lang translation products jurisdiction tier "
        "effective_from effective_until status review owner commit committed_at say dont_say escalation identity_check explain"
    )
    assert set(answer) == set(top.split())
    assert set(answer["hits"][0]) == set(hit.split())


def test_many_clients_at_once_are_all_answered(world: World) -> None:
    """Questions, readiness and past moments from eight threads; none waits for ever, and who is sent away may come again."""
    world.article("card.md", "Freeze the card.", id="card")
    first = world.commit()
    world.article("card.md", "Freeze the card now.", id="card")
    client = world.client()
    asked = [("/readyz", {}), ("/v1/search", {"q": "freeze card"}), ("/v1/search", {"q": "freeze card", "as_of": first})] * 16

    def status(it: tuple[str, dict[str, str]]) -> int:
        while "Retry-After" in (response := client.get(it[0], params=it[1])).headers:
            sleep(0.05)
        return response.status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(status, asked, timeout=60))

    assert statuses == [200] * len(asked)


def test_many_old_moments_leave_room_for_live_questions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three wait for their snapshots, the fourth is told when to come again, and what is live is answered."""
    commits = []
    for days in range(5):
        world.article("card.md", f"Cards arrive in {days} days.", id="card")
        commits.append(world.commit())
    client, build, may_build = world.client(), Snapshots.of, Event()

    def slowly(*args: Any) -> Snapshot:
        may_build.wait(20)
        return build(*args)

    def ask(commit: str | None) -> Any:
        return client.get("/v1/search", params={"q": "card"} | ({"as_of": commit} if commit else {}))

    monkeypatch.setattr(Snapshots, "of", slowly)
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(ask, commit) for commit in commits[:3]]
        until(lambda: world.live.past.waiting("default") == 3)
        fourth, live = ask(commits[3]), ask(None)
        may_build.set()
        statuses = [it.result().status_code for it in waiting]

    assert (fourth.status_code, fourth.headers["Retry-After"]) == (503, "5")
    assert fourth.headers["Content-Type"] == "application/problem+json"
    assert (live.status_code, statuses, ask(commits[3]).status_code) == (200, [200] * 3, 200)


def test_browsers_get_the_products_icon(world: World) -> None:
    """They ask for it beside every page, and an error in the log for each would hide the others."""
    world.article("card.md")
    icon = world.client().get("/favicon.ico")

    assert (icon.status_code, icon.headers["Content-Type"]) == (200, "image/png")
    assert icon.content == (ROOT / "api/packages/logo-small.png").read_bytes()


def test_git_is_asked_once_a_second_how_a_space_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often somebody looks, also while the repository is away."""
    world.article("card.md")
    world.commit()
    live = LiveSpace(world.space, refresh_seconds=60.0)
    live.start()
    asked, clock = [], [100.0]

    def away(space: Space) -> Commit:
        asked.append(space.name)
        raise RepositoryError("away")

    monkeypatch.setattr(Space, "tip", away)
    monkeypatch.setattr(recent_tip, "monotonic", lambda: clock[0])
    said = {(it.commit is not None, it.error) for it in (live.health(), live.health(), live.health())}
    at_once = len(asked)
    clock[0] += TIP_SECONDS
    live.health()

    assert said == {(True, "The repository cannot be read right now. The log of the service tells why.")}
    assert (at_once, len(asked)) == (1, 2)


def test_a_name_that_only_points_at_this_machine_is_refused(world: World) -> None:
    """A web page that lets its own name lead to the loopback address reads nothing."""
    world.article("card.md")

    response = world.client().get("/v1/search", params={"q": "card"}, headers={"Host": "evil.example"})

    assert (response.status_code, response.json()["detail"]) == (421, "Without tokens this service answers to localhost alone.")


def test_two_repositories_in_one_data_folder_stay_apart(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.` means another repository in another folder, and the same one by its full path."""
    here = Source(".", None, "articles")
    monkeypatch.chdir(world.repo)
    by_dot, by_path = here.key, Source(str(world.repo), None, "articles").key
    monkeypatch.chdir(world.root)

    assert by_dot == by_path
    assert here.key != by_dot


def test_an_error_in_a_commit_is_not_told_to_readers(world: World) -> None:
    """Asking for the moment of a refused commit names no article, no owner and no place of the machine."""
    world.article("card.md", id="card")
    world.commit()
    world.article("secret.md", id="secret", tier=3, owner="mallory-from-legal")
    refused = world.commit()
    world.git("rm", "--quiet", "articles/secret.md")
    world.commit()

    response = world.client().get("/v1/search", params={"q": "card", "as_of": refused})

    assert (response.status_code, response.json()["detail"]) == (
        409,
        "That commit was never served: it has errors, which `kb check` lists. Ask for another moment.",
    )


def test_a_service_says_why_a_commit_was_refused_beside_it(world: World) -> None:
    """`kb index` in another process refuses the commit; /readyz of the running service tells the reason."""
    world.article("card.md", id="card")
    client = world.client()
    world.article("card.md", id="card", tier="many")
    world.commit()
    with pytest.raises(ContentError):
        world.space.publish()

    assert client.get("/readyz").json()["spaces"]["default"]["error"] == (
        "The newest commit was refused: 1 x bad-value. `kb check` and `kb log --served` tell file and line."
    )
