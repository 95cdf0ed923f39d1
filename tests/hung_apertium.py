"""The real Apertium with a stage that can be kept from starting, or stopped."""

import os
import signal
from pathlib import Path

from retriever.apertium import MODE, Apertium


class Gate:
    """A first stage that lets nothing through while it is shut, in the stages that are started from then on."""

    def __init__(self, folder: Path) -> None:
        self._shut = folder / "shut"
        program, self.mode = folder / "gate", folder / "gated.mode"
        program.write_text(f"#!/bin/sh\nwhile [ -e {self._shut} ]; do sleep 0.02; done\ncat\n")  # with a child of its own
        program.chmod(0o755)
        self.mode.write_text(f"{program} | {MODE.read_text(encoding='utf-8')}")

    def shut(self) -> None:
        """Let nothing through."""
        self._shut.touch()

    def open(self) -> None:
        """Let through what waits."""
        self._shut.unlink()


def hang(translator: Apertium) -> int:
    """Stop one stage, as a signal does that nobody sent on purpose. The number of its process group."""
    assert translator._pipeline is not None
    pids = [process.pid for process in translator._pipeline._processes]
    os.kill(pids[4], signal.SIGSTOP)
    return pids[0]
