"""Webhooks: only a genuine delivery of a push to the live branch causes work; metrics tell of spaces, never of questions."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.composition import open_hooks
from api.guarded import LARGEST_BODY
from api.guidance import NotGrantedError
from api.hooks import Deliveries, Delivery, Hooks
from api.live import LiveSpace
from api.machines import add_machines
from api.metrics import Metrics
from api.news import News
from api.publish_log import Outcome, Publication, now
from api.reader import LOOPBACK, DemoReaders
from api.settings import read_settings
from api.source import Source
from api.space import Space
from api.updater import Updater
from kb.errors import RepositoryError
from tests.world import World

SECRET = "correct horse battery staple"  # noqa: S105 - a test's
PUSH = json.dumps({"ref": "refs/heads/main", "repository": {"clone_url": "ext::sh -c id"}}).encode()


class Woken(Updater):
    """An updater that counts instead of working."""

    count = 0
    away = False  # whether the repository cannot be read

    def follows(self, ref: str) -> bool:
        """See Updater."""
        if self.away:
            raise RepositoryError("the repository is away")
        return super().follows(ref)

    def wake(self) -> None:
        """See Updater."""
        self.count += 1


class Door:
    """A service with webhooks, as a git host sees it."""

    def __init__(self, world: World, folder: Path, *, secret: str | None = SECRET) -> None:
        self.updater = Woken(world.live, seconds=0)
        self.folder = folder
        secrets = {} if secret is None else {"default": secret}
        hooks = Hooks(secrets, {"default": self.updater}, Deliveries(folder / "deliveries.txt"))
        app = create_app(world.guidance, DemoReaders(LOOPBACK))
        add_machines(app, hooks, Metrics(world.guidance.spaces))
        self.client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)

    def deliver(self, headers: dict[str, str], body: bytes = PUSH, space: str = "default") -> tuple[int, str]:
        """Status, and what was done or said."""
        response = self.client.post(f"/hooks/git/{space}", content=body, headers=headers)
        answer = response.json()
        return response.status_code, str(answer.get("status") if response.is_success else answer["detail"])


def digest(body: bytes = PUSH, secret: str = SECRET) -> str:
    """The signature of a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def github(body: bytes = PUSH, delivery: str = "1", event: str = "push") -> dict[str, str]:
    """What GitHub sends beside the body."""
    return {"X-Hub-Signature-256": f"sha256={digest(body)}", "X-GitHub-Delivery": delivery, "X-GitHub-Event": event}


@pytest.fixture
def door(world: World, tmp_path: Path) -> Door:
    """A service of one article."""
    world.article("card.md", id="card")
    world.commit()
    return Door(world, tmp_path)


@pytest.mark.parametrize(
    "headers",
    [
        github(),
        {"X-Gitlab-Token": SECRET, "X-Gitlab-Event": "Push Hook", "Idempotency-Key": "u"},
        {"X-Gitea-Signature": digest(), "X-Gitea-Event": "push", "X-Gitea-Delivery": "u"},
    ],
    ids=["GitHub", "GitLab", "Gitea"],
)
def test_a_genuine_push_is_queued_once(door: Door, headers: dict[str, str]) -> None:
    """The same delivery again causes no work, also after a restart."""
    said = [door.deliver(headers), door.deliver(headers)]

    assert said == [(202, "queued"), (202, "ignored: delivered before")]
    assert door.updater.count == 1
    assert len(Deliveries(door.folder / "deliveries.txt").seen) == 1


def test_a_push_that_a_webhook_caused_is_no_delivery_of_before(door: Door) -> None:
    """GitLab gives the UUID of the first event to all that follow from it."""
    headers = {"X-Gitlab-Token": SECRET, "X-Gitlab-Event": "Push Hook", "X-Gitlab-Event-UUID": "u"}

    assert [door.deliver(headers), door.deliver({**headers, "Idempotency-Key": "k"})] == [(202, "queued")] * 2


def test_a_delivery_that_could_not_be_worked_off_works_when_it_is_sent_again(door: Door) -> None:
    """The repository was away, the host was told so, and sends the same delivery once more."""
    door.updater.away = True
    refused, _ = door.deliver(github())
    door.updater.away = False

    assert (refused, door.deliver(github()), door.updater.count) == (503, (202, "queued"), 1)


