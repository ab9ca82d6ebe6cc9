# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU driven by its qtest protocol and its monitor, as if these were a processor:
a host bridge with two root ports, the device below the first one, an upstream
switch port below the second one.

Distributions leave qtest's own accelerator out, in which the clock stands still.
The machine is stopped instead, its clock with it, and its processor, which runs
while a test lets time pass, finds a firmware that halts it."""

import json
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
WINDOW = 0x690000000        # where QEMU puts the first window of this machine
HOST_BRIDGE = 0x680000000   # and the registers of its host bridge
BAR = 0xf0000000            # where we put the device's registers
SWITCH_BAR = 0xf1000000
MIB = 1 << 20
# 64 KiB, at the end of which the processor begins: cli, and hlt for ever
FIRMWARE = bytes(0xfff0) + b"\xfa\xf4\xeb\xfd" + bytes(12)


class MachineError(Exception):
    """QEMU could not be started, or ended."""


class Machine:
    """With-statement's object; self.device and self.host have the registers."""

    def __init__(self, shared_object, options):
        self.folder = tempfile.TemporaryDirectory(prefix="cxl-accel-")
        self.qmp = None
        path = self.folder.name
        self.log = open(f"{path}/log", "w+", encoding="utf-8")
        Path(f"{path}/firmware").write_bytes(FIRMWARE)
        args = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-S",
                "-machine", "q35,cxl=on,cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G",
                "-accel", "tcg", "-bios", f"{path}/firmware", "-m", "2G,maxmem=16G,slots=8",
                "-qtest", f"unix:{path}/qtest", "-qtest-log", "none",
                "-qmp", f"unix:{path}/qmp",
                "-object", "memory-backend-ram,id=mem0,size=1G",
                "-device", "pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1",
                "-device", "cxl-rp,port=0,bus=cxl.1,id=rp0,chassis=0,slot=2",
                "-device", "cxl-rp,port=1,bus=cxl.1,id=rp1,chassis=0,slot=3",
                "-device", "cxl-upstream,bus=rp1,id=up0",
                "-device", "cxl-accel,bus=rp0,volatile-memdev=mem0,id=acc0,sn=0x1234"
                           + (f",{options}" if options else "")]
        listeners = [self._listen(f"{path}/{name}") for name in ("qtest", "qmp")]
        self.process = subprocess.Popen(args, env=os.environ | {"LD_PRELOAD": shared_object},
                                        stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        try:
            self.qtest, self.qmp = (self._accept(listener) for listener in listeners)
            self._answer(self.qmp)
            self.monitor("qmp_capabilities")
            self._enumerate()
        except BaseException:
            self.__exit__()
            raise
        self.device = Block(self, BAR)
        self.host = Block(self, HOST_BRIDGE)
        self.switch = Block(self, SWITCH_BAR)

    @staticmethod
    def _listen(path):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        listener.settimeout(0.2)
        return listener

    def _accept(self, listener):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                connection = listener.accept()[0]
            except TimeoutError:
                continue
            connection.settimeout(20)
            return connection.makefile("rw", encoding="utf-8")
        raise MachineError(f"{QEMU} did not start: {self.said()}")

    def said(self):
        self.log.seek(0)
        return self.log.read().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()
        self.folder.cleanup()

    def _answer(self, stream):
        try:
            line = stream.readline()
        except OSError:
            line = ""
        if not line:
            raise MachineError(f"{QEMU} ended: {self.said()}")
        return line

    def ask(self, *words):
        """One command of the qtest protocol, and its answer."""
        text = " ".join(hex(w) if isinstance(w, int) else w for w in words)
        self.qtest.write(text + "\n")
        self.qtest.flush()
        while (line := self._answer(self.qtest)).startswith("IRQ"):
            pass
        if not line.startswith("OK"):
            raise MachineError(f"{text}: {line.strip()}")
        answer = line.split()[1:]
        return int(answer[0], 0) if answer else None

    def monitor(self, command, **arguments):
        self.qmp.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.qmp.flush()
        while True:
            answer = json.loads(self._answer(self.qmp))
            if "event" in answer:
                continue
            if "error" in answer:
                raise MachineError(f"{command} {arguments}: {answer['error']['desc']}")
            return answer["return"]

    def get(self, name, of="acc0"):
        return self.monitor("qom-get", path=f"/machine/peripheral/{of}", property=name)

    def set(self, name, value, of="acc0"):
        self.monitor("qom-set", path=f"/machine/peripheral/{of}", property=name, value=value)

    def wait(self, milliseconds):
        """At least so long on the machine's clock, which stands still otherwise."""
        self.monitor("cont")
        time.sleep(milliseconds / 1000 + 0.01)
        self.monitor("stop")

    # --- configuration space, by the ports of a PC --------------------------

    def mmconfig(self, bus, slot, at):
        return 0xb0000000 + (bus << 20) + (slot << 15) + at

    def config(self, at, size="l", bus=13):
        return self.ask(f"read{size}", self.mmconfig(bus, 0, at))

    def set_config(self, at, value, size="l", bus=13, slot=0):
        self.ask(f"write{size}", self.mmconfig(bus, slot, at), value)

    def _enumerate(self):
        """What firmware does: extended configuration space, bus numbers, windows, BARs."""
        self.ask("outl", 0xcf8, 0x80000060)
        self.ask("outl", 0xcfc, 0xb0000001)
        for slot, bus, base in ((0, 13, BAR), (1, 14, SWITCH_BAR)):
            self.set_config(0x18, bus << 16 | bus << 8 | 12, bus=12, slot=slot)
            self.set_config(0x20, (base >> 16 & 0xfff0) | (base & 0xfff00000), bus=12, slot=slot)
            self.set_config(0x04, 6, "w", bus=12, slot=slot)
        self.enable()
        self.set_config(0x10, SWITCH_BAR, bus=14)
        self.set_config(0x04, 6, "w", bus=14)

    def enable(self):
        """What a function level reset has made necessary, too."""
        self.set_config(0x10, BAR)
        self.set_config(0x14, 0)
        self.set_config(0x04, 6, "w")

    def capability(self, ident, dvsec=None):
        """Offset of an extended capability, or of a DVSEC of CXL."""
        at = 0x100
        while at:
            header = self.config(at)
            if header & 0xffff == ident and (
                    dvsec is None or self.config(at + 8) & 0xffff == dvsec):
                return at
            at = header >> 20
        raise AssertionError(f"no capability 0x{ident:x}, DVSEC {dvsec}")

    def bus_reset(self):
        """Secondary bus reset by the root port's bridge control."""
        self.set_config(0x3e, 0x40, "w", bus=12)
        self.set_config(0x3e, 0, "w", bus=12)
        self.enable()

    def _slot_control(self):
        """Offset in the root port's configuration space."""
        at = self.ask("readb", self.mmconfig(12, 0, 0x34))
        while self.ask("readb", self.mmconfig(12, 0, at)) != 0x10:
            at = self.ask("readb", self.mmconfig(12, 0, at + 1))
        return at + 0x18

    def unplug(self):
        """What the hot-plug driver does: the slot's power, and its indicator, off."""
        self.set_config(self._slot_control(), 0x0700, "w", bus=12)
        devices = self.monitor("qom-list", path="/machine/peripheral")
        if any(entry["name"] == "acc0" for entry in devices):
            raise MachineError("the device is plugged still")

    def plugged(self):
        self.set_config(self._slot_control(), 0x0100, "w", bus=12)

    def flr(self):
        self.set_config(0x80 + 8, 0x8000, "w")
        self.enable()


class Block:
    """Component registers: CXL.cache and CXL.mem, and the decoders in them."""

    HDM = 0x128
    BASE, SIZE, CTRL, TARGETS = 0, 8, 0x10, 0x14

    def __init__(self, machine, at):
        self.machine, self.at = machine, at + 0x1000

    def read(self, offset):
        return self.machine.ask("readl", self.at + offset)

    def write(self, offset, value):
        self.machine.ask("writel", self.at + offset, value)

    def capability_ids(self):
        return [self.read(4 * n) & 0xffff for n in range(1, 1 + (self.read(0) >> 24))]

    def _decoder(self, n, what):
        return self.HDM + 0x10 + 0x20 * n + what

    def get(self, n, what):
        return self.read(self._decoder(n, what))

    def set(self, n, what, value):
        self.write(self._decoder(n, what), value)

    def enable(self):
        self.write(self.HDM + 4, 2)

    def commit(self, n, base, size, bits=0, targets=0):
        """Program decoder n and commit it; returns the bits 11:10 that follow."""
        for what, value in ((self.BASE, base), (self.SIZE, size), (self.TARGETS, targets)):
            self.set(n, what, value & 0xffffffff)
            self.set(n, what + 4, value >> 32)
        self.set(n, self.CTRL, bits | 0x200)
        return self.state(n)

    def state(self, n):
        return {0: "idle", 1: "committed", 2: "error"}[self.get(n, self.CTRL) >> 10 & 3]
