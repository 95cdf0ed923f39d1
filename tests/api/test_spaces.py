"""Several client companies on one install: nobody sees anything of another's."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from structlog.testing import capture_logs

from api.access import Role
from api.composition import open_guidance, open_space, spaces_of
from api.database import Database
from api.reader import LOOPBACK
from api.settings import SettingsError, read_settings
from api.space import Space
from api.space_config import chosen, read_spaces
from kb.errors import ContentError
from kb.tree import Commit
from retriever.snapshot import Models
from tests.doors import Door
from tests.two_spaces import FOREIGN, MARK, NONE, OWN, TwoSpaces, two_spaces, walk


@pytest.fixture(scope="module")
def spaces(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[TwoSpaces]:
    """Two spaces behind one service, in one data folder."""
    with two_spaces(tmp_path_factory.mktemp("spaces"), models) as spaces:
        yield spaces


def _values(spaces: TwoSpaces) -> dict[str, list[Any]]:
    """What the walk tries: words, ids, commits and places of the foreign space, which nothing may recognise."""
    commits = [spaces.commits[FOREIGN], spaces.first[FOREIGN], spaces.commits[OWN], "2026-01-15", "1999-01-01", "nonsense"]
    return {
        "space": [FOREIGN, NONE, OWN],
        "q": ["lost card", "raise the wire limit", f'"lost-{MARK}"'],
        "id": [f"lost-{MARK}", f"later-{MARK}", "lost-own", "no-such-article"],
        "article": [f"limit-{MARK}", "limit-own"],
        "team": [f"team{MARK}", "floor", "teamown"],
        "as_of": commits,
        "old": commits,
        "new": commits,
        "from": commits,
        "to": commits,
        "format": ["text", "html"],
        "jurisdiction": ["US-CA", "MX", "CA"],
        "products": [f"cards{MARK}", "cardsown"],
        "tier": ["1", "2", "9"],
        "explain": ["true"],
        "commit": [spaces.commits[FOREIGN]],
        "answers": [[0]],
        "verdict": ["wrong"],
        "state": ["open"],
        "cursor": ["x", "MTIz"],
    }


@pytest.mark.parametrize("role", list(Role))
def test_nothing_of_another_space_shows_anywhere(spaces: TwoSpaces, role: Role) -> None:
    """Every endpoint, with the other space's name, ids, words, products, places and commits: no text of it, no trace."""
    client = spaces.client(spaces.reader(role))
    secrets = [MARK, FOREIGN, *spaces.commits.values(), str(spaces.root)]
    secrets = [secret for secret in secrets if secret != spaces.commits[OWN]]
    shown, posted = [], set[str]()
    for call in walk(client, _values(spaces)):
        response = call.send(client)
        text = f"{dict(response.headers)} {response.text}"
        posted.update(call.said if call.body else ())  # one's own feedback comes back in a list
        for echo in [*call.said, *posted]:
            text = text.replace(echo, "")
        shown += [f"{call}: {secret}" for secret in secrets if secret in text or secret[:12] in text]
        assert response.status_code != 500

    assert shown == []


@pytest.mark.parametrize("role", list(Role))
def test_a_foreign_space_answers_exactly_as_one_that_does_not_exist(spaces: TwoSpaces, role: Role) -> None:
    """Status, headers and every word, so that nothing tells whether a company is a client."""
    client = spaces.client(spaces.reader(role))
    answers: dict[str, list[tuple[int, str, dict[str, str]]]] = {FOREIGN: [], NONE: []}
    for call in walk(client, _values(spaces)):
        if call.space in answers:
            response = call.send(client)
            answers[call.space].append((response.status_code, response.text.replace(call.space, "?"), dict(response.headers)))

    assert len(answers[FOREIGN]) > 20
    assert answers[FOREIGN] == answers[NONE]
    assert {status for status, _, _ in answers[FOREIGN]} <= {403, 404, 422}


@pytest.mark.parametrize("role", list(Role))
def test_no_role_opens_a_receipt_or_feedback_of_another_space(spaces: TwoSpaces, role: Role) -> None:
    """Not even an auditor, who may see any receipt at home; the answer is that of an id that was never given."""
    theirs = spaces.client(spaces.reader(Role.AGENT, id="theirs", spaces=frozenset({FOREIGN})))
    answer = theirs.post("/v1/search", json={"q": "lost card", "space": FOREIGN}).json()
    said = theirs.post("/v1/feedback", json={"space": FOREIGN, "verdict": "wrong", "receipt": answer["receipt"]}).json()
    own = spaces.client(spaces.reader(role))
    opened = [own.get(f"/v1/receipts/{answer['receipt']}"), own.get(f"/v1/feedback/{said['id']}")]
    never = [own.get(f"/v1/{kind}/{'0' * 26}") for kind in ("receipts", "feedback")]

    assert theirs.get(f"/v1/receipts/{answer['receipt']}").status_code == 200
    assert [it.status_code for it in never] == [it.status_code for it in opened]
    assert {it.status_code for it in opened} <= {403, 404}
    assert MARK not in "".join(it.text for it in opened)


