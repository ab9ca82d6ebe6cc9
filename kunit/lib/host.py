# SPDX-License-Identifier: GPL-2.0-only
"""What User Mode Linux is given on the host: libraries that are preloaded, built into the cache."""

import functools
import hashlib
import subprocess
import tempfile
from pathlib import Path

import kbuild

HERE = Path(__file__).resolve().parent


@functools.cache
def library(name):
    """The library made of name.c, which says what it is for."""
    source = HERE / f"{name}.c"
    key = hashlib.sha256(source.read_bytes() + kbuild.compiler().encode()).hexdigest()[:16]
    built = kbuild.cache_dir() / "preloaded" / f"{name}-{key}.so"
    if not built.exists():
        built.parent.mkdir(parents=True, exist_ok=True)
        # kernels are started by several threads, the first ones at once
        with tempfile.TemporaryDirectory(dir=built.parent) as folder:
            fresh = Path(folder) / built.name
            done = subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", str(fresh), str(source), "-ldl"],
                                  capture_output=True, text=True, check=False)
            if done.returncode:
                raise kbuild.BuildError(f"gcc {source}: {done.stderr.strip()}")
            fresh.rename(built)
    return built


def preloaded(*names):
    """The environment that preloads them, and what UML needs on any processor."""
    return {"LD_PRELOAD": ":".join(str(library(name)) for name in (*names, "xstate"))}
