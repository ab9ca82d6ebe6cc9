# SPDX-License-Identifier: GPL-2.0-only
"""How far each target is, kept from run to run: executions and what they found count for the
sources that they were made with."""

import fcntl
import json
import os
import time
from contextlib import contextmanager
from pathlib import Path


class FuzzError(Exception):
    """What was tried, what came of it, and what to do."""


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "cxla" / "fuzz"


EMPTY = {"executions": 0, "seconds": 0.0, "inputs": 0, "finding": None}


def _read(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _write(path, values):
    """Replaces the file as a whole: who is interrupted has that of before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    new.replace(path)


class Record:
    """Of one target, with the sources as they are. Another checkout has a record of its own, and
    who goes back to a revision finds that of it again; inputs are all revisions' together."""

    def __init__(self, target):
        self.target = target
        self.revision = target.revision()
        self.folder = cache_dir() / target.name
        self.corpus = self.folder / "corpus"
        self.findings = self.folder / "findings"
        self.path = self.folder / f"record-{self.revision}.json"
        # a file of its own: it is measured while another run counts
        self.coverage_path = self.folder / f"coverage-{self.revision}.json"
        self.values = EMPTY | _read(self.path)
        self.coverage = _read(self.coverage_path) or None

    def __getattr__(self, name):
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def make_folders(self):
        for folder in (self.corpus, self.findings):
            folder.mkdir(parents=True, exist_ok=True)

    def update(self, **values):
        self.values |= values | {"revision": self.revision, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        _write(self.path, self.values)

    def update_coverage(self, coverage):
        self.coverage = coverage
        _write(self.coverage_path, coverage)

    def of_others(self):
        """Executions of the newest record of other sources; 0: there is none."""
        others = sorted((path for path in self.folder.glob("record-*.json") if path != self.path),
                        key=lambda path: path.stat().st_mtime)
        return _read(others[-1]).get("executions", 0) if others else 0

    def row(self, executions):
        """What --json says of it."""
        return {"target": self.target.name, "executions": self.executions, "goal": self.target.goal(executions),
                "revision": self.revision, "seconds": round(self.seconds), "inputs": self.inputs,
                "coverage": self.coverage, "finding": self.finding}


def take_counts(path, records):
    """A machine that has less than the file goes on from there: inputs may be lost, what was run was run."""
    kept = _read(path)
    for record in records:
        values = kept.get(record.target.name, {})
        if values.get("revision") == record.revision and values["executions"] > record.executions:
            record.values |= values


def keep_counts(path, records):
    """Of targets without a finding: its input is on this machine only."""
    kept = _read(path)
    for record in records:
        if record.executions and not record.finding:
            kept[record.target.name] = {word: record.values[word] for word in ("executions", "seconds", "revision")}
    _write(path, dict(sorted(kept.items())))


@contextmanager
def alone():
    """Two that count at once would count for each other."""
    cache_dir().mkdir(parents=True, exist_ok=True)
    with (cache_dir() / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise FuzzError(f"another run is at work (process {lock.read().strip() or '?'}): wait for it, "
                            "or interrupt it; it loses nothing") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
