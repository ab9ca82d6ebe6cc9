# SPDX-License-Identifier: GPL-2.0-only
"""`make run` in a bare Debian root, as the README has a new user do it: first on a terminal, with all that has
to be downloaded; then without one, with what was downloaded and nothing that was built."""

import os
import re
import resource
import time
from pathlib import Path

import bare
import terminal

README = (bare.TOP / "README.md").read_text(encoding="utf-8")
COMMAND = "make run"
# in this order, before anything is downloaded or installed
SAID_FIRST = ("setup: missing:", "setup: to install, with what they need: ", "setup: to download: ", "setup: about ",
              "setup: downloading packages", "setup: installing: ", "setup: fetching kernel ", "setup: done", "== building",
              "== virtual machine", "== memory backends", "== summary", "== what to try next")
SUMMARY = ("modules and program are built", "attached, written, read back and unloaded in the guest, without a kernel warning",
           "each pattern is in its accelerator's own backend file and in no other")
# a progress that is still there when something else is said: [ 12.3 s] what
PROGRESS = re.compile(r"^\[ *\d+\.\d s\]")


def pictured():
    """Lines that the README says `make run` prints."""
    return [line[4:] for line in re.search(r"<!-- printed by .*?-->\n((?:    .*\n|\n)+)", README)[1].splitlines() if line]


def in_order(lines, words):
    """The first of the words that no line begins with, after the one before it; or None."""
    at = 0
    for word in words:
        at = next((n for n in range(at, len(lines)) if lines[n].startswith(word)), None)
        if at is None:
            return word
    return None


def judged(lines, first):
    """A problem in words, or None, with what both runs have to say."""
    problems = [f"'{word}' is not there, or too late" for word in [in_order(lines, first)] if word]
    problems += [f"the summary lacks: ok      {what}" for what in SUMMARY if f"ok      {what}" not in lines]
    problems += [f"the README shows a line that is not there: {line}" for line in pictured() if line not in lines]
    end = lines[lines.index("== what to try next"):] if "== what to try next" in lines else []
    problems += [f"{path}, of what to try next, is not there" for path in
                 re.findall(r"\b((?:tools|userspace|kmod)/[\w./-]+)", "\n".join(end)) if not (bare.TOP / path).exists()]
    return "\n".join(problems) or None


def measured(function):
    """What it gives, with seconds and processor seconds, of all processes that it started and waited for."""
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    start, before = time.monotonic(), used()
    result = function()
    return result, time.monotonic() - start, used() - before


def told(name, seconds, processor):
    print(f"{name}: {seconds:.0f} s, {processor:.0f} s of processor time, load {os.getloadavg()[0]:.1f} in the end, "
          f"on {os.cpu_count()} processors", flush=True)


def make_run_is_all_that_a_bare_machine_needs(codename):
    """A problem in words, or None."""
    for line in (f"apt {bare.INSTALL}", COMMAND):
        if f"\n    {line}\n" not in README:
            return f"the README does not tell to type '{line}'"
    with bare.root(codename) as where:
        where.run(f"chown -R root: {bare.HOME}/cxla")
        return on_a_terminal(where) or without_a_terminal(where)


def on_a_terminal(where):
    """A problem in words, or None."""
    environment = bare.ENVIRONMENT | {"TERM": "xterm"}
    (status, said), *time_taken = measured(lambda: terminal.run(where.command(COMMAND), environment, 3000))
    told("make run on a bare machine, on a terminal, with all downloads", *time_taken)
    lines, damaged = terminal.shown(said)
    keep(where, "terminal", said)
    lines = [line.rstrip() for line in lines]
    left = [f"progress was left: {line!r}" for line in lines if PROGRESS.match(line)]
    problem = "\n".join([*damaged, *left]) or judged(lines, SAID_FIRST)
    if status or problem:
        return f"make run on a terminal ended with {status}\n{problem or ''}\n" + "\n".join(lines)[-3000:]
    if terminal.AGAIN not in said:
        return "make run on a terminal showed no progress, so nothing could be damaged"
    return None


def without_a_terminal(where):
    """A problem in words, or None."""
    where.run("rm -rf build; find ~/.cache/cxla -mindepth 1 -maxdepth 1 ! -name kernels ! -name installed -exec rm -rf {} +")
    (status, said), *time_taken = measured(lambda: where.run(COMMAND))
    told("make run again, without downloads, nothing built", *time_taken)
    keep(where, "pipe", said)
    first = SAID_FIRST[SAID_FIRST.index("== building"):]
    problem = judged(said.splitlines(), ("setup: nothing is missing", *first))
    if "\r" in said or "\033" in said:
        problem = f"{problem or ''}\nwhat went to a pipe has control characters"
    return f"make run without a terminal ended with {status}\n{problem or ''}\n{said[-3000:]}" if status or problem else None


def keep(where, how, said):
    """What was said, to be read by people, too."""
    folder = Path(bare.TOP) / "build" / "setup-test"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{where.codename}-{how}").write_text(said, encoding="utf-8")
