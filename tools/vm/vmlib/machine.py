# SPDX-License-Identifier: GPL-2.0-only
"""QEMU: its command line, its serial ports, its end."""

import fcntl
import hashlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import console, efi, initramfs, kernels, models, monitor, processors

REPO = Path(__file__).resolve().parents[3]
GUEST = REPO / "build" / "guest"
QEMU = "qemu-system-x86_64"

EXIT_FAILED, EXIT_USAGE, EXIT_WARNING, EXIT_TIMEOUT = 1, 2, 3, 124


# what a kernel says when a processor got no timer interrupt: of one that spins with interrupts
# off, which is for us to mend, or of one that sleeps and was not woken
LOST_TIMER = re.compile(r"Possible timer handling issue on cpu=(\d+)")


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


@dataclass
class Result:
    """How a run ended. verdict: the command's exit status, None without one."""
    verdict: int = None
    timed_out: bool = False
    lost_timer: str = ""        # of the emulator, and of what processor: nothing in there goes on
    began: bool = False         # it came to its first process, and so to us
    warnings: list = field(default_factory=list)
    seconds: float = 0
    accel: str = ""

    @property
    def exit_code(self):
        if self.warnings:
            return EXIT_WARNING
        if self.timed_out:
            return EXIT_TIMEOUT
        return 0 if self.verdict == 0 else EXIT_FAILED

    def __str__(self):
        if self.lost_timer and not self.warnings:
            return f"was stuck after {self.seconds:.0f} s: the emulator has lost an interrupt: {self.lost_timer}"
        if self.warnings:
            where, line = self.warnings[0]
            more = f" (and {len(self.warnings) - 1} more)" if len(self.warnings) > 1 else ""
            return f"kernel log{' of ' + where if where else ''}: {line}{more}"
        if self.timed_out:
            return f"timed out after {self.seconds:.0f} s"
        if self.verdict is None:
            return "ended without a verdict"
        return f"command exited with {self.verdict}"


def columns_of(terminal):
    """80 where it does not say."""
    try:
        return os.get_terminal_size(terminal.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


class Progress:
    """One line on standard error that is written over, when that is a terminal;
    otherwise a line for each new step."""

    def __init__(self, quiet=False):
        self.quiet = quiet
        self.tty = sys.stderr.isatty()
        self.start = time.monotonic()
        self.text = None

    def step(self, text):
        if self.quiet or (text == self.text and not self.tty):
            return
        self.text = text
        if self.tty:
            # the next one can't clear what has wrapped
            line = f"[{time.monotonic() - self.start:5.1f} s] {text}"
            sys.stderr.write("\r\033[K" + line[:columns_of(sys.stderr) - 1])
        else:
            sys.stderr.write(f"[{time.monotonic() - self.start:5.1f} s] {text}\n")
        sys.stderr.flush()

    def tick(self):
        if self.tty and self.text:
            self.step(self.text)

    def clear(self):
        if self.tty and self.text and not self.quiet:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


class Tail:
    """What was added to a file since the last look."""

    def __init__(self, path):
        self.path = path
        self.offset = 0

    def read(self):
        try:
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return b""
        self.offset += len(data)
        return data


class Lines:
    """Splits what a Tail reads into whole lines."""

    def __init__(self, tail):
        self.tail = tail
        self.rest = ""

    def read(self, last=False):
        self.rest += self.tail.read().decode("utf-8", "replace").replace("\r", "")
        *lines, self.rest = self.rest.split("\n")
        if last and self.rest:
            lines.append(self.rest)
            self.rest = ""
        return lines


class WholeLines:
    """The same as bytes. A progress line goes between them, and would write over half of one."""

    def __init__(self, tail):
        self.tail = tail
        self.rest = b""

    def read(self, last=False):
        data = self.rest + self.tail.read()
        end = len(data) if last else data.rfind(b"\n") + 1
        self.rest = data[end:]
        return data[:end]


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
                         Path(trial), Path(trial), Progress(quiet=True))
        answer.parent.mkdir(parents=True, exist_ok=True)
        answer.write_text("works\n" if result.exit_code == 0 else "does not work\n",
                          encoding="ascii")
    return "kvm" if answer.read_text(encoding="ascii") == "works\n" else tcg(Options())


def _end(process):
    """Stop QEMU for certain."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _verdict(run_dir):
    """The command's exit status; None as long as there is none."""
    try:
        text = (run_dir / "verdict").read_text(errors="replace")
    except FileNotFoundError:
        return None
    match = re.search(r"^exit (\d+)\r?$", text, re.M)
    return int(match[1]) if match and text.endswith("\n") else None


def _watch(process, run_dir, requests, options, progress, on_output, result):
    """Follow the three serial ports until QEMU ends, or has to be ended."""
    start = time.monotonic()
    deadline = start + options.timeout
    lines = Lines(Tail(run_dir / "console.log"))
    output = WholeLines(Tail(run_dir / "output"))
    warnings = console.Warnings(options.allow_warnings, options.expect_warnings)
    verdict_at = suspect = None
    watch = processors.Watch(requests.ask) if result.accel == "tcg" and not options.icount else None

    def look(last=False):
        nonlocal suspect
        for line in lines.read(last):
            warnings.feed(line)
            if options.verbose:
                sys.stderr.write(line + "\n")
            # the kernel's own threads wait for the tick of that processor, too
            if match := LOST_TIMER.search(line):
                suspect = int(match[1])
            if "cxla-vm: ready" in line:
                progress.step("running")
        data = output.read(last)
        if data:
            progress.clear()
            on_output(data)

    while process.poll() is None:
        if options.stop and options.stop.is_set():
            break
        if options.shell:
            time.sleep(0.1)
            continue
        look()
        requests.poll()
        progress.tick()
        if watch and verdict_at is None:
            if suspect is not None and watch.sleeps(suspect):
                result.lost_timer = f"processor {suspect} sleeps, and the kernel misses its timer"
            suspect = None
            result.lost_timer = result.lost_timer or str(watch.lost() or "")
        if result.lost_timer:
            break
        now = time.monotonic()
        if verdict_at is None and _verdict(run_dir) is not None:
            verdict_at = now
        if verdict_at is not None and now > verdict_at + 10:
            break       # it has said all it had to say
        late = options.start_timeout and not warnings.begun and \
            now > start + options.start_timeout
        if now > deadline or late:
            result.timed_out = verdict_at is None
            break
        time.sleep(0.02)
    _end(process)
    look(last=True)
    result.seconds = time.monotonic() - start
    result.began = warnings.begun
    # nothing is missing of what was never begun
    result.warnings = warnings.found + (warnings.missing() if warnings.begun else [])
    if result.lost_timer:
        # what the kernel says of that is no finding, nor what has not come yet
        result.warnings = warnings.found[:warnings.before_stall]
    result.verdict = _verdict(run_dir)


def run(topology, kernel, command, options, mem_dir, run_dir, progress, on_output=None,
        files=None):
    """Boot, run a shell command, power off. Leaves console.log, output, qemu.log
    and trace.log in run_dir and the devices' memory in mem_dir."""
    result = Result()
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
            _watch(process, run_dir, requests, options, progress,
                   on_output or (lambda data: None), result)
        finally:
            _end(process)
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
