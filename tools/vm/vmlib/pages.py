# SPDX-License-Identifier: GPL-2.0-only
"""What the pages in Markdown show of a machine, and whether the machine did and printed that.

A block stands below a comment that names the boot which prints it, or runs each of its lines:

    <!-- printed by the boot NAME -->
    <!-- run by the boot NAME -->

A line `...` of output stands for lines that are left out. Seconds since boot differ, and nothing else
may. A command that was run is printed before its output, behind `$ `."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
CHECK = "pages_show_what_was_printed"
MARK = re.compile(r"^<!-- (printed|run) by the boot (\S+) -->$")
COMMENT = re.compile(r"\s+#.*$")
SECONDS = re.compile(r"\b\d+\.\d{6}\b")


@dataclass
class Shown:
    """A block: where it is, whether it is output or commands, of which boot, and its lines."""
    path: str
    line: int
    kind: str
    boot: str
    lines: list


def pages(top=TOP):
    """Every page of the repository, also one that git does not know yet."""
    done = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
                          cwd=top, check=True, capture_output=True, text=True)
    return [path for path in sorted(set(done.stdout.split("\0"))) if path and (top / path).is_file()]


def code(lines):
    """(number, text, fenced) of each line of code, fenced or indented by four blanks."""
    fence = False
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            fence = not fence
        elif fence:
            yield number, line, True
        elif line.startswith("    ") and line.strip():
            yield number, line[4:], False


def block(lines, start):
    """The code that follows line `start` at once; blank lines between its lines belong to it."""
    known = {number: text for number, text, _ in code(lines)}
    number, found = start + 1, []
    while number <= len(lines) and (number in known or not lines[number - 1].strip()):
        found.append(known.get(number, ""))
        number += 1
    while found and not found[-1]:
        found.pop()
    return found


def shown(top=TOP):
    """Every block that names a boot, of all pages."""
    found = []
    for path in pages(top):
        lines = (top / path).read_text(encoding="utf-8").splitlines()
        found += [Shown(path, number, match[1], match[2], block(lines, number))
                  for number, line in enumerate(lines, 1) if (match := MARK.match(line))]
    return found


def _same(lines):
    return [SECONDS.sub("SECONDS", re.sub(r" +", " ", line).strip()) if SECONDS.search(line) else line.rstrip()
            for line in lines]


def missing(block_lines, output):
    """The first part of a block that the output does not have, behind the part before it; or None."""
    have, at, part = _same(output.splitlines()), 0, []
    for line in [*_same(block_lines), "..."]:
        if line.strip() != "...":
            part.append(line)
            continue
        found = next((n for n in range(at, len(have) - len(part) + 1) if have[n:n + len(part)] == part), None)
        if part and found is None:
            return part
        at, part = (found or at) + len(part), []
    return None


def not_run(commands, output):
    """The first command of a block that was not run; or None."""
    have = set(output.splitlines())
    return next(([line] for line in commands if line and "$ " + COMMENT.sub("", line) not in have), None)


def compare(boot, output, top=TOP):
    """A problem in words, or None: each block that names this boot is in what it printed."""
    blocks = [b for b in shown(top) if b.boot == boot]
    find, verb = {"printed": missing, "run": not_run}, {"printed": "print", "run": "run"}
    problems = [f"{b.path}:{b.line}: the machine did not {verb[b.kind]}\n" + "\n".join(part)
                for b in blocks if (part := find[b.kind](b.lines, output) if b.lines else ["anything"])]
    if not blocks:
        problems = [f"no page shows what the boot {boot} prints"]
    return "\n".join(problems) or None
