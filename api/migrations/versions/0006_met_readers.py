"""Whom each space has met. Scores of drills are events from now on; those of before, in a table that anyone could edit, go."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the one table, drop the other."""
    op.create_table(
        "met_readers",
        sa.Column("space", sa.String(200), primary_key=True),
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("tier", sa.Integer),
        sa.Column("teams", sa.Text, nullable=False),
        sa.Column("lang", sa.String(35)),
        sa.Column("at", sa.String(27), nullable=False),
    )
    op.drop_table("drill_results")
