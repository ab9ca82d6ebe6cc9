# SPDX-License-Identifier: GPL-2.0-only
"""The list of findings that can't be helped."""

import fnmatch
import re
from dataclasses import dataclass


class ExcuseError(Exception):
    """The list itself is wrong."""


@dataclass
class Excuse:
    line: int
    check: str
    files: str
    pattern: str
    used: bool = False


class Excuses:
    """Lines of `check :: files :: pattern :: reason`: a finding of the check, in
    files of that name (shell wildcards), whose text the pattern is found in."""

    def __init__(self, path, checks):
        self.path, self.all = path, []
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not text.strip() or text.startswith("#"):
                continue
            fields = [field.strip() for field in text.split(" :: ")]
            if len(fields) != 4 or not all(fields):
                raise ExcuseError(f"{path}:{number}: not `check :: files :: pattern :: reason`")
            if fields[0] not in checks:
                raise ExcuseError(f"{path}:{number}: there is no check '{fields[0]}'")
            try:
                re.compile(fields[2])
            except re.error as error:
                raise ExcuseError(f"{path}:{number}: {fields[2]}: {error}") from None
            self.all.append(Excuse(number, *fields[:3]))

    def left_over(self, check, findings):
        """Findings that nothing excuses."""
        left = []
        for finding in findings:
            fits = [e for e in self.all if e.check == check and
                    fnmatch.fnmatchcase(finding.path, e.files) and
                    re.search(e.pattern, finding.text)]
            for excuse in fits:
                excuse.used = True
            if not fits:
                left.append(finding)
        return left

    def unused(self, check):
        return [e for e in self.all if e.check == check and not e.used]
