"""What may go wrong while a model is converted, said in one way, whichever library noticed."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from retriever.errors import ModelError
from retriever.model_sources import ModelSource

_LITTLE: Final = 64 * 2**20  # bytes left on a disk that is full in practice
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def converting(source: ModelSource, folder: Path) -> Iterator[None]:
    """Turn what a conversion may raise into a ModelError; a full disk stays the OSError it is, whoever noticed it."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        if _is_full_disk(error, folder):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
        raise not_convertible(source, f"{type(error).__name__}: {str(error).strip()[:500]}") from error


def _is_full_disk(error: Exception, folder: Path) -> bool:
    """Each library has its own error for it: an OSError, a text (safetensors), or nothing of the kind (onnx)."""
    return (
        (isinstance(error, OSError) and error.errno in _NO_ROOM)
        or os.strerror(errno.ENOSPC) in str(error)
        or shutil.disk_usage(folder).free < _LITTLE
    )


def not_convertible(source: ModelSource, why: str) -> ModelError:
    """The error for a model that cannot be served, and what was expected of it."""
    return ModelError(
        f"{source.root}: cannot be converted to ONNX: {why}. Expected a sentence-transformers model that begins with a "
        "Transformer over text and has a fast tokenizer. Choose another model."
    )