def test_each_space_is_opened_by_its_own_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that spaces.yml names, or its file; by none where that is empty; by the common one where none is named."""
    (tmp_path / "secret.txt").write_text("of-zenith\n")
    monkeypatch.setenv("ACME_HOOK", "of-acme")
    monkeypatch.setenv("ZENITH_HOOK_FILE", str(tmp_path / "secret.txt"))
    names = {"acme": "ACME_HOOK", "zenith": "ZENITH_HOOK", "empty": "NO_SUCH_HOOK", "other": None}
    entries = "".join(f"  {name}: {{repo: r{f', hook_secret: {key}' if key else ''}}}\n" for name, key in names.items())
    (tmp_path / "spaces.yml").write_text(f"spaces:\n{entries}")
    settings = read_settings(config=tmp_path / "spaces.yml", data_dir=tmp_path, hook_secret="of-all")  # noqa: S106 - a test's
    hooks = open_hooks(settings, {name: Woken(_nowhere(tmp_path), seconds=0) for name in names})
    secrets = ("of-acme", "of-zenith", "of-all")
    ping = {secret: Delivery({"x-gitlab-token": secret, "x-gitlab-event": "ping"}, b"") for secret in secrets}

    opened = {(space, secret) for space in names for secret in secrets if _opens(hooks, space, ping[secret])}

    assert opened == {("acme", "of-acme"), ("zenith", "of-zenith"), ("other", "of-all")}


def _nowhere(folder: Path) -> LiveSpace:
    return LiveSpace(Space("x", Source("r", None, ""), folder, None), refresh_seconds=1)  # type: ignore[arg-type]  # never asked


def _opens(hooks: Hooks, space: str, delivery: Delivery) -> bool:
    try:
        return hooks.received(space, delivery) == "pong"
    except NotGrantedError:
        return False


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": digest()},
        {"X-Hub-Signature-256": f"sha256={digest(PUSH, 'other')}"},
        {"X-Hub-Signature-256": f"sha256={digest(PUSH + b' ')}"},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Gitlab-Token": "wrong"},
        {"X-Gitlab-Token": ""},
        {"X-Gitea-Signature": f"sha256={digest()}"},
        {"X-Hub-Signature-256": f"sha256={digest()}", "X-Gitlab-Token": "wrong"},
    ],
)
def test_a_delivery_that_is_not_genuine_is_refused(door: Door, headers: dict[str, str]) -> None:
    """No signature, another secret, another body, and one wrong beside a right one."""
    status, _ = door.deliver(headers)

    assert (status, door.updater.count) == (403, 0)


def test_without_a_secret_every_delivery_is_refused(world: World, tmp_path: Path) -> None:
    """Not even an empty one opens; a space that is not there looks the same."""
    world.article("card.md", id="card")
    world.commit()
    door = Door(world, tmp_path, secret=None)

    found = [door.deliver({"X-Gitlab-Token": ""}), door.deliver(github()), door.deliver(github(), space="other")]

    assert ([status for status, _ in found], len({text for _, text in found})) == ([403, 403, 403], 1)


def test_what_touches_nothing_live_causes_no_work(door: Door) -> None:
    """Another branch, a ping, an issue; and what is no push at all is an error."""
    other = json.dumps({"ref": "refs/heads/proposal"}).encode()

    said = [
        door.deliver(github(other), other),
        door.deliver(github(event="ping", delivery="2")),
        door.deliver(github(event="issues", delivery="3")),
        door.deliver(github(b"[]", delivery="4"), b"[]"),
    ]

    assert [text for _, text in said[:3]] == ["ignored: another branch", "pong", "ignored: no push"]
    assert (said[3][0], door.updater.count) == (422, 0)


def test_a_body_is_bounded(door: Door) -> None:
    """A push of hundreds of files fits; what no host sends does not."""
    large = json.dumps({"ref": "refs/heads/main", "commits": ["x" * (2 * LARGEST_BODY)]}).encode()

    assert door.deliver(github(large), large)[0] == 202
    assert door.deliver(github(b"x" * 5_000_001), b"x" * 5_000_001)[0] == 413


def test_metrics_tell_of_spaces_and_never_of_questions(door: Door) -> None:
    """What somebody asked is in no label."""
    door.client.get("/v1/search", params={"q": "freeze zebra"})

    text = door.client.get("/metrics").text

    assert 'kb_articles{space="default"} 1.0' in text
    assert 'kb_request_seconds_count{endpoint="/v1/search",status="200"} 1.0' in text
    assert "zebra" not in text


def test_metrics_name_the_reader_s_spaces_alone_and_count_what_went_wrong(world: World, tmp_path: Path) -> None:
    """One client's administrator does not learn who else is a client; a bug of ours is a 500 in the figures."""
    world.article("card.md", id="card")
    world.commit()
    line = Publication(now(), "c" * 40, now(), None, Outcome.PUBLISHED)
    live = world.live
    metrics = Metrics({"default": live, "zenith": LiveSpace(live.space, refresh_seconds=60)})
    for space in ("default", "zenith"):
        metrics.updated(News(space, None, line))
    app = create_app(world.guidance, DemoReaders(LOOPBACK))
    add_machines(app, Hooks({}, {}, Deliveries(tmp_path / "deliveries.txt")), metrics)
    app.add_api_route("/v1/forgotten", lambda: None)
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    with capture_logs():
        client.get("/v1/forgotten")

    text = client.get("/metrics").text

    assert 'kb_updates_total{outcome="published",space="default"} 1.0' in text
    assert "kb_behind_seconds{" in text
    assert "zenith" not in text
    assert 'kb_request_seconds_count{endpoint="/v1/forgotten",status="500"} 1.0' in text
