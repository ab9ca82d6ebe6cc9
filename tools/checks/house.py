# SPDX-License-Identifier: GPL-2.0-only
"""Rules of this repository that no other tool knows."""

import re
import subprocess

from .finding import Finding

LONGEST = 600
VERSION_TEST = re.compile(r"\b(LINUX_VERSION_\w+|KERNEL_VERSION|RHEL_RELEASE_\w+)\b"
                          r"|include\s*[<\"](linux/version|generated/utsrelease)\.h")
SPDX = "SPDX-License-Identifier: GPL-2.0-only"
# linked with QEMU, and for others to take over
SPDX_QEMU = "SPDX-License-Identifier: GPL-2.0-or-later"
KERNEL_PARTS = ("kmod/", "uapi/", "kunit/")
# nothing in these is a comment; data has no concept to be cut at, either
NO_COMMENT = (".json", ".capture", ".expect", "COPYING")
# rooms of userspace/lib, and those that each may use: userspace/README.md
ROOMS = {"sys": (), "cxl": ("sys",), "load": ("sys", "cxl")}
ROOMS |= {room: ("sys", "cxl", "load") for room in ("bench", "stress", "report")}
ROOMS["draw"] = ("sys",)
ROOMS["selftest"] = ("sys", "cxl", "load", "bench", "stress", "report")
ROOM = re.compile(r"^userspace/lib/(?:(\w+)/)?\w+\.\w+$")
INCLUDED_ROOM = re.compile(r'^#include "(\w+)/')
# layers of kmod/core, from the bottom: kmod/README.md
LAYERS = (
    ("hardware", ("access", "pci", "regs", "trace.h")),
    ("bus", ("bus", "places", "retry", "started", "record", "devnode")),
    ("claims", ("claim",)),
    ("topology", ("port", "dport", "decoder", "hdm", "emulate", "peek", "program", "dpa")),
    ("regions", ("root", "route", "region", "region_sysfs", "commit", "dax_region",
                 "floor", "layout", "user_region")),
    ("attach", ("attach", "attach_region", "create", "memdev", "mem_node", "enumerate", "port_setup", "snapshot", "restore", "cxl_reset")),
    ("module", ("main", "ledger", "trace.c")),
)
CORE = "kmod/core/"
PLANT = re.compile(r"^(?:kunit/explore|userspace/fuzz)/plants/.*\.patch$")
INCLUDED = re.compile(r'^#include "([\w.]+)"')


def layer(name):
    """Which layer a file of kmod/core is in, or None."""
    return next((number for number, (_, files) in enumerate(LAYERS)
                 if name in files or name.rsplit(".", 1)[0] in files), None)


def layers(path, lines):
    """A file of the core uses its own layer and those below, never above."""
    if not path.startswith(CORE) or not path.endswith((".c", ".h")):
        return []
    own = layer(path.removeprefix(CORE))
    if own is None:
        return [Finding(path, 0, "is in none of the layers of kmod/README.md")]
    used = [(number, layer(found[1])) for number, line in enumerate(lines, 1)
            if (found := INCLUDED.match(line))]
    return [Finding(path, number, f"{LAYERS[own][0]} may not use {LAYERS[other][0]}")
            for number, other in used if other is not None and other > own]


def rooms(path, lines):
    """A room uses rooms below it, never above."""
    match = ROOM.match(path)
    if not match:
        return []
    if match[1] not in ROOMS:
        return [Finding(path, 0, f"is in none of the rooms {', '.join(ROOMS)}")]
    below = (match[1], *ROOMS[match[1]])
    used = [(number, found[1]) for number, line in enumerate(lines, 1)
            if (found := INCLUDED_ROOM.match(line))]
    return [Finding(path, number, f"{match[1]} may not use {room}")
            for number, room in used if room in ROOMS and room not in below]


def applies(top, path):
    """A planted bug is of the code as it is; who changes that carries the bug over."""
    done = subprocess.run(["patch", "-p1", "--dry-run", "--force", "--fuzz=0", "-d", str(top), "-i", str(top / path)],
                          capture_output=True, text=True, check=False)
    return [Finding(path, 0, "does not apply: the code that it changes is another now")] if done.returncode else []


def run(top, _build, files):
    found = []
    for path in files:
        if path.endswith(NO_COMMENT):
            continue
        try:
            lines = (top / path).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            found.append(Finding(path, 0, "is not text"))
            continue
        spdx = SPDX_QEMU if path.startswith("tools/qemu/") else SPDX
        if not any(spdx in line for line in lines[:5]):
            found.append(Finding(path, 1, f"no line '{spdx}' at its head"))
        if len(lines) > LONGEST:
            found.append(Finding(path, 0, f"{len(lines)} lines, more than {LONGEST}: "
                                          "two concepts"))
        found += rooms(path, lines) + layers(path, lines)
        if PLANT.match(path):
            found += applies(top, path)
        if path.startswith(KERNEL_PARTS) and not path.startswith("kmod/compat/"):
            found += [Finding(path, number, "tests the kernel's version outside kmod/compat")
                      for number, line in enumerate(lines, 1) if VERSION_TEST.search(line)]
    return found
