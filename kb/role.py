"""What a reader is here for. `kb.yml` names roles, and the doors of the service ask for them."""

from enum import StrEnum


class Role(StrEnum):
    """One of five; nobody inherits from another."""

    AGENT = "agent"
    WRITER = "writer"
    LEAD = "lead"
    AUDITOR = "auditor"
    ADMIN = "admin"
