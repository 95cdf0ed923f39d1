"""Who has read and acknowledged which version of which article, as the events tell."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table, and fill it from the events that are there."""
    readings = op.create_table(
        "readings",
        sa.Column("space", sa.String(200), primary_key=True),
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("article", sa.String(200), primary_key=True),
        sa.Column("version", sa.String(64), primary_key=True),
        sa.Column("read_at", sa.String(27)),
        sa.Column("acknowledged_at", sa.String(27)),
    )
    op.create_index("readings_by_article", "readings", ["space", "article", "version"])
    rows: dict[tuple[str, str, str, str], dict[str, str | None]] = {}
    events = sa.text(
        "SELECT space, at, kind, reader, body FROM events WHERE kind IN ('opened', 'acknowledged') ORDER BY space, seq"
    )
    for space, at, kind, reader, body in op.get_bind().execute(events):
        facts = json.loads(body)
        if "blob" in facts or not facts.get("commit") or not facts.get("article"):
            continue  # what the service wrote itself named the snapshot's commit, not the article's
        row = rows.setdefault(
            (space, reader, facts["article"][:200], facts["commit"]), {"read_at": None, "acknowledged_at": None}
        )
        if kind == "opened":
            row["read_at"] = at
        elif row["acknowledged_at"] is None:
            row["acknowledged_at"] = at
    if rows:
        names = ("space", "reader", "article", "version")
        op.bulk_insert(readings, [{**dict(zip(names, key, strict=True)), **row} for key, row in rows.items()])
