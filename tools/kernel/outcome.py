# SPDX-License-Identifier: GPL-2.0-only
"""What came of the modules on one kernel, as a row of the table, of a page, and as JSON."""

# all that kmod/*/Kbuild and the sample can make
MODULES = ("cxla_core", "cxla_port", "cxla_mem", "cxla_acpi", "cxla_accel", "cxla_pci", "cxla_dax", "cxla_hmem",
           "cxl_sample")
ROW = "{:<28} {:<19} {:<9} {:<8} {:>7} {:>8} {:>7}  {}"
HEAD = ROW.format("kernel", "suite", "flavour", "compiled", "modules", "warnings", "seconds", "result")


class Outcome:
    """Of a kernel that is supported: modules without a warning. Of another: the sentence that refuses it."""

    def __init__(self, kernel, where="?"):
        self.kernel, self.where = kernel, where
        self.modules, self.warnings, self.notes, self.seconds, self.failure, self.kept = [], [], [], 0, None, False
        self.refusal, self.pending = None, False

    @property
    def passed(self):
        return self.failure is None and not self.warnings and not self.pending

    @property
    def left_out(self):
        return [m for m in MODULES if m not in self.modules] if self.passed and not self.refusal else []

    def json(self):
        return {"kernel": self.kernel.release, "suites": self.kernel.suites, "flavour": self.kernel.flavour,
                "compiled": self.where, "modules": self.modules, "left_out": self.left_out,
                "notes": self.notes, "warnings": self.warnings, "refusal": self.refusal, "failure": self.failure,
                "seconds": round(self.seconds, 1), "kept": self.kept, "pending": self.pending, "passed": self.passed}

    def keep(self, was):
        """What an earlier run has found."""
        self.modules, self.notes, self.seconds, self.refusal = was["modules"], was["notes"], was["seconds"], was["refusal"]
        self.kept, self.pending, self.where = True, False, was["compiled"]

    def result(self):
        if self.pending:
            return "not compiled yet"
        if not self.passed:
            return "FAILED: " + (self.failure or self.warnings[0])
        if self.refusal:
            return f"refused: {self.refusal}"
        return "passed" + (f"; without {', '.join(self.left_out)}" if self.left_out else "")

    def row(self):
        return ROW.format(self.kernel.release, self.kernel.suites[0], self.kernel.flavour, self.where,
                          len(self.modules), len(self.warnings), f"{self.seconds:.0f}",
                          self.result() + ("; from an earlier run" if self.kept else ""))


def summary(outcomes):
    passed, pending = sum(o.passed for o in outcomes), sum(o.pending for o in outcomes)
    return f"{passed} passed, {len(outcomes) - passed - pending} failed" + (f", {pending} not compiled yet" if pending else "")


def markdown(outcomes, commit):
    """The table of a page. Seconds depend on what else the machine did, so they are left out."""
    lines = ["| kernel | suites | flavour | compiled | modules | warnings | result |", "|---|---|---|---|---:|---:|---|"]
    for one in outcomes:
        counted = ["", "", ""] if one.pending else [one.where, str(len(one.modules)), str(len(one.warnings))]
        cells = [one.kernel.release, ", ".join(one.kernel.suites), one.kernel.flavour, *counted, one.result()]
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    notes = sorted({note for one in outcomes for note in one.notes})
    return "\n".join([*lines, "", f"{summary(outcomes)}, of modules as of {commit}.", *(f"- {note}." for note in notes)])
