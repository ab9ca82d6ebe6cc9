# SPDX-License-Identifier: GPL-2.0-only
"""C++ of the program and its tests. Both programs change their mind with
each version, so one is asked for by number that Debian 12 and 13 both have."""

import json
import os
import re
import shlex
from concurrent.futures import ThreadPoolExecutor

from .finding import CheckError, Finding, cache_dir, digest, need, output

FORMAT, TIDY = "clang-format-19", "clang-tidy-19"
COMPLAINT = re.compile(r"^(\S+?):(\d+):\d+: ((?:warning|error): .*)$")
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.M)
FOLDERS = ("userspace/lib", "userspace/cli", "userspace/tests", "userspace/fuzz", "uapi", "kmod/pure", "kmod",
           "kunit/suites")
SUFFIXES = (".c", ".h", ".cpp")
# files that clang-tidy looks at together
UNIT = 12
# stands for the checkout in what is kept: another one is elsewhere
TOP = "@TOP@"


def _findings(text, top):
    found = []
    for line in text.splitlines():
        match = COMPLAINT.match(line)
        if match:
            found.append(Finding(match[1].removeprefix(f"{top}/"), int(match[2]), match[3]))
    return found


def clang_format(top, _build, files):
    sources = [p for p in files if p.startswith("userspace/")
               and p.endswith(SUFFIXES)]
    return _findings(output([need(FORMAT), "--dry-run", "-Werror", *sources], top, (0, 1)), top)


def _with_headers(top, path):
    """The file and every file of ours that it includes, however deep."""
    seen, todo = [], [top / path]
    while todo:
        file = todo.pop()
        if file in seen:
            continue
        seen.append(file)
        for name in INCLUDE.findall(file.read_text(encoding="utf-8")):
            places = [file.parent, *(top / f for f in FOLDERS)]
            todo += [(p / name).resolve() for p in places if (p / name).is_file()][:1]
    return sorted(seen)


def _flags(command):
    """What a file is compiled with, without the compiler, what launches it, the file, and
    warnings that only the other compiler knows."""
    return [word for word in shlex.split(command) if word in ("-Wall", "-Wextra")
            or word.startswith(("-D", "-I", "-f", "-isystem", "-pthread", "-std"))]


def _units(top, build, files):
    """(options, files), several files at a time: what clang-tidy looks at in the
    headers of a file takes most of its time. The build's units go from A to Z, these go
    from Z to A: where a file lacks an include that those before it have, one of both fails."""
    tree = build / "tidy"
    output(["cmake", "-S", str(top / "userspace"), "-B", str(tree), "-G", "Ninja",
            "-DCXLA_TESTS=ON", "-DCXLA_UNITY=OFF"], top)
    groups = {}
    seen = set()
    for entry in json.loads((tree / "compile_commands.json").read_text(encoding="utf-8")):
        path = entry["file"].removeprefix(f"{top}/")
        # the library is built twice, with sanitizers for its tests
        if path.endswith(".cpp") and path in files and path not in seen:
            seen.add(path)
            groups.setdefault((os.path.dirname(path), *_flags(entry["command"])), []).append(path)
    for (_, *flags), paths in groups.items():
        paths.sort(reverse=True)
        for first in range(0, len(paths), UNIT):
            yield flags, paths[first:first + UNIT]


def clang_tidy(top, build, files):
    need("cmake")
    program = need(TIDY)
    units = list(_units(top, build, set(files)))
    if not units:
        raise CheckError("the build knows no source file")
    version = output([program, "--version"], top)
    config = top / "userspace" / ".clang-tidy"
    clean = cache_dir()
    clean.mkdir(parents=True, exist_ok=True)

    def look(unit):
        flags, paths = unit
        mark = clean / ("tidy-" + digest(version, config, " ".join(flags).replace(str(top), TOP), *paths,
                                         *(f for path in paths for f in _with_headers(top, path))))
        if mark.exists():
            return []
        source = build / "tidy" / f"{mark.name}.cpp"
        source.write_text("".join(f'#include "{top / path}" // NOLINT(bugprone-suspicious-include)\n'
                                  for path in paths), encoding="utf-8")
        text = output([program, "--quiet", f"--config-file={config}", str(source), "--", *flags], top, (0, 1))
        found = _findings(text, top)
        if not found and "error" not in text:
            mark.touch()
        elif not found:
            raise CheckError(f"{', '.join(paths)}: {text.strip()[-500:]}")
        return found

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        results = list(pool.map(look, units))
    # a header's finding comes up in each unit that includes it
    found = {str(f): f for result in results for f in result}
    return list(found.values())
