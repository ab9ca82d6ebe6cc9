# SPDX-License-Identifier: GPL-2.0-only
"""What is built and booted under User Mode Linux: a tree of links, an archive for the initramfs."""

import os
import shutil
from pathlib import Path

import captures

TOP = Path(__file__).resolve().parents[2]


class TreeError(Exception):
    """Says what is missing and what to do."""


def mirror(destination, kbuild):
    """A tree of links to the sources, with that Kbuild on top, so that objects land in build/."""
    wanted = {destination / "Kbuild": kbuild}
    for folder in ("kmod", "kunit", "uapi"):
        for path in (TOP / folder).rglob("*"):
            if path.is_file() and (path.suffix in (".c", ".h", ".mk") or path.name == "Kbuild"):
                wanted[destination / path.relative_to(TOP)] = path
    if destination.is_dir():
        for link in [p for p in destination.rglob("*") if p.is_symlink()]:
            if link not in wanted:
                link.unlink()
    for link, target in wanted.items():
        if link.is_symlink() and os.readlink(link) == str(target):
            continue
        link.unlink(missing_ok=True)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    header, text = destination / "kunit" / "suites" / "captures.h", captures.generate(TOP / "kunit" / "captures")
    if not header.exists() or header.read_text(encoding="utf-8") != text:
        header.write_text(text, encoding="utf-8")


def cpio(entries):
    """The newc archive of {name: (mode, bytes)}, with the two nodes init needs."""
    out = bytearray()

    def add(name, mode, data=b"", rdev=(0, 0)):
        add.inode += 1
        fields = (add.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name) + 1, 0)
        out.extend(b"070701" + b"".join(b"%08X" % field for field in fields))
        out.extend(name.encode() + b"\0")
        out.extend(b"\0" * (-len(out) % 4))
        out.extend(data)
        out.extend(b"\0" * (-len(out) % 4))

    add.inode = 0
    for folder in ("dev", "bin", "modules", "out"):
        add(folder, 0o40755)
    add("dev/console", 0o20600, rdev=(5, 1))
    add("dev/null", 0o20666, rdev=(1, 3))
    for name, (mode, data) in entries.items():
        add(name, 0o100000 | mode, data)
    add("TRAILER!!!", 0)
    return bytes(out)


def busybox():
    """The bytes of a static busybox."""
    path = shutil.which("busybox")
    if not path:
        raise TreeError("no busybox: apt-get install busybox-static")
    blob = Path(path).read_bytes()
    if b"/ld-linux" in blob[:4096]:
        raise TreeError(f"{path} is not static: apt-get install busybox-static")
    return blob
