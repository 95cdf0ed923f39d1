"""What the service fetches itself: never from inside, unless the operator named the host."""

import socket
from threading import Thread
from typing import Any

import pytest

from api.outbound import LARGEST, OutboundError, fetch, is_public, post
from tests.doors import as_answer, served


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "::1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "0.0.0.1", "100.64.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
        "2002:7f00:1::", "64:ff9b::a9fe:a9fe", "224.0.0.1", "ff02::1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
        "198.18.0.1", "::",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_internet_are_not_public(address: str) -> None:
    """Private, loopback, link-local (where clouds keep credentials), shared, reserved, and each hidden inside of IPv6."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    """The neighbours of the ranges too."""
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/keys", "https://localhost/keys", "https://[::1]/keys", "https://2130706433/keys", "https://0x7f000001/",
        "https://127.1/keys", "https://0/keys", "https://[::ffff:127.0.0.1]/", "http://example.com/keys", "file:///etc/passwd",
        "ftp://example.com/", "https://user:pw@example.com/", "https://", "https://example.com:99999/", "gopher://x", "",
        "https://[::1", "https://a\u2100.example/",
    ],
)  # fmt: skip
def test_what_leads_inside_or_is_no_https_is_not_fetched(url: str) -> None:
    """However the address is written."""
    with pytest.raises(OutboundError):
        fetch(url)


def test_a_host_that_the_operator_named_may_lie_inside() -> None:
    """A provider in the same network, even without TLS."""
    with served(lambda _path: as_answer({"keys": []})) as (address, _asked):
        assert fetch(f"{address}/keys", ["127.0.0.1"]) == b'{"keys": []}'
        with pytest.raises(OutboundError):
            fetch(f"{address}/keys", ["10.0.0.1"])


def test_a_redirect_is_not_followed() -> None:
    """Where it leads was never checked."""
    with served(lambda _path: (302, {"Location": "/inside"}, b"")) as (address, asked):
        with pytest.raises(OutboundError, match="answered 302"):
            fetch(f"{address}/first", ["127.0.0.1"])

        assert asked == ["/first"]


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the name is resolved once, and the connection goes to that answer."""
    lookups: list[str] = []
    connected: list[tuple[str, int]] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        lookups.append(host)
        return [(0, 0, 0, "", ("8.8.8.8" if len(lookups) == 1 else "127.0.0.1", port))]

    def connect(place: tuple[str, int], *_: Any) -> socket.socket:
        connected.append(place)
        raise ConnectionRefusedError("no Internet in a test")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)

    with pytest.raises(OutboundError):
        fetch("https://rebinding.example.com/keys")
    assert (lookups, connected) == (["rebinding.example.com"], [("8.8.8.8", 443)])


def test_a_name_with_one_address_inside_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the first answer counts, but every one."""
    both = [(0, 0, 0, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)

    with pytest.raises(OutboundError, match=r"leads to 10\.0\.0\.1"):
        fetch("https://mixed.example.com/keys")


@pytest.mark.parametrize("ending", [" # slack", "\x7f", "é"])
def test_no_error_names_the_path_of_a_webhook(ending: str) -> None:
    """It is the secret, and errors go into the log and the database."""
    with served(lambda _path: (200, {}, b"")) as (address, asked), pytest.raises(OutboundError) as caught:
        post(f"{address}/services/T0/SECRET{ending}", b"{}", {}, ["127.0.0.1"])

    assert "its path has a space" in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert asked == []


def test_no_error_names_what_was_answered_instead_of_http() -> None:
    """A server may send the request's own line back."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=_echo, args=(listening,)).start()
        with pytest.raises(OutboundError, match="does not answer as HTTP: BadStatusLine") as caught:
            post(f"http://127.0.0.1:{listening.getsockname()[1]}/SECRET", b"{}", {}, ["127.0.0.1"])

    assert "SECRET" not in str(caught.value)


def _echo(listening: socket.socket) -> None:
    """Answer one connection with what it said first."""
    connection, _ = listening.accept()
    with connection:
        connection.sendall(connection.recv(1000))


def test_an_answer_without_end_is_cut_off() -> None:
    """A megabyte is a thousand keys."""
    with (
        served(lambda _path: (200, {}, b"x" * (LARGEST + 1))) as (address, _asked),
        pytest.raises(OutboundError, match="more than"),
    ):
        fetch(f"{address}/keys", ["127.0.0.1"])
