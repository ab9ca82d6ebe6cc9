# SPDX-License-Identifier: GPL-2.0-only
"""The initramfs: an archive of what seldom changes, kept by content, and one of
what each run adds. The kernel unpacks one after the other."""

import gzip
import hashlib
import lzma
import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from . import kernels

# in-tree modules that a scenario may load; what is built in is passed over
IN_TREE = ("cxl_acpi", "cxl_pci", "cxl_mem", "cxl_port", "cxl_core", "dax_hmem", "dax_cxl",
           "device_dax", "kmem", "9p", "9pnet_virtio")
LISTS = ("modules.order", "modules.builtin", "modules.builtin.modinfo")


class InitramfsError(Exception):
    """Something that has to be in the initramfs is missing."""


class Cpio:
    """Writes a newc archive; folders are made as needed."""

    def __init__(self, out):
        self.out = out
        self.inode = 0
        self.dirs = set()

    def _entry(self, name, mode, data=b"", rdev=(0, 0)):
        self.inode += 1
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name) + 1, 0)
        self.out.write(b"070701" + b"".join(b"%08x" % f for f in fields))
        for block, length in ((name.encode() + b"\0", 110 + len(name) + 1), (data, len(data))):
            self.out.write(block + b"\0" * (-length % 4))

    def folder(self, name):
        if name and name not in self.dirs:
            self.folder(os.path.dirname(name))
            self.dirs.add(name)
            self._entry(name, stat.S_IFDIR | 0o755)

    def data(self, name, data, mode=0o644):
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFREG | mode, data)

    def file(self, name, path, mode=None):
        path = Path(path)
        self.data(name, path.read_bytes(), mode or path.stat().st_mode & 0o777)

    def link(self, name, target):
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name, major, minor):
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFCHR | 0o600, rdev=(major, minor))

    def end(self):
        self._entry("TRAILER!!!", 0)
        self.out.write(b"\0" * (-self.out.tell() % 512))


def _unpack_module(path):
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", str(path)], check=True, capture_output=True).stdout
    return data


def _module_name(path):
    return re.sub(r"\.ko(\.\w+)?$", "", os.path.basename(path)).replace("-", "_")


def _in_tree_modules(kernel):
    """Paths below the modules folder of IN_TREE and of what those need."""
    deps = {}
    for line in (kernel.modules / "modules.dep").read_text(encoding="ascii").splitlines():
        path, _, rest = line.partition(":")
        deps[path] = rest.split()
    wanted = {}
    for path, needs in deps.items():
        if _module_name(path) in IN_TREE:
            wanted.update(dict.fromkeys([path, *needs]))
    return sorted(wanted)


def _staged_modules(kernel):
    """A folder in the cache with the in-tree modules unpacked."""
    paths = _in_tree_modules(kernel)
    digest = hashlib.sha256()
    for path in paths:
        info = (kernel.modules / path).stat()
        digest.update(f"{path} {info.st_size} {info.st_mtime_ns}\n".encode())
    staged = kernels.cache_dir() / "modules" / f"{kernel.release}-{digest.hexdigest()[:16]}"
    if staged.exists():
        return staged
    staged.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=staged.parent))
    try:
        for path in paths:
            target = fresh / re.sub(r"\.(xz|gz|zst)$", "", path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_unpack_module(kernel.modules / path))
        for name in LISTS:
            if (kernel.modules / name).exists():
                shutil.copy(kernel.modules / name, fresh / name)
        try:
            fresh.rename(staged)
        except OSError:     # another run was faster
            if not staged.exists():
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return staged


def _busybox():
    for path in ("/bin/busybox", "/usr/bin/busybox"):
        if os.path.exists(path):
            return path
    raise InitramfsError("busybox-static is not installed: run tools/setup")


def _write_base(out, kernel, staged, guest_files):
    cpio = Cpio(out)
    for folder in ("proc", "sys", "dev", "tmp", "run", "root", "mnt/share"):
        cpio.folder(folder)
    cpio.device("dev/console", 5, 1)
    cpio.file("bin/busybox", _busybox(), 0o755)
    for name, path in guest_files.items():
        cpio.file(name, path, 0o755)
    for path in sorted(staged.rglob("*.ko")):
        cpio.file(f"lib/modules/{kernel.release}/{path.relative_to(staged)}", path, 0o644)
    for name in LISTS:
        if (staged / name).exists():
            cpio.file(f"lib/modules/{kernel.release}/{name}", staged / name, 0o644)
    cpio.end()


