# SPDX-License-Identifier: GPL-2.0-only
"""Runs one part: builds what it needs, runs its command, counts what was done."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import revision

sys.path.insert(0, str(revision.TOP / "tools" / "kernel"))
sys.path.insert(0, str(revision.TOP / "tools" / "vm"))

import kbuild  # noqa: E402
from vmlib import kernels  # noqa: E402

TOP = revision.TOP
BUILD = TOP / "build" / "proof"
VM = TOP / "build" / "vm"
# a machine that is asked to end takes a while
PATIENCE = 60
CANNOT = 3      # the exit status of a command that can't run on this machine


class NotRun(Exception):
    """Why there is no result."""


def _end(process):
    """It and what it began; first it is asked to."""
    for signal_, seconds in ((signal.SIGINT, PATIENCE), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal_)
        try:
            process.wait(seconds)
            return
        except subprocess.TimeoutExpired:
            pass


def run(command, log, progress):
    """Exit status; all output goes to the log, its last line is progress."""
    with open(log, "ab") as out, subprocess.Popen(
            command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            # what runs in the background ignores SIGINT, and so would all that it begins
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as process:
        stopped = threading.Event()

        def tell():
            while not stopped.wait(0.5):
                with open(log, "rb") as text:
                    text.seek(max(0, log.stat().st_size - 400))
                    said = re.split(rb"[\r\n]|\x1b\[K", text.read().strip())
                progress.update(said[-1].decode(errors="replace").strip()[:80] or "nothing said yet")

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                _end(process)
            stopped.set()
            teller.join()


def _output(command):
    done = subprocess.run(command, cwd=TOP, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise NotRun(f"'{' '.join(command)}' exited with {done.returncode}")
    return done.stdout.strip()


def prepare(part, log, progress):
    """Everything is built of the sources that are here: a result is about them."""
    if not os.access(TOP / part.command[0], os.X_OK):
        raise NotRun(f"there is no {part.command[0]}")
    if not part.boots:
        return
    objects = []
    if not part.kernel.startswith("stock-"):
        objects = [_output(["tools/kernel/build", "x86", part.kernel]) + "/objects"]
    for command in (["make", "sample", *(f"KDIR={path}" for path in objects)],
                    ["tools/kernel/modules", "--tests", *objects], ["make", "user"]):
        if run(command, log, progress):
            raise NotRun(f"'{' '.join(command)}' failed: {log.relative_to(TOP)}")


def kernel_name(part):
    """The release of the kernel that it runs on."""
    if part.boots:
        return kernels.find(part.kernel).release
    if part.kernel != "uml":
        return part.kernel
    makefile = (kbuild.source() / "Makefile").read_text()
    return "UML " + ".".join(re.search(rf"^{word} = (\d+)", makefile, re.M)[1]
                             for word in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))


def count(part, text):
    """word -> number; what is not a number counts as one."""
    text = re.sub(r"\x1b\[K|\r", "\n", text)
    return {word: sum(int(found) if found.isdigit() else 1 for found in re.findall(pattern, text))
            for word, pattern in part.counts.items()}


def printed(part, log):
    """What it printed, and the machines in it did."""
    text = log.read_text(errors="replace")
    for boot in part.boots:
        output = VM / f"{boot['name']}@{part.kernel}" / "output"
        text += output.read_text(errors="replace") if output.exists() else ""
    return text


def reason(text):
    """The first line that says what failed."""
    found = re.search(r"^(?:FAILED|failed|FAIL:|FOUND|found:|MISSED) ?.*$", text, re.M)
    return re.sub(r"\s+", " ", found[0])[:160] if found else "see its log"


def far(part):
    """word -> number, of a part that goes on from run to run."""
    # one that has found something says so by its exit status, too
    done = subprocess.run(part.status, cwd=TOP, check=False, stdout=subprocess.PIPE, text=True)
    try:
        said = json.loads(done.stdout)
        return {word: int(said[word]) for word in part.target}, said
    except (ValueError, KeyError, TypeError) as error:
        raise NotRun(f"'{' '.join(part.status)}' does not say {', '.join(part.target)}: {error!r}") from error


def judge(part, status, text):
    """(verdict, what is wrong, counts)."""
    counts = count(part, text)
    if part.status:
        reached, said = far(part)
        counts |= reached
        if status or said.get("found") or said.get("findings"):
            return "failed", reason(text), counts
        # who divides its target among several knows best
        done = said.get("reached", all(reached[word] >= number for word, number in part.target.items()))
        return "passed" if done else "unfinished", "", counts
    if status:
        return "failed", f"exit status {status}: {reason(text)}", counts
    # a run that says of nothing how much of it was done has shown nothing
    if missing := [word for word, number in counts.items() if not number]:
        return "failed", f"it passed, and did not say how many {', '.join(missing)}", counts
    if few := [f"{counts[word]:,} {word}, {number:,} are claimed" for word, number in part.least.items()
               if counts[word] < number]:
        return "failed", f"it passed with {', '.join(few)}", counts
    return "passed", "", counts


def do(part, seconds, title):
    """A row for the results; NotRun says why there is none."""
    BUILD.mkdir(parents=True, exist_ok=True)
    log = BUILD / f"{part.name}.log"
    log.write_bytes(b"")
    progress = kbuild.Progress(title)
    prepare(part, log, progress)
    inputs, commit = part.inputs(), revision.commit(part.all_places())
    command = [word.replace("{seconds}", str(int(seconds))) for word in part.command]
    start = time.monotonic()
    status = run(command, log, progress)
    took = time.monotonic() - start
    if status == CANNOT:
        raise NotRun(f"it can't run on this machine: {log.relative_to(TOP)}")
    if part.inputs() != inputs:
        raise NotRun("the sources changed while it ran")
    verdict, what, counts = judge(part, status, printed(part, log))
    progress.done(verdict)
    return {"verdict": verdict, "what": what, "counts": counts, "inputs": inputs, "commit": commit,
            "kernel": kernel_name(part), "seed": part.seed, "seconds": round(took),
            "when": time.strftime("%Y-%m-%d"), "ran": " ".join(part.command)}


def take(part):
    """The row of a boot that somebody ran by tools/vm/test, which noted what it was about."""
    kept = []
    for boot in part.boots:
        note = VM / f"{boot['name']}@{part.kernel}" / "result.json"
        if not note.exists():
            raise NotRun(f"{note.relative_to(TOP)} is not there")
        kept.append(json.loads(note.read_text(encoding="utf-8")))
    if not kept:
        raise NotRun("only what runs in a virtual machine can be taken over")
    if unfit := [k["boot"] for k in kept if not k["built"]]:
        raise NotRun(f"{', '.join(unfit)}: modules or program were older than their sources")
    if any(k["inputs"] != kept[0]["inputs"] for k in kept):
        raise NotRun("its boots were about different sources")
    empty = BUILD / "taken"
    BUILD.mkdir(parents=True, exist_ok=True)
    failed = sum(k["failed"] for k in kept)
    empty.write_text(f"integration: {sum(k['passed'] for k in kept)} passed, {failed} failed\n")
    verdict, what, counts = judge(part, 1 if failed else 0, printed(part, empty))
    return {"verdict": verdict, "what": what, "counts": counts, "inputs": kept[0]["inputs"],
            "commit": kept[0]["commit"], "kernel": kept[0]["kernel"], "seed": part.seed,
            "seconds": round(sum(k["seconds"] for k in kept)), "when": kept[-1]["when"], "ran": " ".join(part.command)}
