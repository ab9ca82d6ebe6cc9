# SPDX-License-Identifier: GPL-2.0-only
"""Stock kernels of a later series, with their headers: beside the one that tools/setup keeps, in the same
folder of the cache and in the same form. From Debian's suites and backports; nothing is installed."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import kbuild
import offered

# measured: 7.3.4 with headers is 210 MB, and as much again while it is unpacked
NEEDED_BYTES = 600_000_000


def _there(series):
    """The newest that is complete, or None."""
    found = [folder for folder in (kbuild.cache_dir() / "kernels").glob(f"linux-image-{series}.*")
             if (folder / "complete").exists()]
    return max(found, key=lambda folder: [int(n) for n in re.findall(r"\d+", folder.name)], default=None)


def _newest(series):
    """The newest of the standard flavour that any release's suites have whole: the archive it is from, the kernel,
    and packages of its image. Headers come to the archive before the image, which has to be signed."""
    found, problems = [], []
    for codename in offered.RELEASES:
        archive = offered.Archive(codename)
        problems += archive.update()
        found += [(kernel, archive) for kernel in archive.kernels()
                  if kernel.series == series and kernel.flavour == "standard"]
    for kernel, archive in sorted(found, key=lambda one: one[0].order, reverse=True):
        try:
            return archive, kernel, archive.image(kernel)
        except offered.OfferedError as error:
            problems.append(str(error))
    raise offered.OfferedError("\n".join([f"no suite of {' or '.join(offered.RELEASES)} has a kernel {series}.x", *problems]))


def stock(series):
    """Its folder, with boot/, lib/modules/ and usr/src/; fetched if none of the series is there."""
    kernels = kbuild.cache_dir() / "kernels"
    kernels.mkdir(parents=True, exist_ok=True)
    with kbuild.locked(kernels / f"stock-{series}.lock"):
        there = _there(series)
        if there:
            return there
        progress = kbuild.Progress(f"fetching the newest stock kernel {series}.x (once; 140 MB)")
        if shutil.disk_usage(kernels).free < NEEDED_BYTES:
            raise kbuild.BuildError(f"{kernels}: {NEEDED_BYTES >> 20} MiB needed for a kernel; "
                                    "free some, or point XDG_CACHE_HOME at a larger disk")
        with progress.goes_on():
            progress.update("reading package lists")
            archive, kernel, image = _newest(series)
            folder = kernels / f"linux-image-{kernel.release}_{kernel.version}"
            fresh = Path(tempfile.mkdtemp(prefix=".new.", dir=kernels))
            try:
                for package in (*image, *kernel.packages):
                    progress.update(package.name)
                    offered.unpack_package(archive, package, fresh)
                _finish(fresh, kernel, folder)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
        progress.done(f"{kernel.release} of {kernel.suites[0]}")
        return folder


def _finish(fresh, kernel, folder):
    offered.move_headers(fresh / "usr/src" / f"linux-headers-{kernel.release}", folder)
    # as the packages' own scripts would have
    if not (fresh / "lib").exists():
        (fresh / "lib").symlink_to("usr/lib")
    if not (fresh / "boot").exists():
        (fresh / "boot").mkdir()
        (fresh / "boot" / f"vmlinuz-{kernel.release}").symlink_to(f"../lib/modules/{kernel.release}/vmlinuz")
    done = subprocess.run(["depmod", "-b", str(fresh), kernel.release], check=False, capture_output=True, text=True,
                          env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"})
    if done.returncode:
        raise offered.OfferedError(f"depmod of {kernel.release}: {done.stderr.strip()}")
    (fresh / "complete").touch()
    fresh.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
