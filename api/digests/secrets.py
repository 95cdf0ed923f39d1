"""What a channel's secret names stand for: variables of the environment that belong to one space alone."""

import os
from pathlib import Path

from api.digests.notifier import DeliveryError


def secret(space: str, name: str) -> str:
    """The value of `DIGEST_SPACE__NAME`, or of the file that `DIGEST_SPACE__NAME_FILE` names. Raises DeliveryError.

    The space is part of the name, so that a writer of one client company can name no secret of another one.
    """
    variable = f"DIGEST_{space.upper().replace('-', '_')}__{name}"
    if file := os.environ.get(f"{variable}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise DeliveryError(f"{variable}_FILE names a file that cannot be read. Correct the path or its rights.") from None
    value = os.environ.get(variable, "").strip()
    if not value:
        raise DeliveryError(f"{variable} is not set. Set it, or {variable}_FILE, for the service.")
    return value
