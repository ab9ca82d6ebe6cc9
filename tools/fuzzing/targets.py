# SPDX-License-Identifier: GPL-2.0-only
"""The targets of fuzzing: what each is about, and how much of all executions it gets."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from c_text import without_comments

TOP = Path(__file__).resolve().parents[2]
FUZZ = TOP / "userspace" / "fuzz"
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
INCLUDE_FOLDERS = ("userspace/fuzz", "userspace/lib", "kmod/pure", "kmod", "kunit/suites")


def _code(text):
    """Without comments, and with one space for any: neither is what is fuzzed."""
    return " ".join(without_comments(text.encode()).decode().split())


@dataclass(frozen=True)
class Target:
    """One program of libFuzzer's."""
    name: str
    # "pure": of the modules; "program"
    room: str
    # of all executions that are asked for, about a thousandth each: more where they cost less
    share: float
    # bytes of an input at most
    longest: int
    # what it is about: coverage is that of these files
    sources: tuple
    # a memory leak is looked for after each input
    leaks: bool = False

    @property
    def source(self):
        return f"userspace/fuzz/{self.room}/{self.name}_fuzz.cpp"

    @property
    def corpus(self):
        return FUZZ / "corpora" / f"{self.name}.json"

    def goal(self, executions):
        return round(executions * self.share / sum(t.share for t in TARGETS))

    def revision(self, top=TOP):
        """A name for all that the target is made of: the code of its sources, and of what they include of ours."""
        seen, todo = {}, [self.source, "userspace/fuzz/main.cpp", *self.sources]
        while todo:
            path = todo.pop()
            if path in seen:
                continue
            text = (top / path).read_text(encoding="utf-8")
            seen[path] = _code(text)
            for name in INCLUDE.findall(text):
                places = [Path(path).parent, *(Path(folder) for folder in INCLUDE_FOLDERS)]
                todo += [str(place / name) for place in places if (top / place / name).is_file()][:1]
        text = "\0".join(f"{path}\0{seen[path]}" for path in sorted(seen))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _pure(name, share, longest, *more):
    return Target(name, "pure", share, longest, (f"kmod/pure/{name}.c", *more))


def _lib(name, share, longest, *sources):
    return Target(name, "program", share, longest, tuple(f"userspace/lib/{s}.cpp" for s in sources), leaks=True)


TARGETS = (
    _pure("cedt", 170, 256),
    _pure("block_regs", 200, 128),
    _pure("hdm_regs", 130, 256),
    _pure("mailbox_regs", 220, 160),
    _pure("interleave", 100, 128),
    _pure("carve", 100, 64),
    _lib("values", 25, 64, "sys/root", "sys/range", "sys/terminal"),
    _lib("iomem", 10, 256, "sys/iomem", "sys/lines", "sys/range"),
    _lib("ledger", 10, 256, "cxl/ledger", "sys/lines", "sys/range"),
    _lib("trace", 25, 128, "sys/event_trace"),
    _lib("cedt_table", 5, 512, "cxl/cedt"),
    _lib("kernel_log", 3, 512, "sys/kernel_log"),
    _lib("takeover", 0.5, 1024, "load/state"),
    _lib("bench", 0.3, 2048, "bench/bench_json", "bench/bench_compare"),
    _lib("capture", 0.3, 2048, "report/capture_file", "sys/file_tree"),
    _lib("capture_file", 0.6, 1024, "report/capture_file"),
    _lib("reply", 0.25, 4096, "draw/pages", "draw/map", "draw/map_text", "draw/map_svg", "draw/html", "draw/svg",
         "draw/bench_page", "draw/compare_page", "draw/meeting_page"),
    _lib("machine", 0.05, 512, "cxl/accel", "cxl/cedt", "cxl/dax", "cxl/expander", "cxl/ledger", "cxl/machine",
         "cxl/pci", "cxl/problems", "cxl/topology", "report/status", "report/status_json", "report/status_tree",
         "report/ledger_report", "report/facts"),
)


def by_name(name):
    return next(target for target in TARGETS if target.name == name)
