# SPDX-License-Identifier: GPL-2.0-only
"""Kernel C: W=1 and sparse in build folders of their own, and checkpatch."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .finding import CheckError, Finding, cache_dir, digest, need, output

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernel"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "kunit" / "lib"))
import captures  # noqa: E402
import kbuild  # noqa: E402
import kerneldoc  # noqa: E402
import x86  # noqa: E402

COMPLAINT = re.compile(r"^(\S+?):(\d+):(?:\d+:)? (?:fatal )?((?:warning|error): .*)$")
# the kernel's makefile goes on without sparse when that can't read its headers
NO_SPARSE = "sparse is not available or not up to date"
MODPOST = re.compile(r"^(?:WARNING|ERROR): .*$")
CHECKPATCH = re.compile(r"^(\S+?):(\d+): ((?:ERROR|WARNING|CHECK):.*)$")
# stands for the build folder in what is kept: another checkout has another one
BUILD = "@BUILD@"
PATCH_FLAGS = ("--no-tree", "--strict", "--no-summary", "--terse", "--show-types")
FLAGS = ("W=1", "C=2", "CF=-D__CHECK_ENDIAN__")


def _kernel_headers(top):
    return output([str(top / "tools" / "kernel" / "stock"), "headers"], top).strip()


def _version(*command):
    return output([need(command[0]), *command[1:]], None).splitlines()[0]


def _make(folder, *arguments):
    """The log of a build, which may have failed: then that is in it."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(["make", f"-j{os.cpu_count() or 1}", "-C", str(folder), *arguments,
                           *FLAGS], check=False, stdin=subprocess.DEVNULL, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace")
    return done.returncode, done.stdout


def _links(top, tree, links):
    """A new tree of links: all of it is built at once, so that nothing that is
    up to date is left out."""
    shutil.rmtree(tree, ignore_errors=True)
    for name, path in links.items():
        link = tree / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(top / path)


def _log(top, tree, sources, objects, builds, others=()):
    """What make says in `tree`, by these (folder, arguments) one after the other.
    Kept by content, as a build of the same says the same."""
    key = digest(BUILD, tree.name, objects, *FLAGS, _version("gcc", "--version"),
                 _version("sparse", "--version"),
                 *[p for path in sources for p in (path, top / path)])
    kept = cache_dir() / f"modules-{key}.log"
    if kept.exists():
        return kept.read_text(encoding="utf-8").replace(BUILD, str(tree))
    _links(top, tree, {**{path: path for path in sources}, **dict(others)})
    status, log = 0, ""
    for build in builds:
        if not status:
            status, more = _make(*build)
            log += more
    whole = tree.parent / f"{tree.name}.log"
    whole.write_text(log, encoding="utf-8")
    if status:
        raise CheckError(f"it doesn't build; all of it: {whole}\n" +
                         "\n".join([x for x in log.splitlines() if "error" in x.lower()][:10]))
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(f".{os.getpid()}")
    partial.write_text(log.replace(str(tree), BUILD), encoding="utf-8")
    partial.rename(kept)
    return log


def _findings(log, tree, folder):
    """What a log complains about. Since 6.13 make is where the modules are, and
    paths are relative to that `folder`."""
    found = []
    for line in log.splitlines():
        match = COMPLAINT.match(line)
        if match:
            path = match[1].removeprefix(f"{tree}/")
            # complaints about an inline function name the kernel's header
            path = re.sub(r"^/.*/(include|arch)/", r"kernel/\1/", path)
            if (tree / folder / path).exists():
                path = f"{folder}/{path}"
            # a suite names the source that it includes from its own folder
            found.append(Finding(os.path.normpath(path), int(match[2]), match[3]))
        elif MODPOST.match(line):
            found.append(Finding("modpost", 0, line))
    return found


def _modules(top, tree, files, objects):
    sources = sorted(p for p in files if p.startswith(("kmod/", "uapi/")))
    kmod = tree / "kmod"
    log = _log(top, tree, sources, objects,
               [(objects, f"M={kmod}", "modules"),
                (kmod / "sample", f"KDIR={objects}", f"CXLA={kmod}")])
    return log, _findings(log, tree, "kmod")


def _must_have_sparse(log):
    if NO_SPARSE in log or not re.search(r"^\s+CHECK ", log, re.M):
        raise CheckError("sparse did not run")


def stock(top, build, files):
    log, found = _modules(top, build / "stock", files, _kernel_headers(top))
    _must_have_sparse(log)
    return found


def newest(top, build, files):
    """Without sparse when it is too old for that kernel's headers."""
    try:
        objects = x86.kernel("debug-7") / "objects"
    except kbuild.BuildError as error:
        raise CheckError(str(error)) from None
    return _modules(top, build / "newest", files, str(objects))[1]


def kunit(top, build, files):
    """The suites, against the kernel they run in; bugs on purpose are compiled, too."""
    config = top / "kunit" / "config"
    try:
        objects = kbuild.uml([config / "uml-base.config", config / "uml-debug.config"])
    except kbuild.BuildError as error:
        raise CheckError(str(error)) from None
    sources = sorted(p for p in files if p.startswith(("kmod/", "uapi/", "kunit/"))
                     and (p.endswith((".c", ".h", ".mk")) or "/Kbuild" in p))
    tree, header = build / "suites", build / "captures.h"
    header.write_text(captures.generate(top / "kunit" / "captures"), encoding="utf-8")
    made = str(header.relative_to(top))
    sources.append(made)
    log = _log(top, tree, sources, str(objects),
               [(objects, "ARCH=um", f"M={tree}", "CXLA_PLANTS=y", "kunit/")],
               {"Kbuild": "kunit/Kbuild.top", "kunit/suites/captures.h": made})
    _must_have_sparse(log)
    return _findings(log, tree, ".")


def checkpatch(top, _build, files):
    sources = [p for p in files if p.startswith(("kmod/", "uapi/", "kunit/", "tools/"))
               and not p.startswith("tools/qemu/")      # QEMU's style
               and p.endswith((".c", ".h"))]
    try:
        script = kbuild.source() / "scripts" / "checkpatch.pl"
    except kbuild.BuildError as error:
        raise CheckError(str(error)) from None
    def mark(path):
        return cache_dir() / ("checkpatch-" + digest(script, *PATCH_FLAGS, path, top / path))

    marks = {path: mark(path) for path in sources}
    new = [path for path in sources if not marks[path].exists()]
    found = []
    # with no file it would read what it is to check from its input
    text = output([need("perl"), str(script), *PATCH_FLAGS, "--file", *new], top, (0, 1)) if new else ""
    for line in text.splitlines():
        match = CHECKPATCH.match(line)
        if match:
            found.append((line, Finding(match[1], int(match[2]), match[3])))
        elif line.strip():
            raise CheckError(f"checkpatch.pl: {line}")
    cache_dir().mkdir(parents=True, exist_ok=True)
    for path in new:
        partial = marks[path].with_suffix(f".{os.getpid()}")
        partial.write_text("".join(f"{line}\n" for line, f in found if f.path == path), encoding="utf-8")
        partial.rename(marks[path])
    kept = [CHECKPATCH.match(line) for path in sources if path not in new
            for line in marks[path].read_text(encoding="utf-8").splitlines()]
    return [f for _, f in found] + [Finding(m[1], int(m[2]), m[3]) for m in kept]


def documented(top, build, _files):
    """The kernel-doc comments of the API; what is made of them is read by people only."""
    try:
        return [Finding(*complaint) for complaint in kerneldoc.write(top, build / "doc")]
    except kbuild.BuildError as error:
        raise CheckError(str(error)) from None
