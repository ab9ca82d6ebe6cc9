# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel said on the console, and whether any of it is a warning."""

import re

# init writes the first before it does anything that is under test
BEGIN = "cxla-vm: begin"
SCENARIO = re.compile(r"cxla-vm: scenario (\S+)")

WARNING = re.compile(
    r"WARNING:|BUG:|\bOops\b|Call Trace|lockdep(?!_)|KASAN|KCSAN|KFENCE|UBSAN|cut here|"
    r"INFO: task .* blocked|Kernel panic|general protection fault|refcount_t:|"
    r"possible (recursive|circular) locking|inconsistent lock state|suspicious RCU|"
    r"sleeping function called|unreferenced object|kmemleak: [1-9]|ODEBUG|"
    r"list_(add|del) corruption|rcu: .*(stall|starved)|soft lockup|hung_task")

# 7.x: the line before it was cut off when another processor took the console, and comes again whole
REPLAY = "** replaying previous printk message **"

# where a report begins of what has not come on for long
STALL = re.compile(r"rcu: INFO: .*stall")

# a report at boot has used up KASAN's one shot or lockdep: what comes after it goes unseen
SPENT = re.compile(r"Disabling lock debugging|BUG: KASAN|"
                   r"WARNING: (possible|inconsistent|suspicious|bad) ")


class Warnings:
    """Lines after the marker that match WARNING and nothing that is allowed,
    each with the scenario it came up in (None before the first).

    `expected` are expressions that lines of a scenario have to match, in this
    order. Up to the first of them nothing else may be reported; from there on
    what the scenario has reported is one report. What has not come when all is
    over is a finding, too (missing())."""

    def __init__(self, allowed=(), expected=()):
        self.allowed = [re.compile(a) for a in allowed]
        self.expected = [re.compile(e) for e in expected]
        self.reported = False
        self.begun = False
        self.scenario = None
        self.found = []
        self.before_stall = None    # how many of these a report of a stall came after
        self.before_line = 0        # how many of them the last line came after

    def feed(self, line):
        if REPLAY in line:
            del self.found[self.before_line:]
            return
        self.before_line = len(self.found)
        if BEGIN in line:
            self.begun = True
        if self.before_stall is None and STALL.search(line):
            self.before_stall = len(self.found)
        if not self.begun:
            if SPENT.search(line):
                self.found.append((None, f"at boot: {line.strip()}"))
            return
        match = SCENARIO.search(line)
        if match:
            self.scenario = match[1]
        elif self.scenario and self.expected and self.expected[0].search(line):
            self.expected.pop(0)
            self.reported = True
        elif self.reported:
            return
        elif WARNING.search(line) and not any(a.search(line) for a in self.allowed):
            self.found.append((self.scenario, line.strip()))

    def missing(self):
        """What was expected and did not come, as findings."""
        return [(self.scenario, f"no kernel warning '{e.pattern}'") for e in self.expected]


def scan(text, allowed=(), expected=()):
    warnings = Warnings(allowed, expected)
    for line in text.splitlines():
        warnings.feed(line)
    return warnings
