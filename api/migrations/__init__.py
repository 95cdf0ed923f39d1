"""The database's history, as alembic runs it at start. A script that was released is never changed."""
