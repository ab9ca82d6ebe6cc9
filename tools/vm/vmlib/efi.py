# SPDX-License-Identifier: GPL-2.0-only
"""A machine whose firmware is UEFI's, and marks memory for special purposes: OVMF starts
its shell, the shell our program that adds that memory, and then the kernel."""

import shutil
from pathlib import Path

from . import topology

FIRMWARE = ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd")
PLACES = ("/usr/share/OVMF", "/usr/share/edk2/x64")


class EfiError(Exception):
    """There is no such firmware here, or ranges that it can't be told."""


def _firmware():
    for place in map(Path, PLACES):
        if all((place / name).exists() for name in FIRMWARE):
            return [place / name for name in FIRMWARE]
    raise EfiError("OVMF is not installed: run tools/setup")


def _ranges(text):
    """SIZE@START,... as numbers, in pairs of start and size."""
    for part in text.split(","):
        size, _, start = part.partition("@")
        try:
            yield int(start, 0), topology.parse_size(size)
        except (ValueError, topology.TopologyError):
            raise EfiError(f"{part} is no SIZE@START") from None


def qemu_args(folder, program, kernel, initrd, append, ranges):
    """Instead of -kernel, -initrd and -append. folder is what the firmware boots from."""
    code, variables = _firmware()
    folder.mkdir()
    for name, path in (("soft-reserve.efi", program), ("vmlinuz.efi", kernel), ("initrd", initrd)):
        shutil.copy(path, folder / name)
    words = " ".join(f"{start:x} {size:x}" for start, size in _ranges(ranges))
    (folder / "startup.nsh").write_text(
        f"fs0:\r\nsoft-reserve.efi {words}\r\n"
        f"vmlinuz.efi initrd=\\initrd {append} cxla.efi={ranges}\r\n", encoding="ascii")
    own = folder.parent / "efi-variables.fd"
    shutil.copy(variables, own)
    return ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
            "-drive", f"if=pflash,format=raw,unit=1,file={own}",
            "-drive", f"if=none,id=esp,readonly=on,format=raw,file=fat:{folder}",
            "-device", "virtio-blk-pci,bus=pcie.0,drive=esp,bootindex=1"]
