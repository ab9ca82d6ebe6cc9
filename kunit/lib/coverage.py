# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of the shipped modules the suites reached.

init copies the kernel's counters (.gcda) into a folder of the run, under the
path of the object they belong to; gcov puts them together with the compiler's
notes (.gcno). A source that is in several objects, as a suite's and a module's,
is reached where one of them reached it.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


class CoverageError(Exception):
    """Counters that were asked for could not be had: never a pass."""


@dataclass
class Source:
    path: str                                   # relative to the repository
    lines: dict = field(default_factory=dict)   # number -> times reached
    owner: dict = field(default_factory=dict)   # number -> function
    functions: dict = field(default_factory=dict)  # (first line, name) -> times entered

    @property
    def covered(self):
        return sum(count > 0 for count in self.lines.values())

    def unreached(self):
        """(first, last, function): lines with code that follow each other."""
        ranges = []
        previous = False
        for number in sorted(self.lines):
            missed, owner = not self.lines[number], self.owner[number]
            if missed and previous and ranges[-1][2] == owner:
                ranges[-1] = (ranges[-1][0], number, owner)
            elif missed:
                ranges.append((number, number, owner))
            previous = missed
        return ranges


def keep_notes(tree, folder):
    """The notes of this build, kept apart from the next one that may follow
    while the kernel still runs: paths in `folder` are those of the objects."""
    for note in tree.rglob("*.gcno"):
        copy = folder / str(note).lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(note, copy)


def _gcov(folder, objects):
    """gcov's documents for these .gcda or .gcno files."""
    if not objects:
        return []
    try:
        done = subprocess.run(["gcov", "--json-format", "--stdout", *map(str, objects)], cwd=folder,
                              check=False, capture_output=True, text=True)
    except OSError as error:
        raise CoverageError(f"gcov: {error.strerror}; apt-get install gcc") from None
    # notes without counters are asked for on purpose: code that wasn't loaded
    complaints = [line for line in done.stderr.splitlines()
                  if "cannot open data file, assuming not executed" not in line
                  # one that only the compiler looks at
                  and not line.endswith(":no functions found")]
    if done.returncode or complaints:
        raise CoverageError(f"gcov ended with {done.returncode}: " + "; ".join(complaints[:3]))
    try:
        return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    except ValueError as error:
        raise CoverageError(f"gcov's output is not JSON: {error}") from None


def _add(sources, document, top):
    for file in document["files"]:
        path = Path(os.path.realpath(os.path.join(document["current_working_directory"], file["file"])))
        if not path.is_relative_to(top / "kmod"):
            continue
        name = str(path.relative_to(top))
        source = sources.setdefault(name, Source(name))
        for line in file["lines"]:
            number = line["line_number"]
            source.lines[number] = source.lines.get(number, 0) + line["count"]
            source.owner.setdefault(number, line.get("function_name", "?"))
        for function in file["functions"]:
            key = (function["start_line"], function["name"])
            source.functions[key] = source.functions.get(key, 0) + function["execution_count"]


def read(folder, tree, top):
    """Coverage of what was loaded, by path, and the sources that nothing built."""
    counters = sorted(folder.rglob("*.gcda"))
    if not counters:
        raise CoverageError("the kernel left no counters")
    # named by the object's path without its suffix
    have = {str(path).removesuffix(".gcda") for path in counters}
    notes = {str(path).removesuffix(".gcno") for path in folder.rglob("*.gcno")}
    without_notes = sorted(have - notes)
    if without_notes:
        raise CoverageError(f"counters of an object that this build did not make: {without_notes[0]}")
    shipped = f"{folder}{tree}/kmod/"
    not_loaded = [f"{path}.gcno" for path in sorted(notes - have)
                  if path.startswith(shipped) and not path.endswith(".mod")]
    sources = {}
    for document in _gcov(folder, counters) + _gcov(folder, not_loaded):
        _add(sources, document, top)
    sources = {name: source for name, source in sorted(sources.items()) if source.lines}
    if not sources:
        raise CoverageError("no counter is of a file of kmod")
    every = {str(path.relative_to(top)) for path in (top / "kmod").rglob("*.c")}
    # an object may have no line of its own: one that only holds trace events
    built = {f"kmod/{path.removeprefix(shipped)}.c" for path in notes}
    return sources, sorted(every - built - set(sources))


def merge(readings):
    """One reading of several kernels': a line that one of them reached is reached."""
    sources, absent = {}, None
    for found, missing in readings:
        for name, source in found.items():
            into = sources.setdefault(name, Source(name))
            for number, count in source.lines.items():
                into.lines[number] = into.lines.get(number, 0) + count
                into.owner.setdefault(number, source.owner[number])
            for key, count in source.functions.items():
                into.functions[key] = into.functions.get(key, 0) + count
        absent = set(missing) if absent is None else absent & set(missing)
    return dict(sorted(sources.items())), sorted(absent or ())


def _ranges(source):
    return [(f"{a}" if a == b else f"{a}-{b}", owner) for a, b, owner in source.unreached()]


def _percent(covered, lines):
    # never 100 but when it is all of them
    return f"{int(1000 * covered / lines) / 10:5.1f} %"


def write(out, sources, absent):
    """coverage.json and coverage.txt; returns the table for the terminal."""
    total = sum(len(s.lines) for s in sources.values())
    covered = sum(s.covered for s in sources.values())
    document = {
        "lines": total, "covered": covered,
        "files": {s.path: {
            "lines": len(s.lines), "covered": s.covered,
            "counts": {str(n): s.lines[n] for n in sorted(s.lines)},
            "functions": [{"name": name, "line": line, "entered": count}
                          for (line, name), count in sorted(s.functions.items())],
            "unreached": [{"first": a, "last": b, "function": f} for a, b, f in s.unreached()],
        } for s in sources.values()},
        "not_built": absent,
    }
    (out / "coverage.json").write_text(json.dumps(document, indent=1) + "\n")

    width = max(map(len, [*sources, *absent]))
    table, text = [], []
    for s in sources.values():
        head = f"{s.path:{width}}  {s.covered:4}/{len(s.lines):<4} {_percent(s.covered, len(s.lines))}"
        ranges = _ranges(s)
        some = ""
        for shown, (numbers, _) in enumerate(ranges):
            if len(some) + len(numbers) > 36:
                some += f" +{len(ranges) - shown}"
                break
            some += f" {numbers}"
        table.append(f"{head} {some}".rstrip())
        text.append(head)
        text += [f"    {numbers:>11}  {owner}" for numbers, owner in ranges]
    for path in absent:
        table.append(f"{path:{width}}  not built under UML")
        text.append(table[-1])
    tail = (f"{'all that is built':{width}}  {covered:4}/{total:<4} {_percent(covered, total)}"
            f"  {len(absent)} files are not built under UML")
    (out / "coverage.txt").write_text(
        "Lines reached, lines with code; lines not reached, and the function they are in.\n\n" +
        "\n".join([*text, tail]) + "\n")
    return [*table, tail]