def base(kernel, guest_files):
    """Path of the archive that only depends on kernel and guest programs."""
    staged = _staged_modules(kernel)
    digest = hashlib.sha256(str(staged.name).encode())
    for name, path in sorted([*guest_files.items(), ("busybox", _busybox())]):
        digest.update(name.encode() + hashlib.sha256(Path(path).read_bytes()).digest())
    digest.update(Path(__file__).read_bytes())
    path = kernels.cache_dir() / "initramfs" / f"{digest.hexdigest()[:24]}.cpio"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as out:
            _write_base(out, kernel, staged, guest_files)
        os.replace(out.name, path)
    return path, staged


def _depmod(kernel, staged, ours):
    """modules.dep and its like for the staged modules and ours together."""
    with tempfile.TemporaryDirectory(prefix="cxla-depmod-") as top:
        tree = Path(top) / "lib/modules" / kernel.release
        shutil.copytree(staged, tree, copy_function=os.symlink)
        (tree / "updates").mkdir()
        for path in ours:
            os.symlink(path.resolve(), tree / "updates" / path.name)
        done = subprocess.run(["depmod", "-b", top, kernel.release], check=False,
                              capture_output=True, text=True)
        if done.returncode:
            raise InitramfsError(f"depmod: {done.stderr.strip()}")
        return {p.name: p.read_bytes() for p in tree.glob("modules.*")
                if p.name not in LISTS and not p.is_symlink()}


def _libraries(program):
    """Shared libraries of a program, the loader included, as ldd sees them."""
    done = subprocess.run(["ldd", str(program)], check=False, capture_output=True, text=True)
    if "not found" in done.stdout:
        raise InitramfsError(f"{program}: a library is missing:\n{done.stdout}")
    return re.findall(r"(/\S+) \(0x", done.stdout)


def _later_program(name):
    """The same program of a later release, with its own libraries, if tools/setup has it."""
    for root in sorted((kernels.cache_dir() / "programs").glob("cxl_*")):
        path = root / "usr/bin" / name
        loader = next(root.glob("**/ld-linux-x86-64.so.2"), None)
        if path.exists() and loader and (root / "complete").exists():
            return root, path, loader
    return None


def program(name):
    """One of this machine: programs as name -> path, and files, both for overlay()."""
    later = _later_program(name)
    if not later:
        path = shutil.which(name)
        if not path:
            raise InitramfsError(f"{name} is not installed: run tools/setup")
        return {f"usr/bin/{name}": Path(path).resolve()}, {}
    root, path, loader = later
    folders = sorted({str(found.parent) for found in root.glob("**/*.so.*")})
    done = subprocess.run([str(loader), "--library-path", ":".join(folders), "--list", str(path)],
                          check=False, capture_output=True, text=True)
    if done.returncode or "not found" in done.stdout:
        raise InitramfsError(f"{path}: a library is missing:\n{done.stdout}{done.stderr}")
    names = re.findall(r"(\S+) => (/\S+) \(0x", done.stdout)
    files = {f"opt/later/lib/{so}": Path(found).resolve() for so, found in names}
    files |= {"opt/later/lib/ld.so": loader.resolve(), f"opt/later/bin/{name}": path}
    script = f'#!/bin/sh\nexec /opt/later/lib/ld.so --library-path /opt/later/lib /opt/later/bin/{name} "$@"\n'
    return {}, files | {f"usr/bin/{name}": script}


def overlay(out, kernel, staged, modules, programs, files):
    """Write what changes from run to run: our modules, programs that may be
    dynamically linked, and files given as name -> text, bytes or path."""
    cpio = Cpio(out)
    for name, data in sorted(_depmod(kernel, staged, modules).items()):
        cpio.data(f"lib/modules/{kernel.release}/{name}", data)
    for path in modules:
        cpio.file(f"lib/modules/{kernel.release}/updates/{path.name}", path, 0o644)
    libraries = set()
    for name, path in programs.items():
        cpio.file(name, path, 0o755)
        libraries.update(_libraries(path))
    for path in sorted(libraries):
        cpio.file(path.lstrip("/"), path, 0o755)
    for name, content in files.items():
        if isinstance(content, Path):
            cpio.file(name, content)
        else:
            cpio.data(name, content.encode() if isinstance(content, str) else content,
                      0o755 if name.startswith("usr/bin/") else 0o644)
    cpio.end()
