# SPDX-License-Identifier: GPL-2.0-only
"""Kernels built from the distribution's linux-source package, in a cache.

An entry of the cache is named after everything that decides its content: the
source archive, the configuration, the compiler. So nothing here is ever out of
date, and deleting the cache is always safe.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

SOURCE_PACKAGE = "linux-source-6.12"
ARCHIVE = Path("/usr/src") / (SOURCE_PACKAGE + ".tar.xz")
# measured: 1.6 GB unpacked, 0.9 GB of objects with the debug layer
NEEDED_BYTES = {"source": 2_000_000_000, "objects": 1_500_000_000}
TOOLS = {
    "gcc": "gcc", "make": "make", "flex": "flex", "bison": "bison", "bc": "bc",
    "xz": "xz-utils", "tar": "tar",
}


class BuildError(Exception):
    """Says what was tried, on which path, and what to do."""


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "cxla"


class Progress:
    """One line that is rewritten on a terminal, a line now and then elsewhere. What is over
    within `after` seconds says nothing."""

    def __init__(self, title, stream=sys.stderr, every=15, after=0):
        self.title, self.stream, self.every, self.after = title, stream, every, after
        self.start = self.last = time.monotonic()
        self.tty, self.what = stream.isatty(), "begins"
        self.told = not after
        if not self.tty and self.told:
            print(f"{title} ...", file=stream, flush=True)

    def width(self):
        """Columns that a line may have: the next one can't clear what has wrapped."""
        try:
            return (os.get_terminal_size(self.stream.fileno()).columns or 80) - 1
        except OSError:
            return 79

    def update(self, what):
        self.what = what
        now = time.monotonic()
        if now - self.start < self.after:
            return
        if self.told and now - self.last < (0.2 if self.tty else self.every):
            return
        self.last, self.told = now, True
        text = f"{self.title}: {what}, {now - self.start:.0f} s"
        if self.tty:
            print(f"\r\033[K{text[:self.width()]}", end="", file=self.stream, flush=True)
        else:
            print(text, file=self.stream, flush=True)

    @contextmanager
    def goes_on(self):
        """Says again how far it is while nothing new is told, so that a long step is no silence."""
        ended = threading.Event()

        def tell():
            while not ended.wait(0.5):
                self.update(self.what)

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield self
        finally:
            ended.set()
            teller.join()

    def done(self, what="done"):
        if not self.told:
            return
        lead = "\r\033[K" if self.tty else ""
        print(f"{lead}{self.title}: {what} in {time.monotonic() - self.start:.0f} s",
              file=self.stream, flush=True)


