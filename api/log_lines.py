"""What is written to the log: never a secret, wherever a line comes from."""

import logging
from collections.abc import MutableMapping
from typing import Any

from kb.redaction import redact


def without_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: every text of the event, also a traceback that was written out before, without its secrets."""
    return {name: redact(value).text if isinstance(value, str) else value for name, value in event.items()}


class LineWithoutSecrets(logging.Formatter):
    """The same for lines of libraries that log by the standard library, with their tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole line as it would be written, redacted."""
        return redact(super().format(record)).text
