# SPDX-License-Identifier: GPL-2.0-only
"""Shell and Python."""

import re

from .finding import CheckError, Finding, need, output

SHELL = re.compile(r"#!.*\b(?:ba|da)?sh\b")
PYTHON = re.compile(r"#!.*\bpython3?\b")
COMPLAINT = re.compile(r"^(\S+?):(\d+):(?:\d+:)? (.*)$")


def is_written_in(top, path, suffix, shebang):
    """Known by its name, or by its first line."""
    if path.endswith(suffix):
        return True
    if "." in path.rsplit("/", 1)[-1]:
        return False
    with open(top / path, "rb") as file:
        return bool(shebang.match(file.readline(200).decode("utf-8", "replace")))


def _written_in(top, files, suffix, shebang):
    found = [path for path in files if is_written_in(top, path, suffix, shebang)]
    if not found:
        raise CheckError(f"found no file {suffix}")
    return found


def _complaints(text):
    found = []
    for line in text.splitlines():
        match = COMPLAINT.match(line)
        if match:
            found.append(Finding(match[1], int(match[2]), match[3]))
        elif line.strip():
            raise CheckError(f"not understood: {line}")
    return found


def shellcheck(top, _build, files):
    scripts = _written_in(top, files, ".sh", SHELL)
    return _complaints(output([need("shellcheck"), "--format=gcc", *scripts], top, (0, 1)))


def pyflakes(top, _build, files):
    programs = _written_in(top, files, ".py", PYTHON)
    return _complaints(output([need("pyflakes3"), *programs], top, (0, 1)))
