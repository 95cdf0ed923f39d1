"""Tokens, the events of each space in their chain, and where feedback stands."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("spaces", sa.Text, nullable=False),
        sa.Column("tier", sa.Integer),
        sa.Column("teams", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27)),
        sa.Column("revoked_at", sa.String(27)),
        sa.Column("last_used_at", sa.String(27)),
        sa.Column("created_by", sa.Text, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("space", sa.String(200), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(26), nullable=False, unique=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("receipt", sa.String(26)),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("commitment", sa.String(64)),
        sa.Column("words", sa.Text),
        sa.Column("salt", sa.String(64)),
        sa.Column("ticket", sa.String(64)),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("events_by_receipt", "events", ["space", "receipt"])
    op.create_index("events_by_ticket", "events", ["space", "ticket"])
    op.create_index("events_by_kind", "events", ["space", "kind", "seq"])
    op.create_index("events_by_moment", "events", ["space", "at"])
    op.create_table(
        "chains",
        sa.Column("space", sa.String(200), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("space", sa.String(200), nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("receipt", sa.String(26)),
        sa.Column("article", sa.Text),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("assignee", sa.Text),
        sa.Column("commit", sa.String(64)),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
    )
    op.create_index("feedback_by_state", "feedback", ["space", "state", "id"])
    op.create_index("feedback_by_reader", "feedback", ["space", "reader", "id"])
