# SPDX-License-Identifier: GPL-2.0-only
"""Results of tests, as lines for people and as a JUnit file."""

import re
from dataclasses import dataclass
from xml.etree import ElementTree

NOT_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]")


@dataclass
class Case:
    """status: passed, failed or skipped; text: why, and what was printed; of one that
    passed, its figures."""
    group: str
    name: str
    status: str
    seconds: float = 0
    text: str = ""

    @property
    def reason(self):
        return self.text.splitlines()[0] if self.text else ""

    def __str__(self):
        word = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}[self.status]
        line = f"{word:7} {self.group}/{self.name} ({self.seconds:.1f} s)"
        if self.status == "skipped":
            line += f": {self.reason}"
        else:
            line += "".join(f"\n        {row}" for row in self.text.splitlines())
        return line


def totals(cases):
    return {status: sum(1 for c in cases if c.status == status)
            for status in ("passed", "failed", "skipped")}


def write(path, cases):
    suites = ElementTree.Element("testsuites")
    for group in dict.fromkeys(c.group for c in cases):
        members = [c for c in cases if c.group == group]
        number = totals(members)
        suite = ElementTree.SubElement(
            suites, "testsuite", name=group, tests=str(len(members)),
            failures=str(number["failed"]), skipped=str(number["skipped"]),
            time=f"{sum(c.seconds for c in members):.3f}")
        for case in members:
            element = ElementTree.SubElement(suite, "testcase", classname=group, name=case.name,
                                             time=f"{case.seconds:.3f}")
            if case.status != "passed":
                kind = "failure" if case.status == "failed" else "skipped"
                ElementTree.SubElement(element, kind, message=NOT_XML.sub("?", case.reason)).text \
                    = NOT_XML.sub("?", case.text)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)
