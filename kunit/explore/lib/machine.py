# SPDX-License-Identifier: GPL-2.0-only
"""Builds what is explored, and boots it with a plan: lines for /sys/kernel/debug/explore/run."""

import functools
import gzip
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

EXPLORE = Path(__file__).resolve().parents[1]
TOP = EXPLORE.parents[1]
sys.path.insert(0, str(TOP / "tools" / "kernel"))
sys.path.insert(0, str(TOP / "kunit" / "lib"))

import host  # noqa: E402
import kbuild  # noqa: E402
import umltree  # noqa: E402

CONFIG = TOP / "kunit" / "config"
OUT = TOP / "build" / "explore"
# detectors -> fragments
KERNELS = {
    "none": ["uml-base", "uml-explore"],
    "all": ["uml-base", "uml-explore", "uml-explore-detect"],
}
# poison finds what KASAN would, and is itself a report of KASAN's
SLAB_DEBUG = {"none": "slab_debug=P", "all": "slab_debug=-"}
EXPLORED = ("core", "port", "mem", "accel", "pci")
MODULES = ["explore", "fake_mmio", "cxla_core", "cxla_port", "cxla_mem", "cxla_accel", "cxla_pci", "fakefabric",
           "worlds"]

# lines of a plan after which a kernel says what it has tried
KEEP = 150
# seconds: who says nothing for so long hangs, and is not merely late with all of a line
SILENCE = {"none": 15, "all": 300}

INIT = """#!/bin/sh
/bin/busybox mkdir -p /proc /sys /dev /out
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t debugfs debugfs /sys/kernel/debug
say() { echo "<0>explore: $*" >/dev/kmsg; }
for fault in failslab fail_page_alloc; do
	dir=/sys/kernel/debug/$fault
	[ -e $dir ] && { echo N >$dir/ignore-gfp-wait; echo 0 >$dir/verbose; } 2>/dev/null
done
# nothing runs before an actor that could go on, not even for a fair share of the processor
echo 0 >/sys/kernel/debug/sched/fair_server/cpu0/runtime || say refused fair_server
@LOAD@
/bin/busybox mount -t hostfs -o @OUT@ none /out
debug=/sys/kernel/debug/explore
/bin/busybox cat $debug/worlds >/out/worlds
/bin/busybox cat /out/tried >$debug/tried
# now and then, as it may end in a crash
keep() {
	/bin/busybox cat $debug/tried >/out/tried.new && /bin/busybox mv /out/tried.new /out/tried
	/bin/busybox cat $debug/pairs >/out/pairs
	/bin/busybox cat $debug/actions >/out/actions
}
n=0
while read -r line; do
	say line $n
	# names of files that are gone are kept by nobody: beside a schedule nothing is shrunk
	echo 2 >/proc/sys/vm/drop_caches
	echo "$line" >$debug/run || say refused $n
	n=$((n + 1))
	[ $((n % @KEEP@)) -gt 0 ] || keep
done </plan
keep
say end
/bin/busybox poweroff -f
"""


class ExploreError(Exception):
    """Says what was tried and what to do."""


@functools.cache
def kernel(detectors):
    """The object tree of a kernel; asked at each boot, and built or found once."""
    return kbuild.uml([CONFIG / f"{name}.config" for name in KERNELS[detectors]])


def build(detectors, patch=None, folder=None):
    """The modules for a kernel, of the tree or of a copy with a patch in it: their folder."""
    objects = kernel(detectors)
    tree = (folder or OUT / detectors) / "src"
    with kbuild.locked(tree.parent / "lock"):
        umltree.mirror(tree, EXPLORE / "Kbuild.top")
        forget_patched(tree)
        for name in EXPLORED:
            link = tree / "kmod" / name / "Kbuild"
            text = f"include {TOP}/kmod/{name}/Kbuild\n"
            if name == "core":
                # it includes started.c
                text += "cxla_core-y := $(filter-out started.o,$(cxla_core-y)) ../../kunit/explore/inside.o\n"
            text += "include $(src)/../../kunit/explore/explore.mk\n"
            if link.is_symlink() or not link.exists() or link.read_text() != text:
                link.unlink(missing_ok=True)
                link.write_text(text)
        runtime = tree / "kunit" / "explore" / "runtime"
        subprocess.run([sys.executable, str(EXPLORE / "runtime" / "stubs.py"), str(EXPLORE / "runtime" / "calls.list"),
                        str(objects / "Module.symvers"), str(runtime / "stubs.c"), str(runtime / "options.mk")],
                       check=True)
        if patch:
            apply(patch, tree)
        log = kbuild.modules(objects, tree, tree.parent / "modules.log")
        strip(tree)
    warnings = [line for line in log.splitlines() if re.search(r"\bwarning:", line) and "modpost" not in line]
    if warnings:
        raise ExploreError("compiler: " + "\n".join(warnings[:5]))
    return tree


def stripped(tree, name):
    return tree.parent / "stripped" / f"{name}.ko"


