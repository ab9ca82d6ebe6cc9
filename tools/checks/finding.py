# SPDX-License-Identifier: GPL-2.0-only
"""What a check finds, and how it runs the programs that find it."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


class CheckError(Exception):
    """A check could not be made: that is a failure, never a pass."""


@dataclass
class Finding:
    """One complaint: `path` is relative to the repository."""
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"


def need(program):
    """The program's path; without it the check fails."""
    path = shutil.which(program)
    if not path:
        raise CheckError(f"{program} is not installed: run tools/setup")
    return path


def output(command, cwd, good=(0,)):
    """Standard output and error of a program that ends with one of these statuses."""
    done = subprocess.run(command, cwd=cwd, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace")
    if done.returncode not in good:
        raise CheckError(f"{' '.join(map(str, command[:3]))} ... ended with {done.returncode}:\n" +
                         done.stdout[-2000:].strip())
    return done.stdout


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "cxla" / "check"


def digest(*parts):
    """One name for all of these texts and files."""
    total = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else str(part).encode()
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()[:24]
