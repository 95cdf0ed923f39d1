"""`kb settings`."""

import typer

from api.settings import PREFIX, Settings, read_settings


def settings() -> None:
    """List every setting: its name, its value now, and what it is for."""
    now = read_settings()
    for name, entry in Settings.model_fields.items():
        value = getattr(now, name)
        typer.echo(f"{PREFIX}{name.upper()}={'' if value is None else value}")
        typer.echo(f"    {entry.description}")