def test_the_walk_would_notice_a_leak(spaces: TwoSpaces) -> None:
    """To a reader of the foreign space the same walk shows its texts."""
    client = spaces.client(spaces.reader(spaces=frozenset({FOREIGN})))

    assert any(MARK in call.send(client).text for call in walk(client, _values(spaces)) if call.path == "/v1/search")


def test_no_log_line_of_one_space_names_another(spaces: TwoSpaces) -> None:
    """Whoever is sent one client's log lines learns nothing of the others."""
    client = spaces.client(spaces.reader(Role.ADMIN))
    with capture_logs() as lines:
        for call in walk(client, _values(spaces)):
            call.send(client)

    assert [line for line in lines if re.search(f"{MARK}|{spaces.root / FOREIGN}", str(line))] == []


def test_a_guest_sees_no_space_and_a_reader_only_its_own(spaces: TwoSpaces) -> None:
    """Readiness is for everybody, the list of client companies for nobody."""
    own = spaces.client(spaces.reader()).get("/readyz").json()

    assert list(own["spaces"]) == [OWN]


def test_readiness_asks_no_repository_but_the_reader_s_own(
    spaces: TwoSpaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has no token costs no git at all, however often he asks."""
    asked = []
    tip = Space.tip

    def counted(space: Space) -> Commit:
        asked.append(space.name)
        return tip(space)

    database = Database(f"sqlite:///{tmp_path / 'tokens.sqlite'}")
    guest = Door(spaces.guidance, database).client
    monkeypatch.setattr(Space, "tip", counted)
    ready = [guest.get("/readyz").json() for _ in range(3)]
    before = list(asked)
    spaces.client(spaces.reader()).get("/readyz")
    database.close()

    assert [(it["ready"], it["spaces"]) for it in ready] == [(True, {})] * 3
    assert before == []
    assert set(asked) <= {OWN}


def test_each_space_keeps_its_own_files(spaces: TwoSpaces) -> None:
    """Snapshots, vectors and clones of one lie apart from the other's."""
    folders = spaces.root / "data" / "spaces"

    for name in (OWN, FOREIGN):
        assert {"snapshots", "vectors.sqlite"} <= {path.name for path in (folders / name).iterdir()}
    assert not any(MARK.encode() in path.read_bytes() for path in (folders / OWN).rglob("*") if path.is_file())


def test_a_hit_of_a_named_space_links_into_that_space(spaces: TwoSpaces) -> None:
    """The address of a hit opens the article it shows, that of a version the version."""
    client = spaces.client(spaces.reader())
    hit = client.get("/v1/search", params={"q": "lost card", "space": OWN}).json()["hits"][0]
    past = client.get(f"/v1/articles/{hit['id']}/history", params={"space": OWN}).json()["versions"][0]

    assert [f"space={OWN}" in it["url"] for it in (hit, past)] == [True, True]
    assert [client.get(it["url"]).status_code for it in (hit, past)] == [200, 200]


def test_one_space_that_cannot_be_served_keeps_no_other_from_it(tmp_path: Path, models: Models) -> None:
    """A client's mistake is that client's outage."""
    with two_spaces(tmp_path, models) as made:
        world = made.worlds[FOREIGN]
        world.article("bad.md", tier="many")
        world.commit()
        shutil.rmtree(tmp_path / "data" / "spaces" / FOREIGN)  # nothing that was ever served
        again = replace(made, guidance=open_guidance(made.settings, models))
        client = again.client(again.reader(Role.WRITER, spaces=frozenset({OWN, FOREIGN})))
        statuses = [client.get("/v1/search", params={"q": "card", "space": name}).status_code for name in (OWN, FOREIGN)]
        ready = client.get("/readyz").json()

    assert statuses == [200, 503]
    assert ready["ready"] is True
    assert ready["spaces"][FOREIGN]["error"].startswith("The newest commit was refused: 1 x bad-value.")


def test_why_a_commit_is_refused_is_for_who_can_mend_it(tmp_path: Path, models: Models) -> None:
    """An agent sees that the newest commit is not served, and no path or value of an article."""
    with two_spaces(tmp_path, models) as spaces:
        spaces.worlds[OWN].article("bad.md", tier="many")
        spaces.worlds[OWN].commit()
        with pytest.raises(ContentError):
            spaces.guidance.spaces[OWN].space.publish()
        ready = {role: spaces.client(spaces.reader(role)).get("/readyz").json() for role in Role}

    told = "The newest commit was refused: 1 x bad-value. `kb check` and `kb log --served` tell file and line."
    hidden = "The newest commit is not served. A writer or an administrator sees why."
    assert {role: body["spaces"][OWN]["error"] for role, body in ready.items()} == {
        Role.AGENT: hidden,
        Role.WRITER: told,
        Role.LEAD: hidden,
        Role.AUDITOR: hidden,
        Role.ADMIN: told,
    }


def test_the_command_line_asks_the_space_it_names(
    spaces: TwoSpaces, models: Models, kb: "Callable[..., CompletedProcess[str]]"
) -> None:
    """`--space`, for every command that reads articles; without it and with several, a sentence that lists them."""
    config = str(spaces.root / "spaces.yml")

    asked = kb("search", "lost card", "--space", OWN, KB_CONFIG=config)

    assert "lost-own" in asked.stdout
    with pytest.raises(SettingsError, match=r"none is `default`\. Name one of acme, zenith with --space"):
        open_space(spaces.settings, models)
    with pytest.raises(SettingsError, match=r"and so does KB_REPO or its option\. Unset one"):
        spaces_of(read_settings(config=config, repo="."))


def test_every_problem_of_a_spaces_file_is_said_with_its_line(tmp_path: Path) -> None:
    """An operator corrects it in one round."""
    path = tmp_path / "spaces.yml"
    path.write_text(
        "spaces:\n  acme:\n    repo: a\n    foldr: x\n    origins: [https://a.example/path]\n"
        "  Bad_Name: {repo: b}\n  other: {ref: main}\n  more:\n    repo: c\n    hook_secret: KB_SECRET\n"
    )

    with pytest.raises(SettingsError) as wrong:
        read_spaces(path)

    assert str(wrong.value).split("\n") == [
        f"{path}:4: 'foldr' is no key. Did you mean 'folder'? Known: repo, ref, folder, taxonomy, hook_secret, origins, "
        "requests_per_minute.",
        f"{path}:5: spaces.acme.origins.0 is 'https://a.example/path'; expected an origin such as https://example.zendesk.com "
        "or https://*.example.com, without a path.",
        f"{path}:6: 'Bad_Name' is no name of a space; expected a-z, 0-9, -, as in acme-us.",
        f"{path}:7: spaces.other.repo is missing. Add it.",
        f"{path}:10: spaces.more.hook_secret is 'KB_SECRET'; expected the name of an environment variable that does not begin "
        "with KB_, as in ACME_HOOK_SECRET.",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no space"),
        ("spaces: {}", "there is no space"),
        ("spaces: []", "Input should be a valid dictionary"),
        ("spaces: {a: {repo: x}}\nspace: {}", "'space' is no key. Did you mean 'spaces'?"),
        ("spaces: [", "this is not YAML"),
    ],
)
def test_a_file_that_is_no_spaces_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Nothing is guessed."""
    (tmp_path / "spaces.yml").write_text(text)

    with pytest.raises(SettingsError, match=re.escape(message)):
        read_spaces(tmp_path / "spaces.yml")


def test_paths_of_a_spaces_file_are_relative_to_it(tmp_path: Path) -> None:
    """Wherever the service is started; an address stays one."""
    (tmp_path / "repo").mkdir()
    path = tmp_path / "spaces.yml"
    path.write_text("spaces:\n  near: {repo: repo, taxonomy: near.yml}\n  far: {repo: 'https://git.example.com/far.git'}\n")

    read = read_spaces(path)

    assert (read["near"].repo, read["near"].taxonomy) == (str(tmp_path / "repo"), str(tmp_path / "near.yml"))
    assert read["far"].repo == "https://git.example.com/far.git"


def test_without_a_name_the_only_space_is_meant(tmp_path: Path) -> None:
    """One space needs no option."""
    path = tmp_path / "spaces.yml"
    path.write_text("spaces: {only: {repo: repo}}")

    assert chosen(read_spaces(path), None) == "only"
    with pytest.raises(SettingsError, match=r"There is no space 'onli'. Did you mean 'only'\?"):
        chosen(read_spaces(path), "onli")


def test_the_demo_reader_may_see_every_space_of_its_machine(spaces: TwoSpaces) -> None:
    """`kb serve` with KB_CONFIG and without tokens stays a demo of all of them; LOOPBACK alone names the default one."""
    assert LOOPBACK.spaces == frozenset({"default"})
    assert read_settings(config=spaces.root / "spaces.yml").config is not None
