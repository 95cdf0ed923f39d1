"""A token's language, and the origins for which it may open sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Tokens made before have neither: no language of their own, and no sessions."""
    op.add_column("tokens", sa.Column("lang", sa.String(35)))
    op.add_column("tokens", sa.Column("origins", sa.Text, nullable=False, server_default="[]"))
