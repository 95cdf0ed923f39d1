"""The models and the translator: opened, and loaded beside whatever else a start does.

Reading a graph or a model's words and starting a translator need no turn of the interpreter: a start that begins with them has
them done by the time it has imported the rest.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from threading import Thread
from time import monotonic, process_time, sleep
from typing import Any, Final

from api.data_folder import own_data_folder
from api.memory import give_back
from api.settings import Settings
from retriever.apertium import BUDGET, Apertium
from retriever.apertium_stages import Aside
from retriever.dictionaries import Dictionaries
from retriever.errors import ModelError
from retriever.language import language_of
from retriever.language import warm as warm_language
from retriever.leg import SOURCE_LANGUAGE
from retriever.model_store import open_model, open_reranker
from retriever.place_words import warm as warm_places
from retriever.reranker import Reranker
from retriever.snapshot import Models
from retriever.translator import NoTranslator, Translator

MOMENT: Final = 0.5  # seconds
LEISURE: Final = 0.1  # of a processor; a question takes more of any moment, also of one that it shares with other work
LONGEST_REST: Final = 5.0  # seconds
PATIENCE: Final = 10.0  # seconds for which questions without a pause can put it off


def open_models(
    settings: Settings, announce: Callable[[str], None] | None = None, *, translator: Translator | None = None
) -> Models:
    """Both models and the reranker, prepared on this machine if they are not yet, and the translator. Raises ModelError.

    translator: a service's, for which nobody waits as long as a command does.
    """
    own_data_folder(settings.data_dir)
    folder = settings.models_folder
    return Models(
        english=open_model(settings.english_model, folder, threads=settings.threads, announce=announce),
        multilingual=open_model(settings.multilingual_model, folder, threads=settings.threads, announce=announce),
        translator=translator or open_translator(settings),
        reranker=reranker_of(settings, announce),
        dictionaries=Dictionaries(folder / "dictionaries"),
    )


def reranker_of(settings: Settings, announce: Callable[[str], None] | None = None) -> Reranker | None:
    """The cross-encoder that KB_RERANKER names, prepared if it is not yet; None without one. Raises ModelError."""
    if settings.reranker is None:
        return None
    model = open_reranker(settings.reranker, settings.models_folder, threads=settings.threads, announce=announce)
    return Reranker(model, settings.reranker_milliseconds / 1000, settings.reranked_languages)


def open_translator(settings: Settings, within: float = BUDGET, aside: Aside = nullcontext) -> Translator:
    """Apertium where it is installed and wanted; it starts at the first question that needs it, or when it is loaded.

    within: seconds that one question waits for it. aside: see Apertium.
    """
    wanted = settings.translator == "apertium"
    return Apertium(budget=within, aside=aside) if wanted and Apertium.installed() else NoTranslator()


def translation_notice(settings: Settings, models: Models) -> str | None:
    """What to say once where questions should be translated and cannot be."""
    if settings.translator == "none" or models.translator.name != NoTranslator.name:
        return None
    return (
        "Apertium is not installed, so Spanish questions are searched as they stand, which finds less. "
        "Install the system package apertium-eng-spa, or set KB_TRANSLATOR=none to stop this notice."
    )


def load_for_service(models: Models) -> "Future[Any]":
    """Load the English model, which most first questions wait for. Returns at once; the result raises ModelError."""
    beside = ThreadPoolExecutor(1, thread_name_prefix="load")
    english = beside.submit(models.english.query, "warm")
    beside.shutdown(wait=False)
    return english


def load_for_question(models: Models, text: str) -> None:
    """Load what this one question waits for, all at once. Returns soon. What cannot be loaded is told by the question."""
    beside = ThreadPoolExecutor(3, thread_name_prefix="load")
    beside.submit(models.english.query, "warm")
    if language_of(text) != SOURCE_LANGUAGE:
        beside.submit(models.multilingual.query, "warm")
        beside.submit(models.translator.start)
    beside.shutdown(wait=False)


def load_later(models: Models, places: Sequence[Iterable[str]], then: Callable[[], None]) -> None:
    """Load the rest once the first questions are answered, which wait for a core and for the interpreter. Returns at once.

    A question that needs some of it before loads that itself. places: of each space. then: what may wait until all is loaded.
    """
    Thread(target=_load_rest, args=(models, places, then), name="load", daemon=True).start()


def _load_rest(models: Models, places: Sequence[Iterable[str]], then: Callable[[], None]) -> None:
    """What cannot be loaded fails again, and is told, when a question needs it; the others are loaded all the same."""
    _wait_for_leisure()
    try:
        with suppress(ModelError):
            models.multilingual.query("warm")
        models.translator.start()
        with suppress(ModelError):
            if models.reranker:
                models.reranker.model.warm()
        _in_turns(warm_language())
        for its in places:
            warm_places(its)
        _in_turns(models.dictionaries.warm())  # last: where they are made, they take seconds
        give_back()
    finally:
        then()


def _in_turns(steps: Iterable[None]) -> None:
    """Take the steps, and let questions have the interpreter for as long after each one.

    No question runs during most of a step. Where others want the processor too, a step takes many seconds, and a question that
    has waited for one would get half a millisecond before the next.
    """
    begun = monotonic()
    for _ in steps:
        sleep(min(monotonic() - begun, LONGEST_REST))
        begun = monotonic()


def _wait_for_leisure() -> None:
    """Until the process has done next to nothing for a moment: whoever waited for its address has an answer."""
    until = monotonic() + PATIENCE
    used = process_time()
    while monotonic() < until:
        sleep(MOMENT)
        before, used = used, process_time()
        if used - before < LEISURE * MOMENT:
            return
