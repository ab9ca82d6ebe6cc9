# SPDX-License-Identifier: GPL-2.0-only
"""What follows a machine: its serial ports, whether it still goes on, and how it ended. Nothing
here decides what runs in it."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field

from . import console, processors

EXIT_FAILED, EXIT_USAGE, EXIT_WARNING, EXIT_TIMEOUT = 1, 2, 3, 124

# what a kernel says when a processor got no timer interrupt: of one that spins with interrupts
# off, which is for us to mend, or of one that sleeps and was not woken
LOST_TIMER = re.compile(r"Possible timer handling issue on cpu=(\d+)")


@dataclass
class Result:
    """How a run ended. verdict: the command's exit status, None without one."""
    verdict: int = None
    timed_out: bool = False
    lost_timer: str = ""        # of the emulator, and of what processor: nothing in there goes on
    began: bool = False         # it came to its first process, and so to us
    warnings: list = field(default_factory=list)
    seconds: float = 0
    accel: str = ""

    @property
    def exit_code(self):
        if self.warnings:
            return EXIT_WARNING
        if self.timed_out:
            return EXIT_TIMEOUT
        return 0 if self.verdict == 0 else EXIT_FAILED

    def __str__(self):
        if self.lost_timer and not self.warnings:
            return f"was stuck after {self.seconds:.0f} s: the emulator has lost an interrupt: {self.lost_timer}"
        if self.warnings:
            where, line = self.warnings[0]
            more = f" (and {len(self.warnings) - 1} more)" if len(self.warnings) > 1 else ""
            return f"kernel log{' of ' + where if where else ''}: {line}{more}"
        if self.timed_out:
            return f"timed out after {self.seconds:.0f} s"
        if self.verdict is None:
            return "ended without a verdict"
        return f"command exited with {self.verdict}"


def columns_of(terminal):
    """80 where it does not say."""
    try:
        return os.get_terminal_size(terminal.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


class Progress:
    """One line on standard error that is written over, when that is a terminal;
    otherwise a line for each new step."""

    def __init__(self, quiet=False):
        self.quiet = quiet
        self.tty = sys.stderr.isatty()
        self.start = time.monotonic()
        self.text = None

    def step(self, text):
        if self.quiet or (text == self.text and not self.tty):
            return
        self.text = text
        if self.tty:
            # the next one can't clear what has wrapped
            line = f"[{time.monotonic() - self.start:5.1f} s] {text}"
            sys.stderr.write("\r\033[K" + line[:columns_of(sys.stderr) - 1])
        else:
            sys.stderr.write(f"[{time.monotonic() - self.start:5.1f} s] {text}\n")
        sys.stderr.flush()

    def tick(self):
        if self.tty and self.text:
            self.step(self.text)

    def clear(self):
        if self.tty and self.text and not self.quiet:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


class Tail:
    """What was added to a file since the last look."""

    def __init__(self, path):
        self.path = path
        self.offset = 0

    def read(self):
        try:
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return b""
        self.offset += len(data)
        return data


class Lines:
    """Splits what a Tail reads into whole lines."""

    def __init__(self, tail):
        self.tail = tail
        self.rest = ""

    def read(self, last=False):
        self.rest += self.tail.read().decode("utf-8", "replace").replace("\r", "")
        *lines, self.rest = self.rest.split("\n")
        if last and self.rest:
            lines.append(self.rest)
            self.rest = ""
        return lines


class WholeLines:
    """The same as bytes. A progress line goes between them, and would write over half of one."""

    def __init__(self, tail):
        self.tail = tail
        self.rest = b""

    def read(self, last=False):
        data = self.rest + self.tail.read()
        end = len(data) if last else data.rfind(b"\n") + 1
        self.rest = data[end:]
        return data[:end]


def end(process):
    """Stop QEMU for certain."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def verdict(run_dir):
    """The command's exit status; None as long as there is none."""
    try:
        text = (run_dir / "verdict").read_text(errors="replace")
    except FileNotFoundError:
        return None
    match = re.search(r"^exit (\d+)\r?$", text, re.M)
    return int(match[1]) if match and text.endswith("\n") else None


def follow(process, run_dir, requests, options, progress, on_output, result):
    """Follow the three serial ports until QEMU ends, or has to be ended."""
    start = time.monotonic()
    deadline = start + options.timeout
    lines = Lines(Tail(run_dir / "console.log"))
    output = WholeLines(Tail(run_dir / "output"))
    warnings = console.Warnings(options.allow_warnings, options.expect_warnings)
    verdict_at = suspect = None
    watch = processors.Watch(requests.ask) if result.accel == "tcg" and not options.icount else None

    def look(last=False):
        nonlocal suspect
        for line in lines.read(last):
            warnings.feed(line)
            if options.verbose:
                sys.stderr.write(line + "\n")
            # the kernel's own threads wait for the tick of that processor, too
            if match := LOST_TIMER.search(line):
                suspect = int(match[1])
            if "cxla-vm: ready" in line:
                progress.step("running")
        data = output.read(last)
        if data:
            progress.clear()
            on_output(data)

    while process.poll() is None:
        if options.stop and options.stop.is_set():
            break
        if options.shell:
            time.sleep(0.1)
            continue
        look()
        requests.poll()
        progress.tick()
        if watch and verdict_at is None:
            if suspect is not None and watch.sleeps(suspect):
                result.lost_timer = f"processor {suspect} sleeps, and the kernel misses its timer"
            suspect = None
            result.lost_timer = result.lost_timer or str(watch.lost() or "")
        if result.lost_timer:
            break
        now = time.monotonic()
        if verdict_at is None and verdict(run_dir) is not None:
            verdict_at = now
        if verdict_at is not None and now > verdict_at + 10:
            break       # it has said all it had to say
        late = options.start_timeout and not warnings.begun and \
            now > start + options.start_timeout
        if now > deadline or late:
            result.timed_out = verdict_at is None
            break
        time.sleep(0.02)
    end(process)
    look(last=True)
    result.seconds = time.monotonic() - start
    result.began = warnings.begun
    # nothing is missing of what was never begun
    result.warnings = warnings.found + (warnings.missing() if warnings.begun else [])
    if result.lost_timer:
        # what the kernel says of that is no finding, nor what has not come yet
        result.warnings = warnings.found[:warnings.before_stall]
    result.verdict = verdict(run_dir)
