"""Where the log of a command goes: standard error, so that what a program reads from standard output stays clean."""

import logging
import sys
from typing import TextIO, cast

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.typing import Processor

from api.cli.progress import BesideBars, console
from api.log_lines import LineWithoutSecrets, LogStream, without_secrets


def log_for_people() -> None:
    """Warnings and worse, for who waits for a command's answer."""
    _log(logging.WARNING, ConsoleRenderer(colors=console.is_terminal, exception_formatter=plain_traceback))


def log_as_json() -> None:
    """Everything, for programs that read the log of a service."""
    _log(logging.NOTSET, structlog.processors.JSONRenderer())


def _log(level: int, renderer: Processor) -> None:
    stream = LogStream(BesideBars() if console.is_terminal else sys.stderr)  # one for both, so that their lines stay apart
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            without_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, stream)),
    )
    lines = logging.StreamHandler(stream)
    lines.setFormatter(LineWithoutSecrets(logging.BASIC_FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[lines], force=True)
