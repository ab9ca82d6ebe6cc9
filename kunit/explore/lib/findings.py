# SPDX-License-Identifier: GPL-2.0-only
"""A schedule that failed: what the kernel said of it, where that is, and the fewest turns that do it."""

import re
import subprocess
from dataclasses import dataclass, field


@dataclass
class Finding:
    words: dict                # of the line that found it, and its seed
    text: str = ""
    step: int = 0
    turns: list = field(default_factory=list)
    events: list = field(default_factory=list)
    actors: list = field(default_factory=list)
    log: list = field(default_factory=list)
    schedules: int = 0         # of its line, when no other line says how many

    def kind(self):
        """What stays the same when the same bug is met by another schedule."""
        reports = [l for l in self.log if re.search(r"BUG: KASAN|WARNING: CPU|kernel BUG|BUG: ", l)]
        text = self.text
        if reports and ("panic_on_warn" in text or "kasan" in text or "Fatal" in text):
            text = re.sub(r"^.*?(BUG: KASAN: \S+ in [\w.]+|WARNING: CPU: \d+ PID: \d+ at \S+|.*BUG.*).*$", r"\1",
                          reports[0])
        return re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{12,}\b|\d+", "N", text).strip()


class Hear:
    """Collects the lines of one boot into findings."""

    def __init__(self, plan):
        self.plan, self.at, self.done, self.failed_at = plan, -1, 0, -1
        self.findings, self.log, self.refused, self.current, self.ended = [], [], [], None, False
        self.batches, self.worlds, self.known = [], {}, {}

    def __call__(self, line):
        word, _, rest = line.partition(" ")
        if word == "line":
            self.at, self.log, self.current = int(rest), [], None
        elif word == "log":
            self.log.append(re.sub(r"^\[\s*[\d.]+\] ?", "", rest))
        elif word == "refused" or (word == "insmod" and rest.endswith("failed")):
            self.refused.append(line)
        elif word == "failed":
            match = re.match(r"(\S+) seed (\d+) step (\d+): (.*)", rest)
            self.current = Finding(dict(w.split("=", 1) for w in self.plan[self.at].split()), log=self.log)
            if match:
                # a panic leaves no line of the batch that says how many there were
                self.current.schedules = max(int(match[2]) - int(self.current.words.get("seed", 0)), 0) + 1
                self.current.words["seed"], self.current.step = match[2], int(match[3])
                self.current.text = match[4]
            self.findings.append(self.current)
            self.failed_at = self.at
        elif word == "turn" and self.current:
            self.current.turns.append(rest)
        elif word == "event" and self.current:
            self.current.events.append(rest.split("|"))
        elif word == "actor" and self.current:
            self.current.actors.append(rest)
        elif word == "batch":
            match = re.match(r"(\S+) done (\d+) failed (\d+) .* hash (\S+)", rest)
            self.done += int(match[2])
            if self.current:
                self.current.schedules = 0
            self.batches.append((match[1], int(match[2]), match[4]))
            self.current = None
        elif word == "known":
            number, _, times = rest.partition(" ")
            self.known[number] = self.known.get(number, 0) + int(times)
        elif word == "differs":
            self.refused.append(line)
        elif word == "end":
            self.ended = True

    def schedules(self):
        """Those that came to an end, and the one that did not."""
        return self.done + sum(f.schedules for f in self.findings)


class Places:
    """From function+offset [module] to file and line, by the module's debug information."""

    def __init__(self, tree):
        self.modules = {p.stem: p for p in tree.rglob("*.ko")}
        self.symbols, self.known, self.tree = {}, {}, tree

    def of(self, place):
        match = re.match(r"([\w.]+)\+0x([0-9a-f]+)/\S+ \[(\w+)\]", place)
        if not match or match[3] not in self.modules:
            return place.split("+")[0]
        if place not in self.known:
            self.known[place] = self.look(match[1], int(match[2], 16), match[3])
        return self.known[place]

    def look(self, function, offset, module):
        path = self.modules[module]
        if module not in self.symbols:
            listing = subprocess.run(["nm", str(path)], capture_output=True, text=True, check=True).stdout
            self.symbols[module] = {l.split()[2]: int(l.split()[0], 16) for l in listing.splitlines()
                                    if len(l.split()) == 3}
        start = self.symbols[module].get(function)
        if start is None:
            return function
        # the address is where a call returns to
        found = subprocess.run(["addr2line", "-e", str(path), "-j", ".text", hex(start + offset - 1)],
                               capture_output=True, text=True, check=False).stdout.strip()
        name, _, line = found.partition(" ")[0].rpartition(":")
        short = re.sub(r"^.*/((?:kmod|kunit|include)/)", r"\1", name)
        return f"{function} ({short}:{line})" if line not in ("", "?", "0") else function


def show(finding, places, command):
    """Who ran where, and why each turn ended."""
    out = [finding.text]
    reports = [l for l in finding.log if re.search(r"BUG|WARNING|KASAN|RIP:|Oops|possible", l)]
    out += ["  the kernel: " + l.strip() for l in reports[:4]]
    for actor in finding.actors:
        out.append("  actor " + actor)
    for step, who, where, why, call, to, at in finding.events:
        in_call = f", in {call.removesuffix(' (done)')}" if call and why == "blocked" else ""
        if why == "start":
            out.append(f"  {to} begins")
            continue
        to_where = "" if at == "0x0" else f" at {places.of(at)}"
        out.append(f"  {step:>6} points: {who} {why} at {places.of(where)}{in_call}; {to} goes on{to_where}")
    out.append("  repeat it: " + command)
    return "\n".join(out)
