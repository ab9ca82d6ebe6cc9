# SPDX-License-Identifier: GPL-2.0-only
"""What a result is about: a digest of the content that it depends on, whatever git says
of it. Comments and blank space of C and C++ don't count: no compiler sees them.
"""

import functools
import hashlib
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from c_text import without_comments  # noqa: E402

TOP = Path(__file__).resolve().parents[2]
CODE = (".c", ".h", ".cpp")
# nothing of what is tested
LEFT_OUT = (".md", ".pyc")


def _content(path):
    data = path.read_bytes()
    if path.suffix not in CODE:
        return data
    data = without_comments(data)
    return b"\n".join(line for line in (b" ".join(line.split()) for line in data.split(b"\n")) if line)


@functools.lru_cache(None)
def _digest(path, _time, _size):
    return hashlib.sha256(_content(path)).digest()


def files_of(places, top=TOP):
    """Files named, and below folders named; one that is not there is none."""
    found = set()
    for place in places:
        path = top / place
        found |= {path} if path.is_file() else {p for p in path.rglob("*") if p.is_file()}
    return sorted(p for p in found if p.suffix not in LEFT_OUT and "__pycache__" not in p.parts)


def digest(places, more="", top=TOP):
    """Of all files at some places, and their names; `more` is text that decides, too."""
    whole = hashlib.sha256(more.encode())
    for path in files_of(places, top):
        stat = path.stat()
        whole.update(str(path.relative_to(top)).encode() + b"\0" + _digest(path, stat.st_mtime_ns, stat.st_size))
    return whole.hexdigest()[:12]


def commit(places=(".",), top=TOP):
    """Of the sources, with a + if what is there differs from it in some of the places."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=top, check=True, capture_output=True, text=True).stdout

    try:
        differs = git("status", "--porcelain", "--", *[p for p in places if (top / p).exists()])
        return git("rev-parse", "--short=9", "HEAD").strip() + ("+" if differs.strip() else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
