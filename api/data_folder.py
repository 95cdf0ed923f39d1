"""The folder of everything that the service keeps."""

from pathlib import Path

from api.settings import SettingsError


def own_data_folder(folder: Path) -> None:
    """Make the data folder, and let git ignore it: it lies in the writer's repository and holds 150 MB of models."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / ".gitignore").exists():
            (folder / ".gitignore").write_text("*\n")
    except OSError as error:
        raise SettingsError(f"KB_DATA_DIR is {folder}: it cannot be written: {error.strerror}. Choose another.") from None
