"""Under which secrets the keys of tickets are kept. Keys of before stay a plain SHA-256, which the words' commitment covers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Each secret by an id that tells nothing of it."""
    op.create_table(
        "ticket_secrets",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("first_used_at", sa.String(27), nullable=False),
    )
