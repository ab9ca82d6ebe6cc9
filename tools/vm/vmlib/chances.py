# SPDX-License-Identifier: GPL-2.0-only
"""A machine that did not come to what it is booted for is booted again, from nothing: no file
of the first chance is there in the second."""

import contextlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import backing, machine, watch

# a scenario that has ended, neither passed nor skipped
FAILED = re.compile(r"^:: end \S+ (?!0 |77 )\d", re.M)


@dataclass
class Boot:
    """What one boot left. Its folders last as long as the context."""
    result: watch.Result
    output: str             # of the guest
    mem_dir: Path           # the devices' memory
    run_dir: Path           # console.log, output, trace.log, counters

    def shows_nothing_of_ours(self):
        """Why, or None. One that hangs before its first process has shown nothing, and one
        whose emulator lost a timer can't show anything more. What it has shown before counts."""
        if self.result.warnings or FAILED.search(self.output):
            return None
        if self.result.timed_out and not self.result.began:
            return "hung before its first process"
        return str(self.result) if self.result.lost_timer else None


@contextlib.contextmanager
def boot(shape, kernel, command, options, say, chances=2):
    """The first Boot that shows something, or the last one. say(text) hears why another one
    is needed. machine.EmulatorBug when the last one had one, MachineError at once."""
    for left in reversed(range(chances)):
        with tempfile.TemporaryDirectory(prefix="cxla-mem-", dir=backing.scratch()) as mem_dir, \
                tempfile.TemporaryDirectory(prefix="cxla-run-") as run_dir:
            output = bytearray()
            try:
                result = machine.run(shape, kernel, command, options, Path(mem_dir), Path(run_dir),
                                     watch.Progress(quiet=True), output.extend)
            except machine.EmulatorBug as error:
                if not left:
                    raise
                why = str(error)
            else:
                text = output.decode("utf-8", "replace").replace("\r", "")
                made = Boot(result, text, Path(mem_dir), Path(run_dir))
                why = made.shows_nothing_of_ours()
                if not left or not why:
                    yield made
                    return
        say(f"{why}; booted again")
