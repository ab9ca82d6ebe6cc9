# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel said on the console, and whether any of it is a warning."""

import re

# init writes the first before it does anything that is under test
BEGIN = "cxla-vm: begin"
SCENARIO = re.compile(r"cxla-vm: scenario (\S+)")

WARNING = re.compile(
    r"WARNING:|BUG:|\bOops\b|Call Trace|lockdep|KASAN|KCSAN|KFENCE|UBSAN|cut here|"
    r"INFO: task .* blocked|Kernel panic|general protection fault|refcount_t:|"
    r"possible (recursive|circular) locking|inconsistent lock state|suspicious RCU|"
    r"sleeping function called|unreferenced object|kmemleak: [1-9]|ODEBUG|"
    r"list_(add|del) corruption|rcu: .*(stall|starved)|soft lockup|hung_task")


class Warnings:
    """Lines after the marker that match WARNING and nothing that is allowed,
    each with the scenario it came up in (None before the first)."""

    def __init__(self, allowed=()):
        self.allowed = [re.compile(a) for a in allowed]
        self.begun = False
        self.scenario = None
        self.found = []

    def feed(self, line):
        if BEGIN in line:
            self.begun = True
        if not self.begun:
            return
        match = SCENARIO.search(line)
        if match:
            self.scenario = match[1]
        elif WARNING.search(line) and not any(a.search(line) for a in self.allowed):
            self.found.append((self.scenario, line.strip()))


def scan(text, allowed=()):
    warnings = Warnings(allowed)
    for line in text.splitlines():
        warnings.feed(line)
    return warnings
