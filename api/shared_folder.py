"""What the workers of one service share while they run: a folder in the data folder, gone when they end."""

import fcntl
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp

from api.data_folder import own_data_folder
from api.settings import SettingsError
from kb.file_lock import locked


def shared_folder(data_dir: Path) -> Path:
    """A new one, held until this process and all that come of it have ended. Raises SettingsError.

    What services left behind that were killed is removed; several may share the data folder.
    """
    own_data_folder(data_dir)
    parent = data_dir / "workers"
    try:
        parent.mkdir(exist_ok=True)
        with locked(parent / "lock"):
            for left in (each for each in parent.iterdir() if each.is_dir()):
                if (handle := _held(left)) is not None:
                    shutil.rmtree(left, ignore_errors=True)
                    os.close(handle)
            made = Path(mkdtemp(dir=parent))
            _held(made)  # and never let go: the system does, when the last process ends that has the handle
    except OSError as error:
        raise SettingsError(f"{parent}: cannot be made: {error.strerror}. Correct KB_DATA_DIR, or free some space.") from None
    return made


def _held(folder: Path) -> int | None:
    """The handle by which we hold the folder; None if another service does, or has removed it because it ends."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