def strip(tree):
    """What is loaded has no debug information: line numbers are for this side."""
    built = {p.stem: p for p in tree.rglob("*.ko")}
    stripped(tree, "x").parent.mkdir(exist_ok=True)
    for name in MODULES:
        if name not in built:
            raise ExploreError(f"nothing builds {name}.ko")
        subprocess.run(["strip", "-g", "-o", str(stripped(tree, name)), str(built[name])], check=True)


def forget_patched(tree):
    """What a patch had changed is a link again, which make takes for older than its object."""
    note = tree / ".patched"
    patched = note.read_text().split() if note.exists() else []
    # a source may be included by others, as a header is: their commands say what they read
    for command in tree.rglob(".*.o.cmd") if patched else []:
        read = {Path(word).name for word in command.read_text().split()}
        if any(Path(name).name in read for name in patched):
            command.with_name(command.name[1:].removesuffix(".cmd")).unlink(missing_ok=True)
    note.unlink(missing_ok=True)


def apply(patch, tree):
    """Links to files that the patch changes become copies; patch does not write through links."""
    names = re.findall(r"^\+\+\+ b/(\S+)", patch.read_text(), re.M)
    (tree / ".patched").write_text("\n".join(names))
    for name in names:
        (tree / name).with_suffix(".o").unlink(missing_ok=True)
        link = tree / name
        content = (TOP / name).read_bytes()
        link.unlink(missing_ok=True)
        link.write_bytes(content)
    done = subprocess.run(["patch", "-p1", "-s", "--fuzz=0", "-d", str(tree), "-i", str(patch)], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise ExploreError(f"{patch.name} does not apply: {done.stdout.strip()}")


def initramfs(path, tree, objects, plan, out):
    blob = umltree.busybox()
    entries = {"bin/busybox": (0o755, blob), "bin/sh": (0o755, blob)}
    load = []
    entries["modules/kunit.ko"] = (0o644, (objects / "lib" / "kunit" / "kunit.ko").read_bytes())
    load.append("/bin/busybox insmod /modules/kunit.ko")
    for name in MODULES:
        entries[f"modules/{name}.ko"] = (0o644, stripped(tree, name).read_bytes())
        load.append(f"/bin/busybox insmod /modules/{name}.ko || say insmod {name} failed")
    entries["plan"] = (0o644, ("\n".join(plan) + "\n").encode())
    script = INIT.replace("@LOAD@", "\n".join(load)).replace("@OUT@", str(out)).replace("@KEEP@", str(KEEP))
    entries["init"] = (0o755, script.encode())
    with gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) as archive:
        archive.write(umltree.cpio(entries))


class Boot:
    """One kernel that works off a plan; each line that begins with "explore:" goes to a function."""

    def __init__(self, detectors, tree, plan, timeout=600, tried=b""):
        self.detectors, self.tree, self.plan, self.timeout = detectors, tree, plan, timeout
        # preemptions by those before; after run(): and by this one
        self.tried = tried
        self.process, self.pairs, self.console, self.worlds, self.actions = None, [], [], {}, {}
        self.heard, self.late, self.hangs = 0, False, False

    def stop(self):
        if self.process and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def time_is_up(self):
        self.hangs = time.monotonic() - self.heard > SILENCE[self.detectors]
        self.late = not self.hangs
        self.stop()

    def run(self, hear, is_enough=lambda: False):
        """To the end of the plan, or of what is wanted to be known."""
        objects = kernel(self.detectors)
        with tempfile.TemporaryDirectory(prefix="cxla-explore-") as scratch:
            image = Path(scratch) / "initramfs.gz"
            initramfs(image, self.tree, objects, self.plan, scratch)
            (Path(scratch) / "tried").write_bytes(self.tried)
            command = ["setarch", "-R", str(objects / "linux"), "mem=384M", f"initrd={image}", "time-travel=inf-cpu",
                       "time-travel-start=0", "panic=-1", SLAB_DEBUG[self.detectors], "panic_on_warn=1", "kasan.fault=panic", "loglevel=2",
                       "con=null", "con0=null,fd:1"]
            environment = {"PATH": os.environ.get("PATH", ""), "HOME": "/", "TERM": "linux", "TMPDIR": scratch,
                           **host.preloaded("random")}
            timer = threading.Timer(self.timeout, self.time_is_up)
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, start_new_session=True, env=environment) as self.process:
                timer.start()
                self.heard = time.monotonic()
                try:
                    for raw in self.process.stdout:
                        self.heard = time.monotonic()
                        line = raw.decode(errors="replace").rstrip("\r\n")
                        self.console.append(line)
                        at = line.find("explore: ")
                        if at >= 0:
                            hear(line[at + 9:])
                            if is_enough():
                                break
                finally:
                    timer.cancel()
                    self.stop()
            self.collect(Path(scratch))

    def collect(self, folder):
        """What the kernel left in files."""
        self.tried = (folder / "tried").read_bytes()
        if (folder / "pairs").exists():
            self.pairs = (folder / "pairs").read_text().splitlines()
        if (folder / "actions").exists():
            for line in (folder / "actions").read_text().splitlines():
                world, action, runs, acted = line.split()
                self.actions[world, action] = (int(runs), int(acted))
        if (folder / "worlds").exists():
            self.worlds = {l.split()[0]: l.split()[1:] for l in (folder / "worlds").read_text().splitlines()}
