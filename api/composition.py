"""The one place where the floors are put together."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from api.guidance import Guidance
from api.live import LiveSpace
from api.settings import Settings, SettingsError
from api.space import DEFAULT, SILENT, Source, Space, Watch, outside_taxonomy
from retriever.language import warm as warm_language
from retriever.model_store import open_model
from retriever.snapshot import Models

if TYPE_CHECKING:
    from api.database import Database


def _own_data_folder(folder: Path) -> None:
    """Make the data folder, and let git ignore it: it lies in the writer's repository and holds 150 MB of models."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / ".gitignore").exists():
            (folder / ".gitignore").write_text("*\n")
    except OSError as error:
        raise SettingsError(f"KB_DATA_DIR is {folder}: it cannot be written: {error.strerror}. Choose another.") from None


def open_models(settings: Settings, announce: Callable[[str], None] | None = None) -> Models:
    """Both models, prepared on this machine if they are not yet. Raises ModelError."""
    _own_data_folder(settings.data_dir)
    folder = settings.models_folder
    return Models(
        english=open_model(settings.english_model, folder, threads=settings.threads, announce=announce),
        multilingual=open_model(settings.multilingual_model, folder, threads=settings.threads, announce=announce),
    )


def source_of(settings: Settings) -> Source:
    """Where the articles come from. A kb.yml outside speaks for the whole repository unless a folder is named too."""
    return Source(settings.repo, settings.ref, settings.folder, outside_taxonomy(settings.taxonomy))


def open_space(settings: Settings, models: Models) -> Space:
    """The default space."""
    return Space(DEFAULT, source_of(settings), settings.data_dir, models)


def open_guidance(settings: Settings, models: Models, watch: Watch = SILENT) -> Guidance:
    """The service's use cases over the default space, which is published or found published. Raises what keeps it from that."""
    live = LiveSpace(open_space(settings, models), refresh_seconds=settings.refresh_seconds)
    live.start(watch)
    return Guidance({DEFAULT: live}, models)


def open_database(settings: Settings) -> "Database":
    """The database of events and tokens, brought up to date. Raises StoreError."""
    from api.database import Database  # SQLAlchemy takes 0.3 s to import, which `kb search` should not pay

    _own_data_folder(settings.data_dir)
    return Database(settings.database_url)


def warm(models: Models) -> None:
    """Load what the first question would wait for: the English model now, the multilingual one beside the first questions."""
    models.english.query("warm")
    warm_language()
    Thread(target=models.multilingual.query, args=("warm",), daemon=True).start()