@contextmanager
def locked(path):
    """Two runs at once share one build: the second waits for the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another build ({path})", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check_tools():
    missing = sorted({pkg for tool, pkg in TOOLS.items() if not shutil.which(tool)})
    if missing:
        raise BuildError("building a kernel needs more programs: apt-get install " + " ".join(missing))


def check_space(path, kind):
    path.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(path).free
    if free < NEEDED_BYTES[kind]:
        raise BuildError(
            f"{path}: {free >> 20} MiB free, {NEEDED_BYTES[kind] >> 20} MiB needed for the kernel's {kind}; "
            "free some, or point XDG_CACHE_HOME at a larger disk")


def compiler():
    try:
        return subprocess.run(["gcc", "--version"], capture_output=True, text=True,
                              check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError) as error:
        raise BuildError(f"gcc --version: {error}; apt-get install gcc") from error


def archive_digest(archive=ARCHIVE):
    """SHA-256 of the source archive, remembered by its size and time."""
    try:
        stat = archive.stat()
    except OSError as error:
        raise BuildError(f"{archive}: {error.strerror}; run tools/setup") from error
    memo = cache_dir() / f"digest-{archive.name}.json"
    stamp = [str(archive), stat.st_size, stat.st_mtime_ns]
    try:
        known = json.loads(memo.read_text())
        if known["stamp"] == stamp:
            return known["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    digest = hashlib.sha256()
    with open(archive, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    memo.parent.mkdir(parents=True, exist_ok=True)
    temporary = memo.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps({"stamp": stamp, "sha256": digest.hexdigest()}))
    temporary.rename(memo)
    return digest.hexdigest()


def source(archive=ARCHIVE):
    """The unpacked source tree, never written to once it is complete."""
    digest = archive_digest(archive)
    tree = cache_dir() / "source" / f"{archive.name.removesuffix('.tar.xz')}-{digest[:12]}"
    if tree.is_dir():
        return tree
    check_tools()
    with locked(cache_dir() / "source.lock"):
        if tree.is_dir():
            return tree
        check_space(tree.parent, "source")
        unpacking = tree.with_name(tree.name + ".unpacking")
        shutil.rmtree(unpacking, ignore_errors=True)
        unpacking.mkdir()
        progress = Progress(f"unpacking {archive.name}")
        with subprocess.Popen(["tar", "-xJf", str(archive), "-C", str(unpacking),
                               "--strip-components=1", "-v"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as tar:
            for count, _ in enumerate(tar.stdout, 1):
                progress.update(f"{count} files")
            errors = tar.stderr.read()
        if tar.returncode:
            shutil.rmtree(unpacking, ignore_errors=True)
            raise BuildError(f"tar -xJf {archive}: {errors.strip()[-400:]}")
        unpacking.rename(tree)
        progress.done()
    return tree


def run_make(args, log, progress=None):
    """Run make with its output in a log; say the last lines when it fails."""
    env = {key: value for key, value in os.environ.items()
           if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "KBUILD_OUTPUT", "ARCH", "CROSS_COMPILE")}
    # a kernel of nearly the same configuration is built again in a third of the time
    compilers = ["CC=ccache gcc", "HOSTCC=ccache gcc"] if shutil.which("ccache") else []
    with open(log, "a") as out, subprocess.Popen(
            ["make", *compilers, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", env=env) as make:
        count = 0
        for line in make.stdout:
            out.write(line)
            words = line.split()
            if progress and len(words) > 1 and words[0].isupper():
                count += 1
                # of a module outside of the kernel's tree it is a whole path
                name = Path(words[-1]).name if words[-1].startswith("/") else words[-1]
                progress.update(f"{count} steps, {name}")
    if make.returncode:
        lines = Path(log).read_text(errors="replace").splitlines()
        wanted = [line for line in lines if "error" in line.lower() or "***" in line][-12:]
        raise BuildError("make " + " ".join(args) + " failed:\n  " +
                         "\n  ".join(wanted or lines[-12:]) + f"\nall of it: {log}")


def uml(fragments, jobs=None):
    """A User Mode Linux kernel with these config fragments: its object tree."""
    config = "".join(Path(fragment).read_text() for fragment in fragments)
    key = hashlib.sha256(json.dumps(
        [archive_digest(), config, compiler()]).encode()).hexdigest()[:16]
    objects = cache_dir() / "uml" / key
    complete = objects / ".complete"
    if complete.exists() and (objects / "linux").exists():
        return objects
    check_tools()
    tree = source()
    with locked(cache_dir() / f"uml-{key}.lock"):
        if complete.exists():
            return objects
        check_space(objects, "objects")
        fragment = objects / "fragment.config"
        fragment.write_text(config)
        log = objects / "build.log"
        log.unlink(missing_ok=True)
        progress = Progress("building the UML kernel (once; 2 to 6 minutes on two cores)")
        common = ["-C", str(tree), "ARCH=um", f"O={objects}"]
        run_make([*common, f"KCONFIG_ALLCONFIG={fragment}", "allnoconfig"], log)
        run_make([*common, f"-j{jobs or os.cpu_count() or 1}"], log, progress)
        complete.write_text(compiler() + "\n")
        progress.done()
    return objects


def modules(objects, folder, log, arguments=()):
    """Build the modules of a folder (with a Kbuild) against an object tree."""
    Path(log).unlink(missing_ok=True)
    progress = Progress("building modules for UML", every=5, after=2)
    with progress.goes_on():
        run_make(["-C", str(objects), "ARCH=um", f"M={folder}", *arguments,
                  f"-j{os.cpu_count() or 1}", "modules"], log, progress)
    progress.done("built")
    return Path(log).read_text(errors="replace")
