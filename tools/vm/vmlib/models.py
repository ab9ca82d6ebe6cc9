# SPDX-License-Identifier: GPL-2.0-only
"""What QEMU has for each kind of device. Its releases have no accelerator: that is
tools/qemu, preloaded. Where QEMU can't take it an expander stands in for it."""

import functools
import os
import subprocess
import sys
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "qemu" / "build"
EXPANDER = {"accelerator": "cxl-type3", "expander": "cxl-type3"}
UNSUITABLE = 3      # exit status of the build


class ModelError(Exception):
    """The accelerator can't be compiled."""


@functools.cache
def accelerator():
    """The shared object that has it; None, and a line on standard error, without one."""
    done = subprocess.run([BUILD], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == UNSUITABLE:
        sys.stderr.write("tools/vm: a memory expander stands in for each accelerator\n")
        return None
    if done.returncode:
        raise ModelError(f"tools/qemu/build ended with {done.returncode}")
    return done.stdout.strip()


def choose(topology, report):
    """QEMU's name for each kind, with its options, and the environment to start QEMU in.
    Counters of real accelerators, and of host bridges and switches, come into the file."""
    if not topology.has_accelerators() or not accelerator():
        return EXPANDER, os.environ.copy()
    return (EXPANDER | {"accelerator": f"cxl-accel,report={report}"},
            os.environ | {"LD_PRELOAD": accelerator()})
