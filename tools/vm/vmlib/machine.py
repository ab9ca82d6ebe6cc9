# SPDX-License-Identifier: GPL-2.0-only
"""QEMU: what a machine is made of, and its command line."""

import fcntl
import hashlib
import os
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from . import efi, initramfs, kernels, models, monitor, watch

REPO = Path(__file__).resolve().parents[3]
GUEST = REPO / "build" / "guest"
QEMU = "qemu-system-x86_64"

# QEMU up to 10.0: a processor accesses registers while another one takes a PCI device off
# its bus, and the first one still has the map of before. Where processors take turns it
# does not happen: Options.one_thread
STALE_MAP = ("iotlb_to_section: Assertion", "msix_table_mmio_read: Assertion")


class MachineError(Exception):
    """The machine can't be started at all."""


class EmulatorBug(MachineError):
    """It was, and the emulator did not survive."""


@dataclass
class Options:
    """How to run, apart from what to run."""
    timeout: float = 120
    append: str = ""
    efi: str = None             # boot by UEFI, which marks these ranges: SIZE@START,...
    trace: list = field(default_factory=list)
    icount: bool = False
    one_thread: bool = False    # of the emulator: its processors take turns
    programs: list = field(default_factory=list)    # of this machine, that are taken along
    shell: bool = False
    share: str = None
    disk: Path = None           # that a distribution boots from, by the initramfs of its own: initrd
    initrd: Path = None
    allow_warnings: list = field(default_factory=list)
    expect_warnings: list = field(default_factory=list)     # a run without them fails
    panic_on_warn: bool = False
    verbose: bool = False
    modules: list = None        # None: those in build/<release>/
    accel: str = None           # None: find out
    stop: threading.Event = None    # set: end at once
    start_timeout: float = None     # for the kernel to come to its first process


def built_modules(release):
    """Our modules in build/<release>/, and of the sample and the tests what is built."""
    top = REPO / "build" / release
    names = ("core/cxla_core", "port/cxla_port", "mem/cxla_mem", "acpi/cxla_acpi",
             "accel/cxla_accel", "pci/cxla_pci",
             "dax/cxla_hmem", "dax/cxla_dax")
    found = [top / f"{name}.ko" for name in names if (top / f"{name}.ko").exists()]
    for folder in ("sample", "sample-intree", "plants", "measure"):
        found += sorted((top / folder).glob("*.ko"))
    return found


