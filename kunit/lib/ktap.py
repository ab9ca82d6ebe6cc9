# SPDX-License-Identifier: GPL-2.0-only
"""Judges a console: the KTAP of the suites, and what else the kernel says.

Whatever is not there counts against the run: a suite that was listed and
didn't run, a plan that promises more tests than came, a scan that didn't
happen. KTAP is nested by indentation; a subtest's result comes before the
line of the test it belongs to.
"""

import re
from dataclasses import dataclass, field

BEGIN_MARK = "cxla-kunit: begin"
END_MARK = "cxla-kunit: end"

_STAMP = re.compile(r"^(?:<\d+>)?\[\s*\d+\.\d+\](?:\[[ TC]*\d+\])? ?")
_RESULT = re.compile(r"^( *)(not )?ok (\d+) (?:- )?(\S+)(?:\s+# ?(SKIP|TODO)?\s*(.*))?$")
_PLAN = re.compile(r"^( *)1\.\.(\d+)$")

# what a detector or the kernel itself says; the KTAP diagnostics of a test
# begin with # and are left out
_REPORTS = re.compile(
    r"BUG:|WARNING:|KASAN:|UBSAN:|KCSAN:|Oops|Kernel panic|general protection fault|"
    r"possible (?:circular|recursive) locking|possible irq lock inversion|possible deadlock|"
    r"inconsistent lock state|suspicious RCU usage|held lock freed|bad unlock balance|"
    r"sleeping function called|scheduling while atomic|unreferenced object|ODEBUG:|"
    r"refcount_t:|list_(?:add|del) corruption|blocked for more than|INFO: task|"
    r"kobject.*(?:tried to init|is not initialized)|does not have a release\(\) function|"
    r"cut here|Kernel tried|sysfs: cannot create duplicate|Segfault with no mm|"
    r"cxla-kunit: (?:insmod|rmmod|setting|reading|copying) \S+ failed")
# of what is cut off by the marks nothing counts, but a report at boot would
# have used up KASAN's one shot and turned lockdep off
_FRAME = re.compile(r"^(?:=+|-+\[ cut here \]-+)$")


@dataclass
class Test:
    name: str
    status: str  # passed, failed, skipped
    reason: str = ""
    log: list = field(default_factory=list)


@dataclass
class Outcome:
    tests: list = field(default_factory=list)
    problems: list = field(default_factory=list)


def _strip(lines):
    return [_STAMP.sub("", line) for line in lines]


def parse(lines):
    """Tests and problems of the KTAP in stripped lines."""
    outcome = Outcome()
    ran = {}
    level0, level1 = [], []   # diagnostics since the last result; tests of the current suite
    planned = None
    suite_of_plan = None
    for line in lines:
        if plan := _PLAN.match(line):
            if len(plan.group(1)) == 4:
                planned = int(plan.group(2))
            continue
        if m := re.match(r"^ {4}# Subtest: (\S+)$", line):
            if suite_of_plan is not None:
                outcome.problems.append(f"suite {suite_of_plan} did not end")
            suite_of_plan, level1, level0, planned = m.group(1), [], [], None
            continue
        result = _RESULT.match(line)
        if not result:
            if suite_of_plan is not None and re.match(r"^ {4,}", line) and line.strip():
                level0.append(line.strip())
            elif suite_of_plan is not None and line.startswith("#"):
                level0.append(line.strip())
            continue
        indent, bad, number, name, directive, reason = result.groups()
        if len(indent) == 4 and suite_of_plan is not None:
            status = "failed" if bad else "skipped" if directive == "SKIP" else "passed"
            if int(number) != len(level1) + 1:
                outcome.problems.append(
                    f"suite {suite_of_plan}: result {number} follows result {len(level1)}")
            level1.append(Test(f"{suite_of_plan}.{name}", status,
                               (reason or "") if directive == "SKIP" else "", level0))
            level0 = []
        elif not indent:
            if suite_of_plan != name:
                outcome.problems.append(f"suite {name} has a result but no tests")
            else:
                if planned != len(level1):
                    outcome.problems.append(
                        f"suite {name}: {planned} tests planned, {len(level1)} ran")
                if bad and not any(t.status == "failed" for t in level1):
                    outcome.problems.append(f"suite {name} failed outside of its tests")
                if not level1:
                    outcome.problems.append(f"suite {name} has no tests")
                ran[name] = True
            outcome.tests += level1
            suite_of_plan, level1, level0, planned = None, [], [], None
        # deeper ones are parameters of a parameterised test: its line sums up
    if suite_of_plan is not None:
        outcome.tests += level1
        outcome.problems.append(f"suite {suite_of_plan} did not end")
    return outcome, set(ran)


def judge(raw, expected, leak_scan):
    lines = _strip(raw)
    outcome, ran = parse(lines)
    for suite in expected:
        if suite not in ran:
            outcome.problems.append(f"suite {suite} did not run")
    if not any(BEGIN_MARK in line for line in lines):
        outcome.problems.append("the console has no begin mark: init did not run")
    if not any(END_MARK in line for line in lines):
        outcome.problems.append("the console has no end mark: init did not finish")
    elif leak_scan and not any("cxla-kunit: kmemleak scanned" in line for line in lines):
        outcome.problems.append("kmemleak did not scan")
    for line in lines:
        text = line.strip()
        if text.startswith("#") or _FRAME.match(text) or "Command line:" in text:
            continue
        if _REPORTS.search(text) and f"console: {text}" not in outcome.problems:
            outcome.problems.append(f"console: {text}")
    return outcome
