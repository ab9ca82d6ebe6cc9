# SPDX-License-Identifier: GPL-2.0-only
"""C++ of the program and its tests. Both programs change their mind with
each version, so one is asked for by number that Debian 12 and 13 both have."""

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor

from .finding import CheckError, Finding, cache_dir, digest, need, output

FORMAT, TIDY = "clang-format-19", "clang-tidy-19"
COMPLAINT = re.compile(r"^(\S+?):(\d+):\d+: ((?:warning|error): .*)$")
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.M)
FOLDERS = ("userspace/lib", "userspace/cli", "userspace/tests", "uapi", "kmod/pure", "kmod")
SUFFIXES = (".c", ".h", ".cpp")
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


def _commands(top, build):
    """How each file is compiled, once: the build has files of the library twice,
    as its tests are built with sanitizers, and clang-tidy would look twice."""
    need("cmake")
    tree = build / "tidy"
    output(["cmake", "-S", str(top / "userspace"), "-B", str(tree), "-G", "Ninja",
            "-DCXLA_TESTS=ON"], top)
    entries = {}
    for entry in json.loads((tree / "compile_commands.json").read_text(encoding="utf-8")):
        if entry["file"].endswith(".cpp"):
            entries.setdefault(entry["file"], entry)
    once = tree / "once"
    once.mkdir(exist_ok=True)
    (once / "compile_commands.json").write_text(json.dumps(list(entries.values())), encoding="utf-8")
    return once, {file.removeprefix(f"{top}/"): entry["command"] for file, entry in entries.items()}


def clang_tidy(top, build, files):
    program = need(TIDY)
    tree, commands = _commands(top, build)
    sources = [p for p in files if p in commands]
    if not sources:
        raise CheckError("the build knows no source file")
    version = output([program, "--version"], top)
    config = top / "userspace" / ".clang-tidy"
    clean = cache_dir()
    clean.mkdir(parents=True, exist_ok=True)

    def look(path):
        mark = clean / ("tidy-" + digest(version, config,
            commands[path].replace(str(top), TOP), *_with_headers(top, path)))
        if mark.exists():
            return []
        text = output([program, "--quiet", "-p", str(tree), path], top, (0, 1))
        found = _findings(text, top)
        if not found and "error" not in text:
            mark.touch()
        elif not found:
            raise CheckError(f"{path}: {text.strip()[-500:]}")
        return found

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        results = list(pool.map(look, sources))
    # a header's finding comes up in each file that includes it
    found = {str(f): f for result in results for f in result}
    return list(found.values())
