# SPDX-License-Identifier: GPL-2.0-only
"""What a command says on a terminal of 80 columns, and what a terminal then shows of it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

COLUMNS, ROWS = 80, 24
# back to the first column and clear to the end of the line: how progress is written over
AGAIN = "\r\033[K"
COLOUR = re.compile("\033\\[[0-9;]*m")


def run(command, environment, timeout):
    """Exit status, and all that the command wrote: its standard input, output and error are one terminal."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    said, end = b"", time.monotonic() + timeout
    with subprocess.Popen(command, env=environment, preexec_fn=lambda: os.login_tty(its)) as process:
        os.close(its)
        while process.poll() is None or select.select([ours], [], [], 0)[0]:
            if time.monotonic() > end:
                os.killpg(process.pid, signal.SIGKILL)
                break
            if not select.select([ours], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(ours, 65536)
            except OSError:     # nobody has the other side any more
                break
            if not data:
                break
            said += data
    os.close(ours)
    return process.returncode, said.decode("utf-8", "replace").replace("\r\n", "\n")


def cut(text):
    return text if len(text) <= 200 else text[:200] + "..."


def shown(said):
    """Lines that stay on the terminal, and those that were damaged, in words: written over though they are no
    progress, or progress that is wider than the terminal, of which the first row stays."""
    kept, damaged = [], []
    for line in COLOUR.sub("", said).split("\n"):
        first, *rest = line.split(AGAIN)
        if first and rest:
            damaged.append(f"written over: {cut(first)!r}")
        last = rest[-1] if rest else first
        damaged += [f"wider than {COLUMNS} columns, written over: {cut(text)!r}" for text in rest[:-1] if len(text) > COLUMNS]
        if "\r" in last or "\033" in last:
            damaged.append(f"has control characters: {cut(last)!r}")
        # that went away leaves an empty line to what comes next
        kept.append(last)
    return kept, damaged
