"""Keys that this install makes for itself: 256 random bits in a file that its owner alone can read."""

import os
import secrets
from pathlib import Path
from typing import Final

from api.settings import SettingsError

_BYTES: Final = 32


def own_key(path: Path) -> bytes:
    """The key in the file, which is made at the first use. Raises SettingsError."""
    try:
        if not path.exists():
            _write(path)
        key = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: a key cannot be kept: {error.strerror}. Correct KB_DATA_DIR.") from None
    if len(key) != _BYTES:
        raise SettingsError(f"{path} has {len(key)} bytes; expected {_BYTES}. Delete it; a new one is made.")
    return key


def _write(path: Path) -> None:
    """Whole or not at all, also where several workers start at once: the first one's key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(_BYTES))
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
