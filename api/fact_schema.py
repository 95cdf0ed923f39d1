"""The wire of a changed fact."""

from pydantic import BaseModel


class FactOut(BaseModel):
    """One fact before and after, as each text writes it; null where it did not stand."""

    kind: str
    old: str | None
    new: str | None
    heading: list[str]
