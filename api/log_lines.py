"""What is written to the log: never a secret, wherever a line comes from; and never at the price of what it tells of."""

import logging
from collections.abc import MutableMapping
from contextlib import suppress
from io import TextIOBase
from threading import Lock, local
from typing import Any, TextIO

from kb.redaction import redact


def without_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: every text of the event, also a traceback that was written out before, without its secrets."""
    return {name: redact(value).text if isinstance(value, str) else value for name, value in event.items()}


class LineWithoutSecrets(logging.Formatter):
    """The same for lines of libraries that log by the standard library, with their tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole line as it would be written, redacted."""
        return redact(super().format(record)).text


class LogStream(TextIOBase):
    """A stream of whole lines, whichever threads write them in however many pieces.

    It loses a line which cannot be written: a log on a full disk must not end the updates it tells of.
    """

    def __init__(self, stream: TextIO | TextIOBase) -> None:
        self._stream = stream
        self._begun = local()  # by each thread: `print` writes a line and its end apart
        self._turn = Lock()

    def write(self, text: str) -> int:
        """See TextIOBase."""
        lines, end, begun = (getattr(self._begun, "text", "") + text).rpartition("\n")
        self._begun.text = begun
        if end:
            with self._turn, suppress(OSError):
                self._stream.write(lines + end)
        return len(text)

    def flush(self) -> None:
        """See TextIOBase."""
        with suppress(OSError):
            self._stream.flush()
