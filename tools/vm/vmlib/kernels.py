# SPDX-License-Identifier: GPL-2.0-only
"""Kernels by name or by path."""

import os
import re
from dataclasses import dataclass
from pathlib import Path


# names that tools/kernel/build knows
BUILT = ("debug-6.12", "debug-7", "debug-7-release", "plain-7", "kcsan-7", "kcov-7")


class KernelError(Exception):
    """There is no such kernel here."""


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "cxla"


@dataclass
class Kernel:
    release: str
    image: Path
    modules: Path   # .../lib/modules/<release>
    headers: Path = None    # what modules are built against, if it is known and here


def _version_key(release):
    return [int(n) for n in re.findall(r"\d+", release)]


def _in_root(root):
    """Kernels in a file tree: the machine's own, or an unpacked package."""
    for image in sorted(Path(root).glob("boot/vmlinuz-*")):
        release = image.name[len("vmlinuz-"):]
        for modules in (root / "lib/modules" / release, root / "usr/lib/modules" / release):
            if (modules / "modules.order").exists() and os.access(image, os.R_OK):
                headers = Path(root) / "usr/src" / f"linux-headers-{release}"
                yield Kernel(release, image, modules, headers if headers.exists() else None)
                break


def _stock(version):
    """Newest stock kernel of a series that tools/setup or tools/kernel/build has unpacked."""
    found = []
    for root in (cache_dir() / "kernels").glob(f"linux-image-{version}.*"):
        if (root / "complete").exists():
            found += _in_root(root)
    if not found:
        raise KernelError(f"no stock kernel {version} here: run "
                          f"{'tools/kernel/build stock-7' if version == '7' else 'tools/setup'}")
    return max(found, key=lambda k: _version_key(k.release))


def _built(name):
    """A kernel that tools/kernel/build has made."""
    root = cache_dir() / "kernels-built" / name
    for kernel in _in_root(root):
        kernel.headers = root / "objects"
        return kernel
    raise KernelError(f"no kernel {name} here: run tools/kernel/build x86 {name}")


def find(spec):
    """stock-6.12, stock-7, one of BUILT, or IMAGE:MODULESDIR (the folder modules.dep is in, or any
    above it that has lib/modules/<release>)."""
    if spec.startswith("stock-"):
        return _stock(spec[len("stock-"):])
    if spec in BUILT:
        return _built(spec)
    image, _, modules = spec.partition(":")
    if not modules:
        raise KernelError(f"kernel '{spec}' is neither stock-VERSION nor {', '.join(BUILT)} "
                          "nor IMAGE:MODULESDIR")
    image, modules = Path(image), Path(modules)
    if not image.is_file():
        raise KernelError(f"{image}: no such kernel image")
    if not (modules / "modules.order").exists():
        below = sorted(modules.glob("lib/modules/*/modules.order"))
        if len(below) != 1:
            raise KernelError(f"{modules}: neither a folder of modules nor one above exactly one")
        modules = below[0].parent
    return Kernel(modules.name, image, modules)
