"""A time zone as people name it."""

from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected an IANA time zone such as America/Mexico_City") from None
    return name


ZoneName: TypeAlias = Annotated[str, AfterValidator(_known_zone)]
