# SPDX-License-Identifier: GPL-2.0-only
"""Kernels for the virtual machine, in the cache that kbuild.py keeps.

A kernel is a folder with boot/vmlinuz-RELEASE, lib/modules/RELEASE, and
objects/, which modules are built against. `current` links to the newest of a
name, for the runner of the virtual machine, which builds nothing.
"""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

import kbuild

CONFIG = Path(__file__).resolve().parent / "config"
# name -> what it is configured with; a later fragment overrides an earlier one
FRAGMENTS = {
    "debug-6.12": ("x86-debug.config",),
    "debug-7": ("x86-debug.config",),
    "debug-7-release": ("x86-debug.config", "x86-release.config"),
    "plain-7": ("x86-debug.config", "x86-plain.config"),
    "kcsan-7": ("x86-debug.config", "x86-plain.config", "x86-kcsan.config"),
    "kcov-7": ("x86-debug.config", "x86-plain.config", "x86-kcov.config"),
}
# Lockdep and the checks of spinlocks are what these kernels spend most of their time
# in; that they are checked by KASAN in turn finds nothing of ours, and takes a third.
ARGUMENTS = ("KASAN_SANITIZE_lockdep.o=n", "KASAN_SANITIZE_spinlock_debug.o=n")
# the fragment says why
MORE_ARGUMENTS = {"kcsan-7": ("KCSAN_SANITIZE=n",)}
# measured: 1.9 GB of objects and modules of 7.3 with KASAN
NEEDED_BYTES = 4_000_000_000


def _archive(name):
    if name not in FRAGMENTS:
        raise kbuild.BuildError(f"no kernel is called '{name}': {', '.join(FRAGMENTS)}")
    if name == "debug-6.12":
        return kbuild.ARCHIVE
    found = [path for path in (kbuild.cache_dir() / "packaged-sources").glob("linux-source-7.*/*.tar.xz")
             if (path.parent / "complete").exists()]
    if not found:
        raise kbuild.BuildError("no source of a 7.x kernel is here: run tools/setup")
    return max(found, key=lambda path: [int(n) for n in re.findall(r"\d+", path.parent.name)])


def _link_current(folder, name):
    link = folder.parent / name
    temporary = link.with_name(f".{name}.{os.getpid()}")
    temporary.symlink_to(folder.name)
    temporary.replace(link)


def kernel(name):
    """Folder of the kernel `name`, built if it is not there."""
    archive = _archive(name)
    config = "".join((CONFIG / fragment).read_text() for fragment in FRAGMENTS[name])
    arguments = (*ARGUMENTS, *MORE_ARGUMENTS.get(name, ()))
    key = hashlib.sha256(json.dumps(
        [kbuild.archive_digest(archive), config, arguments, kbuild.compiler()]).encode()).hexdigest()[:16]
    folder = kbuild.cache_dir() / "kernels-built" / key
    complete = folder / "complete"
    if not complete.exists():
        kbuild.check_tools()
        tree = kbuild.source(archive)
        with kbuild.locked(kbuild.cache_dir() / f"x86-{key}.lock"):
            if not complete.exists():
                _build(folder, tree, config, (archive.parent.name, name), arguments)
                complete.write_text(kbuild.compiler() + "\n")
    _link_current(folder, name)
    return folder


def _build(folder, tree, config, of, arguments):
    what, name = of
    shutil.rmtree(folder, ignore_errors=True)
    objects = folder / "objects"
    objects.mkdir(parents=True)
    if shutil.disk_usage(folder).free < NEEDED_BYTES:
        raise kbuild.BuildError(f"{folder}: {NEEDED_BYTES >> 20} MiB needed to build a kernel; "
                                "free some, or point XDG_CACHE_HOME at a larger disk")
    fragment = folder / "fragment.config"
    fragment.write_text(config)
    log = folder / "build.log"
    source = what if what.startswith("linux-source") else kbuild.SOURCE_PACKAGE
    progress = kbuild.Progress(f"building kernel {name} of {source} (once; 7 to 10 minutes on two cores)")
    common = ["-C", str(tree), f"O={objects}", *arguments]
    jobs = f"-j{os.cpu_count() or 1}"
    kbuild.run_make([*common, f"KCONFIG_ALLCONFIG={fragment}", "allnoconfig"], log)
    kbuild.run_make([*common, jobs, "bzImage", "modules"], log, progress)
    kbuild.run_make([*common, f"INSTALL_MOD_PATH={folder}", "modules_install"], log)
    release = (objects / "include/config/kernel.release").read_text().strip()
    (folder / "boot").mkdir()
    shutil.copy(objects / "arch/x86/boot/bzImage", folder / "boot" / f"vmlinuz-{release}")
    progress.done(release)
