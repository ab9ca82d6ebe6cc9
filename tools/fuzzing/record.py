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


EMPTY = {"executions": 0, "seconds": 0.0, "inputs": 0, "coverage": None, "finding": None}


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
        self.values = dict(EMPTY)
        try:
            self.values |= json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            pass

    def __getattr__(self, name):
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def make_folders(self):
        for folder in (self.corpus, self.findings):
            folder.mkdir(parents=True, exist_ok=True)

    def update(self, **values):
        """Replaces the file as a whole: who is interrupted has the record of before."""
        self.values |= values | {"revision": self.revision, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self.values, indent=1) + "\n", encoding="utf-8")
        new.replace(self.path)

    def of_others(self):
        """Executions of the newest record of other sources; 0: there is none."""
        others = sorted((path for path in self.folder.glob("record-*.json") if path != self.path),
                        key=lambda path: path.stat().st_mtime)
        try:
            return json.loads(others[-1].read_text(encoding="utf-8"))["executions"] if others else 0
        except (OSError, ValueError, KeyError):
            return 0

    def row(self, executions):
        """What --json says of it."""
        return {"target": self.target.name, "executions": self.executions, "goal": self.target.goal(executions),
                "revision": self.revision, "seconds": round(self.seconds), "inputs": self.inputs,
                "coverage": self.coverage, "finding": self.finding}


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
