"""The one place where the floors are put together."""

from collections.abc import Callable

from api.guidance import Guidance
from api.live import LiveSpace
from api.settings import Settings
from api.space import DEFAULT, SILENT, Source, Space, Watch, outside_taxonomy
from retriever.model_store import open_model
from retriever.snapshot import Models


def open_models(settings: Settings, announce: Callable[[str], None] | None = None) -> Models:
    """Both models, prepared on this machine if they are not yet. Raises ModelError."""
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
