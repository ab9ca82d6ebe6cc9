# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of the files that a target is about its inputs reach, by llvm-cov."""

import json
import os
import subprocess
import tempfile

from . import build, engine
from .record import FuzzError
from .targets import TOP


def _call(*words, **options):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise FuzzError(f"{words[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def measure(program, target, record):
    """{"lines", "covered", "files": {path: [covered, lines]}}; one input after the other, none new."""
    build.need(build.COV, build.PROFDATA)
    with tempfile.TemporaryDirectory(prefix="cxla-coverage-") as folder:
        raw, merged = f"{folder}/raw", f"{folder}/merged"
        _call(*engine.command(program, target, "-runs=0", folders=[record.corpus]),
              env=dict(os.environ, LLVM_PROFILE_FILE=raw, LC_ALL="C.UTF-8"))
        _call(build.PROFDATA, "merge", "-sparse", raw, "-o", merged)
        text = _call(build.COV, "export", "-summary-only", f"-instr-profile={merged}",
                     str(program / f"fuzz_{target.name}"), *(str(TOP / source) for source in target.sources))
    files = {}
    for file in json.loads(text)["data"][0]["files"]:
        lines = file["summary"]["lines"]
        files[os.path.relpath(file["filename"], TOP)] = [lines["covered"], lines["count"]]
    return {"covered": sum(c for c, _ in files.values()), "lines": sum(n for _, n in files.values()), "files": files}
