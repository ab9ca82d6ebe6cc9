# SPDX-License-Identifier: GPL-2.0-only
"""Runs one program of libFuzzer's for a while and reads what it says."""

import os
import re
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

EXECUTED = re.compile(r"^stat::number_of_executed_units: (\d+)$", re.M)
SO_FAR = re.compile(r"^#(\d+)\s", re.M)
ARTIFACT = re.compile(r"Test unit written to (\S+)")
SAYS = re.compile(r"^(broken rule: .*|.*runtime error: .*|==\d+==\s*ERROR: .*|terminate called .*|  what\(\):.*)$", re.M)
# what is freed is not kept for long, and not by whom: a third of the time
QUICK = "quarantine_size_mb=1:malloc_context_size=0"


@dataclass
class Slice:
    """What came of it."""
    executions: int
    seconds: float
    # (what is wrong, the input's file) or None
    finding: tuple


def command(program, target, *options, folders=()):
    return [str(program / f"fuzz_{target.name}"), f"-max_len={target.longest}", f"-detect_leaks={int(target.leaks)}",
            "-timeout=25", "-rss_limit_mb=2500", "-print_final_stats=1", *options, *map(str, folders)]


def _environment():
    quick = ":".join(part for part in (os.environ.get("ASAN_OPTIONS"), QUICK) if part)
    # made-up roots are in memory, if there is room
    memory = {"TMPDIR": "/dev/shm"} if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK) else {}
    return dict(os.environ, ASAN_OPTIONS=quick, LC_ALL="C.UTF-8", **memory)


def _sweep(before):
    """A program that was killed leaves its folder behind."""
    for path in set(Path("/dev/shm").glob("cxla-??????")) - before:
        subprocess.run(["rm", "-rf", str(path)], check=False)


def run(arguments):
    """(status, what it printed). Ctrl-C reaches it, too, and it says how far it was."""
    before = set(Path("/dev/shm").glob("cxla-??????"))
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        with subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                              env=_environment()) as process:
            try:
                status = process.wait()
            except BaseException:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                output.seek(0)
                raise Interrupted(output.read()) from None
        output.seek(0)
        text = output.read()
    if status:
        _sweep(before)
    return status, text


class Interrupted(BaseException):
    """With what the program had printed."""


def executed(text):
    final = EXECUTED.findall(text)
    return int(final[-1]) if final else max(map(int, SO_FAR.findall(text)), default=0)


def explained(status, text):
    """What is wrong, in a line."""
    said = SAYS.findall(text)
    rule = next((line for line in said if line.startswith("broken rule")), None)
    return rule or (said[0].strip() if said else f"it ended with status {status}")


def slice_of(program, target, record, seconds, executions):
    """Goes on with its inputs for a while."""
    start = time.monotonic()
    options = [f"-max_total_time={max(1, round(seconds))}", f"-runs={executions}",
               f"-artifact_prefix={record.findings}/"]
    status, text = run(command(program, target, *options, folders=[record.corpus]))
    finding = None
    if status:
        artifact = ARTIFACT.search(text)
        finding = (explained(status, text), artifact[1] if artifact else None)
    return Slice(executed(text), time.monotonic() - start, finding)
