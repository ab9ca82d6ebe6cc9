# SPDX-License-Identifier: GPL-2.0-only
"""Builds the programs: clang with libFuzzer, sanitizers or counters of lines, in a folder of its own."""

import os
import shutil
import subprocess

from .record import FuzzError
from .targets import TOP

CLANG, CLANGXX, COV, PROFDATA = "clang-19", "clang++-19", "llvm-cov-19", "llvm-profdata-19"


def need(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        raise FuzzError(f"{', '.join(missing)}: not installed; `make setup` installs what tests need")


def programs(names, *, coverage=False, top=TOP, folder=None):
    """The folder that has fuzz_NAME for each of these; what the compiler says goes to standard error."""
    need(CLANG, CLANGXX, "cmake", "ninja")
    folder = folder or top / "build" / ("fuzz-coverage" if coverage else "fuzz")
    configure = ["cmake", "-S", str(top / "userspace"), "-B", str(folder), "-G", "Ninja", "-DCXLA_TESTS=OFF",
                 "-DCXLA_FUZZ=ON", f"-DCXLA_FUZZ_COVERAGE={'ON' if coverage else 'OFF'}"]
    done = subprocess.run(configure, env=dict(os.environ, CC=CLANG, CXX=CLANGXX), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise FuzzError(f"cmake failed: {(done.stderr or done.stdout).strip()[-1000:]}; "
                        "`make setup` installs what tests need, libclang-rt-19-dev among it")
    status = subprocess.run([str(TOP / "tools" / "build-progress"), "--folder", str(folder),
                             *(f"fuzz_{name}" for name in names)], stdin=subprocess.DEVNULL, stdout=2,
                            check=False).returncode
    if status:
        raise FuzzError("the build failed; the compiler's words are above")
    return folder / "fuzz"
