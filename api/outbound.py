"""What this service fetches and sends itself over HTTP: with hosts with public addresses only, unless the operator names them.

The name is resolved once, every address is checked, and the connection goes to a checked address: a name that answers
differently the second time changes nothing. Redirects are not followed.
"""

import socket
import ssl
from collections.abc import Collection, Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection, InvalidURL
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

SECONDS: Final = 5.0  # to connect, and for each read
LARGEST: Final = 1_000_000  # bytes of an answer
_NAT64: Final = ip_network("64:ff9b::/96")  # holds any IPv4 address, private ones too


class OutboundError(Exception):
    """A URL that is not fetched, or could not be. The message says which, without any part of an answer."""


def fetch(url: str, private_hosts: Collection[str] = ()) -> bytes:
    """What is at the URL. private_hosts: names that may lead into a private network, and be asked without TLS.

    Raises OutboundError.
    """
    status, _, body, shown = _exchanged("GET", url, private_hosts, {"Accept": "application/json"})
    if status != HTTPStatus.OK:
        raise OutboundError(f"{shown} answered {status}; expected 200. Redirects are not followed.")
    if len(body) > LARGEST:
        raise OutboundError(f"{shown} has more than {LARGEST:,} bytes.")
    return body


def post(url: str, content: bytes, headers: Mapping[str, str], private_hosts: Collection[str] = ()) -> tuple[int, str | None]:
    """Send it: the status of the answer, and what it says of when to try again. private_hosts: as for `fetch`.

    Raises OutboundError. Its message, unlike that of `fetch`, names the host alone: the path of a chat's webhook is a secret.
    """
    status, after, _, _ = _exchanged("POST", url, private_hosts, headers, content)
    return status, after


def _exchanged(
    method: str, url: str, private_hosts: Collection[str], headers: Mapping[str, str], content: bytes | None = None
) -> tuple[int, str | None, bytes, str]:
    """One request and its answer: status, Retry-After, body, and how the URL may be shown."""
    parts, address = checked(url, private_hosts)
    shown = f"{parts.scheme}://{parts.netloc}{parts.path if content is None else ''}"
    connection = _connected(parts, address)
    try:
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request(method, target, body=content, headers={"User-Agent": "fingerpost", **headers})
        response = connection.getresponse()
        return response.status, response.getheader("Retry-After"), response.read(LARGEST + 1), shown
    except (InvalidURL, UnicodeError):  # whose texts hold the path
        raise OutboundError(f"{shown} cannot be asked: its path has a space, a control character or no ASCII.") from None
    except OSError as error:
        raise OutboundError(f"{shown} cannot be reached: {str(error) or type(error).__name__}.") from None
    except HTTPException as error:  # whose text may hold a part of the answer, and that the path
        raise OutboundError(f"{shown} does not answer as HTTP: {type(error).__name__}.") from None
    finally:
        connection.close()


def checked(url: str, private_hosts: Collection[str] = ()) -> tuple[SplitResult, str]:
    """The parts of the URL, and the address to connect to. Raises OutboundError for one that may not be fetched."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise OutboundError(f"That is no URL: {error}.") from None
    named = host is not None and host.lower() in {name.lower() for name in private_hosts}
    if not host or parts.username is not None or parts.scheme not in (("https", "http") if named else ("https",)):
        raise OutboundError("Only https URLs without a user are fetched; a host of KB_PRIVATE_HOSTS may do without TLS.")
    addresses = _resolved(host, port or (443 if parts.scheme == "https" else 80))
    refused = [] if named else [address for address in addresses if not is_public(address)]
    if refused:
        raise OutboundError(f"{host} leads to {refused[0]}, no public address. If it is meant, name it in KB_PRIVATE_HOSTS.")
    return parts, addresses[0]


def is_public(address: str) -> bool:
    """Whether the address is one of the Internet: neither private, loopback, link-local, shared, multicast nor reserved."""
    parsed = ip_address(address.partition("%")[0])
    if parsed in _NAT64:
        return False
    inner = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None) or parsed
    return bool(parsed.is_global and inner.is_global) and not (parsed.is_multicast or parsed.is_reserved)


def _resolved(host: str, port: int) -> list[str]:
    try:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise OutboundError(f"{host} cannot be resolved: {error}.") from None


def _connected(parts: SplitResult, address: str) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "http":
        connection = HTTPConnection(host, parts.port, timeout=SECONDS)
    else:
        connection = HTTPSConnection(host, parts.port, timeout=SECONDS, context=ssl.create_default_context())
    pinned = _Pinned(address)
    connection._create_connection = pinned  # type: ignore[attr-defined]  # TLS still checks the certificate for the host's name
    return connection


class _Pinned:
    """Connects to one address, whatever the name says by now."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __call__(self, place: tuple[str, int], timeout: float, source: tuple[str, int] | None = None) -> socket.socket:
        return socket.create_connection((self._address, place[1]), timeout, source)
