# SPDX-License-Identifier: GPL-2.0-only
"""A virtual CXL machine that boots a Debian root from a disk, by its own kernel and initramfs."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import TOP

sys.path.insert(0, str(TOP / "tools/vm"))
from vmlib import kernels, machine, topology  # noqa: E402

GUEST = Path(__file__).resolve().parent / "guest"
# 1 GiB of the window that two accelerators have; dax_hmem takes it where it comes first
RESERVED = "memmap=1G%0x690000000+0xefffffff"

UNIT = """[Unit]
Description=What is under test
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'stty -F /dev/ttyS1 raw -echo; stty -F /dev/ttyS2 raw -echo; \
sh -x /opt/package-test/{script} >/dev/ttyS2 2>&1; echo "exit $?" >/dev/ttyS1; systemctl poweroff -ff'
"""


def prepare(root, script):
    """Has the root run a script of guest/ when it has booted."""
    place = Path(root) / "opt/package-test"
    place.mkdir(parents=True, exist_ok=True)
    for path in GUEST.iterdir():
        shutil.copy(path, place / path.name)
    unit = Path(root) / "etc/systemd/system/package-test.service"
    unit.write_text(UNIT.format(script=script), encoding="ascii")
    wants = unit.parent / "multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / unit.name).symlink_to(f"../{unit.name}")


def forget(root):
    """The other way round."""
    shutil.rmtree(Path(root) / "opt/package-test")
    units = Path(root) / "etc/systemd/system"
    (units / "package-test.service").unlink()
    (units / "multi-user.target.wants/package-test.service").unlink()
    if not any((units / "multi-user.target.wants").iterdir()):
        (units / "multi-user.target.wants").rmdir()


def kernel_of(root):
    """The one that is installed."""
    images = sorted((Path(root) / "boot").glob("vmlinuz-*"))
    release = images[-1].name.removeprefix("vmlinuz-")
    return kernels.Kernel(release, images[-1], Path(root) / "usr/lib/modules" / release)


def disk_of(root, path):
    """A disk with a copy of the root, and half as much room again."""
    used = int(subprocess.run(["du", "-sxm", str(root)], check=True, capture_output=True, text=True).stdout.split()[0])
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", str(root), str(path), f"{used * 3 // 2 + 256}M"], check=True,
                   capture_output=True)


def tree_of(disk, folder):
    """What is on the disk, in a folder."""
    subprocess.run(["debugfs", "-R", f"rdump / {folder}", str(disk)], check=True, capture_output=True)


def boot(root, disk, logs, timeout, progress, append=""):
    """Runs what prepare() said; a watch.Result."""
    kernel = kernel_of(root)
    options = machine.Options(timeout=timeout, append=f"{RESERVED} {append}".strip(), disk=disk,
                              initrd=Path(root) / "boot" / f"initrd.img-{kernel.release}")
    logs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=logs) as memory:
        return machine.run(topology.load(TOP / "tools/vm/topologies/one-bridge.json"), kernel, "", options, Path(memory), logs, progress,
                           lambda data: (sys.stdout.buffer.write(data), sys.stdout.flush()))
