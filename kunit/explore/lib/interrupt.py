# SPDX-License-Identifier: GPL-2.0-only
"""Somebody who presses Ctrl-C, or asks it to end, leaves no kernel and no folder behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def kernels_in(folder):
    """Processes that were started with files of the folder: pid -> file; a kernel has several."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            for word in path.read_bytes().decode(errors="replace").split("\0"):
                if word.startswith(f"initrd={folder}/"):
                    found[int(path.parent.name)] = word
        except OSError:
            pass
    return found


def until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def hear_signals():
    """A shell that puts us into the background has us ignore Ctrl-C, and all that we start."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def problem(program, by):
    """Empty, or what is wrong when the program gets a signal while its kernels run."""
    with tempfile.TemporaryDirectory(prefix="cxla-interrupt-") as folder:
        with subprocess.Popen([sys.executable, str(program), "--seconds", "600", "--jobs", "2"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env=os.environ | {"TMPDIR": folder}, start_new_session=True,
                              preexec_fn=hear_signals) as child:
            # the first one alone tells which worlds there are
            started = until(lambda: len(set(kernels_in(folder).values())) == 2 or child.poll() is not None, 300)
            child.send_signal(by)
            try:
                child.wait(60)
                ended = True
            except subprocess.TimeoutExpired:
                child.kill()
                ended = False
            left = kernels_in(folder)
            for pid in left:
                os.kill(pid, signal.SIGKILL)
        if not ended:
            return "it did not end within a minute"
        if not started or child.returncode != 130:
            return f"exit status {child.returncode}, not 130"
        if left:
            return f"{len(left)} processes are left"
        return ", ".join(path.name for path in Path(folder).iterdir())