def build_guest_programs():
    """The static programs that run inside; make knows what is out of date. One
    at a time: machines that start together would link over each other's programs."""
    GUEST.mkdir(parents=True, exist_ok=True)
    with open(GUEST / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(["make", "-s", "-C", str(REPO / "tools/vm/guest"), f"O={GUEST}"],
                              check=False, capture_output=True, text=True)
    if done.returncode:
        raise MachineError(f"the guest's programs can't be built:\n{done.stdout}{done.stderr}")
    return {"init": REPO / "tools/vm/guest/init",
            "bin/cxl-firmware": GUEST / "cxl-firmware",
            "bin/cxla-guest": GUEST / "cxla-guest"}


def our_programs():
    """What `make user` builds for use inside, by where it is there."""
    ours = {"opt/cxla/bin/cxla": "cxla", "opt/cxla/lib/fail_nth.so": "libfail_nth.so",
            "opt/cxla/bin/check_reply": "check_reply"}
    return {name: REPO / "build/user" / file for name, file in ours.items()}


def write_distribution_initrd(out, topology, options):
    """The distribution's, and before it what firmware would have done."""
    data = options.initrd.read_bytes()
    out.write(data + b"\0" * (-len(data) % 4))
    cpio = initramfs.Cpio(out)
    cpio.data("cxla-vm/plan", topology.firmware_plan().encode())
    cpio.file("cxla-vm/init", REPO / "tools/vm/guest/firmware-init", 0o755)
    cpio.file("cxla-vm/cxl-firmware", build_guest_programs()["bin/cxl-firmware"], 0o755)
    cpio.end()
    out.flush()


def write_initrd(out, kernel, topology, command, options, files):
    if options.disk:
        write_distribution_initrd(out, topology, options)
        return
    base, staged = initramfs.base(kernel, build_guest_programs())
    out.write(base.read_bytes())
    content = {"etc/cxla/plan": topology.firmware_plan(),
               "etc/cxla/expect": topology.expectations(),
               "etc/cxla/capacity": topology.capacities(),
               "etc/cxla/log": topology.log_expectations(),
               "etc/cxla/topology": topology.name + "\n",
               "etc/cxla/command": command + "\n"}
    if options.shell:
        content["etc/cxla/shell"] = ""
    for path in sorted((REPO / "tools/vm/scenarios").glob("*.sh")):
        content[f"opt/cxla/scenarios/{path.name}"] = path
    content.update(files)
    content["opt/cxla/lib/reply.schema.json"] = REPO / "userspace/schemas/cxla-1.schema.json"
    programs = {name: path for name, path in our_programs().items() if path.exists()}
    for name in options.programs:
        more, files = initramfs.program(name)
        programs |= more
        content |= files
    modules = built_modules(kernel.release) if options.modules is None else options.modules
    initramfs.overlay(out, kernel, staged, modules, programs, content)
    out.flush()


def _command_line(topology, names, kernel, initrd, mem_dir, run_dir, sockets, accel, options):
    # on a busy host the emulator is late with ticks that a kernel counts once, early at boot, and panics without
    append = "console=ttyS0 panic=-1 oops=panic loglevel=7 nokaslr no_timer_check"
    # a busy host may hold up everything for a minute; what hangs, hangs for longer than our
    # programs are patient, and they tell more of it
    append += " sysctl.kernel.hung_task_timeout_secs=240 sysctl.kernel.hung_task_check_interval_secs=10"
    if options.panic_on_warn:
        append += " panic_on_warn=1"
    if options.share:
        append += " cxla.share"
    if options.icount:
        append += " cxla.clock=icount"      # who measures can't find out
    if options.disk:
        append += " root=/dev/vda rw rdinit=/cxla-vm/init"
    if options.append:
        append += " " + options.append
    # without five levels of page tables: while a kernel identifies the boot processor
    # it takes itself to have four, and for KASAN an interrupt just then has a bad address
    args = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-accel", accel, "-cpu", "max,-hypervisor,-la57"]
    args += ["-smp", "1", "-icount", "shift=0"] if options.icount else ["-smp", "2"]
    args += topology.qemu_args(mem_dir, names)
    if options.disk:
        args += ["-drive", f"file={options.disk},if=none,id=disk,format=raw,cache=unsafe",
                 "-device", "virtio-blk-pci,bus=pcie.0,drive=disk"]
    if options.efi:
        args += efi.qemu_args(run_dir / "efi", GUEST / "soft-reserve.efi", kernel.image, initrd,
                              append, options.efi)
    else:
        args += ["-kernel", str(kernel.image), "-initrd", str(initrd), "-append", append]
    if options.shell:
        args += ["-chardev", f"stdio,id=con,signal=off,logfile={run_dir}/console.log"]
    else:
        args += ["-chardev", f"file,id=con,path={run_dir}/console.log"]
    # the verdict is what is logged; over the socket come answers of the monitor
    args += ["-chardev", f"socket,id=verdict,path={sockets}/port,server=on,wait=off,"
                         f"logfile={run_dir}/verdict",
             "-chardev", f"socket,id=monitor,path={sockets}/monitor,server=on,wait=off",
             "-mon", "chardev=monitor,mode=control",
             "-chardev", f"file,id=out,path={run_dir}/output",
             "-device", "isa-serial,chardev=con", "-device", "isa-serial,chardev=verdict",
             "-device", "isa-serial,chardev=out"]
    if options.share:
        args += ["-fsdev", f"local,id=share,path={options.share},security_model=none,readonly=on",
                 "-device", "virtio-9p-pci,bus=pcie.0,fsdev=share,mount_tag=share"]
    for pattern in options.trace:
        args += ["-trace", pattern]
    if options.trace:
        args += ["-D", f"{run_dir}/trace.log"]
    return args


def tcg(options):
    if options.icount:
        return "tcg"
    return "tcg,thread=single" if options.one_thread else "tcg,thread=multi"


def choose_accel(kernel, topology, progress):
    """KVM only after a trial boot has shown that it works; the answer is kept."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return tcg(Options())
    version = subprocess.run([QEMU, "--version"], check=False, capture_output=True,
                             text=True).stdout
    key = hashlib.sha256("\n".join([version, *os.uname(), kernel.release]).encode()).hexdigest()
    answer = kernels.cache_dir() / f"kvm-{key[:16]}"
    if not answer.exists():
        progress.step("trying KVM (once; the answer is kept)")
        with tempfile.TemporaryDirectory(prefix="cxla-kvm-") as trial:
            result = run(topology, kernel, "true", Options(timeout=10, accel="kvm", modules=[]),
                         Path(trial), Path(trial), watch.Progress(quiet=True))
        answer.parent.mkdir(parents=True, exist_ok=True)
        answer.write_text("works\n" if result.exit_code == 0 else "does not work\n",
                          encoding="ascii")
    return "kvm" if answer.read_text(encoding="ascii") == "works\n" else tcg(Options())


def run(topology, kernel, command, options, mem_dir, run_dir, progress, on_output=None,
        files=None):
    """Boot, run a shell command, power off. Leaves console.log, output, qemu.log
    and trace.log in run_dir and the devices' memory in mem_dir."""
    result = watch.Result()
    accel = options.accel
    if accel is None:
        accel = tcg(options) if options.icount or options.one_thread else \
            choose_accel(kernel, topology, progress)
    result.accel = accel.split(",")[0]
    # an earlier run's files would be read as this one's before QEMU truncates them
    for name in ("console.log", "verdict", "output", "trace.log", "counters"):
        (run_dir / name).unlink(missing_ok=True)
    try:
        names, environment = models.choose(topology, run_dir / "counters")
    except models.ModelError as error:
        raise MachineError(str(error)) from error
    progress.step("assembling the initramfs")
    # sockets have short names: a folder of their own
    with tempfile.NamedTemporaryFile(dir=run_dir, prefix="initrd-") as initrd, \
            tempfile.TemporaryDirectory(prefix="cxla-") as sockets, \
            open(run_dir / "qemu.log", "wb") as log:
        write_initrd(initrd, kernel, topology, command, options, files or {})
        args = _command_line(topology, names, kernel, initrd.name, mem_dir, run_dir, sockets,
                             accel, options)
        (run_dir / "qemu.cmd").write_text(" ".join(args) + "\n", encoding="utf-8")
        progress.step(f"booting {topology.name} on {kernel.release} ({result.accel})")
        try:
            process = subprocess.Popen(args, stdin=None if options.shell else subprocess.DEVNULL,
                                       stdout=None if options.shell else log, stderr=log,
                                       start_new_session=not options.shell, env=environment)
        except FileNotFoundError:
            raise MachineError(f"{QEMU} is not installed: run tools/setup") from None
        requests = monitor.Requests(f"{sockets}/port", f"{sockets}/monitor")
        try:
            watch.follow(process, run_dir, requests, options, progress,
                         on_output or (lambda data: None), result)
        finally:
            watch.end(process)
            requests.close()
    progress.clear()
    complaint = (run_dir / "qemu.log").read_text(errors="replace").strip()
    ended_here = result.timed_out or bool(result.lost_timer)
    if complaint and result.verdict is None and not ended_here and accel != "kvm":
        if any(text in complaint for text in STALE_MAP):
            raise EmulatorBug(f"{complaint}\nThis is a bug of QEMU, when a PCI device is removed "
                              "while its bus is in use. Boot it again.")
        raise MachineError(f"QEMU: {complaint}")
    return result


def raise_on_sigterm():
    """SIGTERM and SIGHUP end like Ctrl-C does: QEMU killed, folders removed."""
    def handler(number, _frame):
        # once: a second one would end us before the machine
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt(signal.Signals(number).name)
    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGHUP, handler)
