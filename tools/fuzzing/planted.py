# SPDX-License-Identifier: GPL-2.0-only
"""Bugs on purpose, a patch each in userspace/fuzz/plants: fuzzing has to find them, from nothing
and by the inputs that are kept. `Target: NAME` in a patch's head says whose it is."""

import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import build, corpus, engine
from .record import FuzzError
from .targets import FUZZ, TOP, by_name

PLANTS = FUZZ / "plants"
# what programs of fuzzing are made of
TREES = ("userspace", "kmod/pure", "kmod/include", "uapi", "kunit/suites", "kunit/captures")
FILES = ("kmod/version.h",)


@dataclass(frozen=True)
class Plant:
    """One of them."""
    name: str
    target: object
    patch: Path


def all_plants():
    plants = []
    for patch in sorted(PLANTS.glob("*.patch")):
        match = re.search(r"^Target: (\w+)$", patch.read_text(encoding="utf-8"), re.M)
        if not match:
            raise FuzzError(f"{patch}: no line 'Target: NAME' in its head")
        plants.append(Plant(patch.stem, by_name(match[1]), patch))
    return plants


def _plant_into(folder, plant):
    for tree in TREES:
        if (TOP / tree).exists():
            shutil.copytree(TOP / tree, folder / tree)
    for file in FILES:
        shutil.copy(TOP / file, folder / file)
    done = subprocess.run(["patch", "-p1", "--force", "--fuzz=0", "-d", str(folder), "-i", str(plant.patch)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise FuzzError(f"{plant.patch} does not apply: {done.stdout.strip()[-300:]}")


def find(plant, seconds):
    """{"plant", "target", "found", "executions", "seconds", "by_kept", "what", "input"}"""
    with tempfile.TemporaryDirectory(prefix="cxla-planted-") as name:
        folder = Path(name)
        _plant_into(folder, plant)
        program = build.programs([plant.target.name], top=folder)
        empty, kept, findings = folder / "empty", folder / "kept", folder / "findings"
        for one in (empty, kept, findings):
            one.mkdir()
        corpus.unfold(corpus.read(plant.target.corpus), kept)
        prefix = f"-artifact_prefix={findings}/"
        by_kept, _ = engine.run(engine.command(program, plant.target, "-runs=0", f"-artifact_prefix={folder}/",
                                               folders=[kept]))
        start = time.monotonic()
        status, text = engine.run(engine.command(program, plant.target, prefix, f"-max_total_time={seconds}",
                                                 folders=[empty]))
        inputs = [file.read_bytes() for file in findings.glob("*-*")] if status else []
    return {"plant": plant.name, "target": plant.target.name, "found": bool(status),
            "executions": engine.executed(text), "seconds": round(time.monotonic() - start, 1),
            "by_kept": bool(by_kept), "what": engine.explained(status, text) if status else "",
            "input": min(inputs, key=len, default=None)}
