# SPDX-License-Identifier: GPL-2.0-only
"""The API reference, made of the kernel-doc comments by the kernel's own scripts/kernel-doc."""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import kbuild  # noqa: E402

EXPORTED = re.compile(r'^EXPORT_SYMBOL(?:_NS)?(?:_GPL)?\((\w+)', re.M)
RENAMED = re.compile(r"^#define (\w+)\s+cxla_\w+$", re.M)
DOCUMENTED = re.compile(r"^\.\. c:(?:function|struct|enum|macro|type):: (.*)$", re.M)
COMPLAINT = re.compile(r"^(\S+?):(\d+): (?:warning|error): (.*)$")
# the kernel's own words about itself, and about a file that has no such comment
NOTHING = ("Warning: Sphinx version not found", "no structured comments found")
RENAME = "kmod/include/cxl/rename.h"
# a contract is complete where a driver's author reads it; the modules talk among themselves, too
PAGES = {
    "driver-api.rst": ("What an accelerator driver calls", "-Wall",
                       ["kmod/include/cxl/cxl.h", "kmod/include/cxl/pci.h"]),
    "uapi.rst": ("What a process reads and calls", "-Wall", ["uapi/linux/cxla.h"]),
    "modules.rst": ("What the modules call of each other", "-Wshort-desc",
                    ["kmod/core", "kmod/mem", "kmod/port", "kmod/pause"]),
}


def sources(top, names):
    """Files, and of a folder its C files."""
    return [path for name in names
            for path in (sorted((top / name).glob("*.c")) if (top / name).is_dir() else [top / name])]


def complaints(text):
    """(path, line, what), and what was not understood as such, line 0."""
    found = []
    for line in text.splitlines():
        match = COMPLAINT.match(line)
        if any(words in line for words in NOTHING) or not line.strip():
            continue
        found.append((match[1], int(match[2]), match[3]) if match else ("kernel-doc", 0, line))
    return found


def extract(top, script, flag, paths):
    """The text of these files, and complaints. Of C files what they export."""
    text, found = "", []
    for path in paths:
        select = []
        if path.suffix == ".c":
            names = EXPORTED.findall(path.read_text(encoding="utf-8"))
            select = [word for name in names for word in ("-function", name)]
            if not select:
                continue
        done = subprocess.run([str(script), "-rst", flag, *select, str(path.relative_to(top))], cwd=top,
                              check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        more = complaints(done.stderr)
        if done.returncode and not more:
            more = [(str(path.relative_to(top)), 0, f"kernel-doc ended with {done.returncode}")]
        # that an exported function has its comment in the public header is no fault here
        found += [c for c in more if not c[2].endswith("not found")]
        text += done.stdout
    return text, found


def write(top, folder):
    """Writes the pages into a folder; complaints as (path, line, what)."""
    script = kbuild.source() / "scripts" / "kernel-doc"
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name, (title, flag, names) in PAGES.items():
        text, more = extract(top, script, flag, sources(top, names))
        found += more
        if not DOCUMENTED.search(text):
            found.append((name, 0, "nothing is documented"))
        (folder / name).write_text(f".. SPDX-License-Identifier: GPL-2.0-only\n\n{title}\n{'=' * len(title)}\n\n{text}",
                                   encoding="utf-8")
    declared = "".join((top / path).read_text(encoding="utf-8") for path in PAGES["driver-api.rst"][2])
    public = " ".join(DOCUMENTED.findall((folder / "driver-api.rst").read_text(encoding="utf-8")))
    found += [(RENAME, 0, f"{symbol} has no kernel-doc comment in kmod/include")
              for symbol in RENAMED.findall((top / RENAME).read_text(encoding="utf-8"))
              if re.search(rf"\b{symbol}\(", declared) and not symbol.startswith("_")
              and not re.search(rf"\b{symbol}\b", public)]
    return found
