# SPDX-License-Identifier: GPL-2.0-only
"""Kernel C: W=1 and sparse in a build folder of its own, and checkpatch."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .finding import CheckError, Finding, cache_dir, digest, need, output

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernel"))
import kbuild  # noqa: E402

COMPLAINT = re.compile(r"^(\S+?):(\d+):(?:\d+:)? (?:fatal )?((?:warning|error): .*)$")
MODPOST = re.compile(r"^(?:WARNING|ERROR): .*$")
CHECKPATCH = re.compile(r"^(\S+?):(\d+): ((?:ERROR|WARNING|CHECK):.*)$")
# stands for the build folder in what is kept: another checkout has another one
BUILD = "@BUILD@"
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


def _log(top, build, sources, headers):
    """What a whole build says: all of it at once, so that nothing that is up to
    date is left out. Kept by content, as a build of the same says the same."""
    inputs = [top / p for p in sources]
    key = digest(BUILD, headers, *FLAGS, _version("gcc", "--version"), _version("sparse", "--version"),
                 *[p for pair in zip(sources, inputs) for p in pair])
    kept = cache_dir() / f"modules-{key}.log"
    if kept.exists():
        return kept.read_text(encoding="utf-8").replace(BUILD, str(build))
    tree = build / "kmod"
    shutil.rmtree(tree, ignore_errors=True)
    for path in sources:
        if path.startswith("kmod/"):
            link = build / path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(top / path)
    uapi = build / "uapi"
    uapi.unlink(missing_ok=True)
    uapi.symlink_to(top / "uapi")
    status, log = _make(headers, f"M={tree}", "modules")
    if not status:
        status, more = _make(tree / "sample", f"KDIR={headers}", f"CXLA={tree}")
        log += more
    (build / "modules.log").write_text(log, encoding="utf-8")
    if status:
        raise CheckError(f"the modules don't build; all of it: {build / 'modules.log'}\n" +
                         "\n".join([x for x in log.splitlines() if "error" in x.lower()][:10]))
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(f".{os.getpid()}")
    partial.write_text(log.replace(str(build), BUILD), encoding="utf-8")
    partial.rename(kept)
    return log


def build(top, folder, files):
    headers = _kernel_headers(top)
    sources = sorted(p for p in files if p.startswith(("kmod/", "uapi/")))
    found = []
    for line in _log(top, folder, sources, headers).splitlines():
        match = COMPLAINT.match(line)
        if match:
            path = match[1].removeprefix(f"{folder}/")
            # complaints about an inline function name the kernel's header
            path = re.sub(r"^/.*/(include|arch)/", r"kernel/\1/", path)
            found.append(Finding(path, int(match[2]), match[3]))
        elif MODPOST.match(line):
            found.append(Finding("modpost", 0, line))
    return found


def checkpatch(top, _build, files):
    sources = [p for p in files if p.startswith(("kmod/", "uapi/", "kunit/", "tools/"))
               and p.endswith((".c", ".h"))]
    try:
        script = kbuild.source() / "scripts" / "checkpatch.pl"
    except kbuild.BuildError as error:
        raise CheckError(str(error)) from None
    found = []
    text = output([need("perl"), str(script), "--no-tree", "--strict", "--no-summary", "--terse",
                   "--show-types", "--file", *sources], top, (0, 1))
    for line in text.splitlines():
        match = CHECKPATCH.match(line)
        if match:
            found.append(Finding(match[1], int(match[2]), match[3]))
        elif line.strip():
            raise CheckError(f"checkpatch.pl: {line}")
    return found
