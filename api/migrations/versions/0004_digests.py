"""Digests: how far each team was told, what it was told, what is on its way, who wants no more of it, and drills."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "digest_windows",
        sa.Column("space", sa.String(200), primary_key=True),
        sa.Column("team", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("until", sa.String(27), nullable=False),
        sa.Column("commit", sa.String(64), nullable=False),
    )
    op.create_table(
        "digests",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("space", sa.String(200), nullable=False),
        sa.Column("team", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("digests_by_team", "digests", ["space", "team", "until"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("digest", sa.String(26), nullable=False),
        sa.Column("space", sa.String(200), nullable=False),
        sa.Column("team", sa.String(200), nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.String(27), nullable=False),
        sa.Column("held_until", sa.String(27)),
        sa.Column("error", sa.Text),
        sa.Column("done_at", sa.String(27)),
    )
    op.create_index("deliveries_by_state", "deliveries", ["state", "next_at"])
    op.create_table(
        "departures",
        sa.Column("space", sa.String(200), primary_key=True),
        sa.Column("team", sa.String(200), primary_key=True),
        sa.Column("address", sa.String(254), primary_key=True),
        sa.Column("at", sa.String(27), nullable=False),
    )
    op.create_table(
        "drill_results",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("space", sa.String(200), nullable=False),
        sa.Column("team", sa.String(200), nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("article", sa.String(200), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("wrong", sa.Text, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
    )
    op.create_index("drill_results_by_team", "drill_results", ["space", "team", "article", "version"])
