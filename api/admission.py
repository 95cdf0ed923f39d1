"""The one door: every request gets its reader here, and is refused here if its role may not do what it asks."""

from typing import Annotated, Final

from fastapi import Depends, Request

from api.access import Action, action_of, may
from api.events.event import SERVICE
from api.events.records import Records
from api.guidance import NotGrantedError
from api.reader import Credentials, NotAuthenticatedError, Reader, Readers

_SCHEME: Final = "bearer "


def admitted(request: Request) -> Reader | None:
    """The reader of the request; None where anyone may come. Raises NotAuthenticatedError, NotGrantedError or UnlistedError.

    The app asks it before every endpoint, so that none can forget to.
    """
    action = action_of(request.method, request.scope["route"].path)
    if action is Action.ANYONE:
        return None
    readers: Readers = request.app.state.readers
    reader = readers.recognise(credentials_of(request))
    if not may(reader.role, action):
        records: Records | None = request.app.state.records
        if records:
            records.denied(SERVICE, reader, action.value)
        raise NotGrantedError(f"The role {reader.role.value!r} may not do this ({action.value}). Ask for another role.")
    return reader


def greeted(request: Request) -> Reader | None:
    """The reader of a request that anyone may send; None if it names none. Raises NotAuthenticatedError for a wrong name."""
    readers: Readers = request.app.state.readers
    credentials = credentials_of(request)
    return None if credentials.bearer is None and not readers.loopback_only else readers.recognise(credentials)


def credentials_of(request: Request) -> Credentials:
    """What the request says of its sender. Raises NotAuthenticatedError if it says it in a way that is not known."""
    given = request.headers.getlist("authorization")
    if len(given) > 1 or (given and not given[0].lower().startswith(_SCHEME)):
        raise NotAuthenticatedError("Expected one header `Authorization: Bearer TOKEN`.")
    return Credentials(given[0][len(_SCHEME) :].strip() if given else None, request.headers.get("origin"))


def _reader(reader: Annotated[Reader | None, Depends(admitted)]) -> Reader:
    if reader is None:
        raise NotAuthenticatedError("This endpoint is open to anyone and has no reader.")
    return reader


ReaderDep = Annotated[Reader, Depends(_reader)]
GuestDep = Annotated[Reader | None, Depends(greeted)]
