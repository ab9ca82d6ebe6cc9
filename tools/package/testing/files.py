# SPDX-License-Identifier: GPL-2.0-only
"""What is in a root, to be compared with what was there before."""

import hashlib
import os
import re
import stat
from pathlib import Path

# what dpkg, DKMS, systemd and a running machine write whatever package comes and goes
NOISE = re.compile(
    r"^/(proc|sys|dev|run|tmp|root|var/(log|tmp|cache|lib/systemd|lib/apt|\.updated))(/|$)|"
    r"^/(lost\+found|etc/(machine-id|\.updated|resolv\.conf|hostname|\.pwd\.lock|mtab|ld\.so\.cache))$|"
    r"^/var/lib/dpkg/(.*-old|lock.*|status|diversions|statoverride|alternatives.*|triggers/(Lock|Unincorp))$|"
    # the machine's own key, made for the first module that is signed
    r"^/var/lib/dkms/mok\.(key|pub)$|"
    # the time of generation is inside
    r"^/boot/initrd\.img-|^/usr/lib/udev/hwdb\.bin$")


def listed(root):
    """Path, as seen from inside, to what is there."""
    found = {}
    for folder, names, files in os.walk(root):
        place = "/" + os.path.relpath(folder, root).removeprefix(".")
        place = place.rstrip("/") or ""
        names[:] = [name for name in names if not NOISE.search(f"{place}/{name}")]
        for name in names + files:
            path = f"{place}/{name}"
            if not NOISE.search(path):
                found[path] = content(Path(folder) / name)
    return found


def content(path):
    """Of a file a digest, of a link where it leads, else what it is."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"-> {os.readlink(path)}"
    if stat.S_ISREG(mode):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    # what copies a tree from a disk leaves set-group-ID of folders out
    return stat.filemode(mode & ~(stat.S_ISUID | stat.S_ISGID))


def difference(before, after):
    """Lines that say what is not as it was; none: all is."""
    return sorted([f"left: {path}" for path in after if path not in before] +
                  [f"gone: {path}" for path in before if path not in after] +
                  [f"changed: {path}" for path in after if path in before and after[path] != before[path]])
