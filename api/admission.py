"""The one door: every request gets its reader here, and is refused here if its role may not do what it asks."""

import base64
import binascii
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from api.access import Action, action_of, is_linked, may
from api.events.event import SERVICE
from api.events.records import Records
from api.guidance import NotGrantedError
from api.rate import Rates
from api.reader import Credentials, NotAuthenticatedError, Reader, Readers

_SCHEME: Final = "bearer "
_BASIC: Final = "basic "


async def admitted(request: Request) -> Reader | None:
    """The reader of the request; None where anyone may come. Raises NotAuthenticatedError, NotGrantedError or UnlistedError.

    The app asks it before every endpoint, so that none can forget to.
    """
    action = action_of(request.method, request.scope["route"].path)
    if action is Action.ANYONE:
        return None
    readers: Readers = request.app.state.readers
    if readers.loopback_only:  # nobody is looked up, so no thread has to wait for it
        return _admitted(request, action)
    return await run_in_threadpool(_admitted, request, action)


def _admitted(request: Request, action: Action) -> Reader:
    reader = _recognised(request)
    if not may(reader.role, action):
        records: Records | None = request.app.state.records
        if records:
            records.denied(SERVICE, reader, action.value)
        raise NotGrantedError(f"The role {reader.role.value!r} may not do this ({action.value}). Ask for another role.")
    return reader


def greeted(request: Request) -> Reader | None:
    """The reader of a request that anyone may send; None if it names none. Raises NotAuthenticatedError for a wrong name."""
    readers: Readers = request.app.state.readers
    return None if "authorization" not in request.headers and not readers.loopback_only else _recognised(request)


def _recognised(request: Request) -> Reader:
    """The reader, whose request is counted; so is one in which nobody is recognised. Raises TooManyError too."""
    readers: Readers = request.app.state.readers
    rates: Rates | None = request.app.state.rates
    try:
        reader = readers.recognise(credentials_of(request))
    except NotAuthenticatedError:
        if rates is not None and ("authorization" in request.headers or not by_link(request)):  # a click guesses nothing
            rates.failed(request.client.host if request.client else "")
        raise
    if rates is not None:
        rates.asked(reader)
    request.state.reader = reader
    return reader


def by_link(request: Request) -> bool:
    """Whether it asks for what people open by a link and feed readers by an address."""
    route = request.scope.get("route")
    return route is not None and is_linked(request.method, route.path)


def credentials_of(request: Request) -> Credentials:
    """What the request says of its sender. Raises NotAuthenticatedError if it says it in a way that is not known."""
    given = request.headers.getlist("authorization")
    if len(given) == 1 and given[0].lower().startswith(_BASIC) and by_link(request):
        given = [f"{_SCHEME}{_password(given[0][len(_BASIC) :])}"]
    if len(given) > 1 or (given and not given[0].lower().startswith(_SCHEME)):
        raise NotAuthenticatedError("Expected one header `Authorization: Bearer TOKEN`.")
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host')}"
    own_page = request.headers.get("sec-fetch-site") == "same-origin" and origin in (None, own)
    return Credentials(given[0][len(_SCHEME) :].strip() if given else None, origin, own_page=own_page)


def _password(encoded: str) -> str:
    """The password of HTTP Basic, whatever the name beside it."""
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        raise NotAuthenticatedError("Expected a name and, as the password, a token.") from None


async def _reader(reader: Annotated[Reader | None, Depends(admitted)]) -> Reader:
    if reader is None:
        raise NotAuthenticatedError("This endpoint is open to anyone and has no reader.")
    return reader


ReaderDep = Annotated[Reader, Depends(_reader)]
GuestDep = Annotated[Reader | None, Depends(greeted)]
