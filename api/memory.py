"""What the process holds in memory that nothing uses any more: when it is looked for, and given back."""

import gc
from contextlib import suppress
from typing import Final

USUAL: Final = gc.get_threshold()
SELDOM: Final = 50_000  # new objects; a start makes half a million that stay, and looks through them after every 700


def collect_seldom() -> None:
    """Look for what is not used any more less often: a start takes 0.2 s less of the processor."""
    gc.set_threshold(SELDOM, *USUAL[1:])


def freeze() -> None:
    """What is loaded now stays: looking through it again and again would slow every update down by half a second."""
    gc.freeze()
    gc.set_threshold(*USUAL)


def give_back() -> None:
    """Return what the C library keeps to the system: after models, dictionaries and an index a tenth of what the service holds.

    Takes some 20 ms, during which questions are answered. Where the C library has no such call, nothing is done.
    """
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
