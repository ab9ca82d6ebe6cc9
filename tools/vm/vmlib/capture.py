# SPDX-License-Identifier: GPL-2.0-only
"""What `cxla capture` kept of a machine: configuration space, windows, and registers of HDM
decoders, from the registers themselves or, where a driver of the machine had them, from what that said."""

import contextlib
import gzip
import json
import struct
import zlib
from dataclasses import dataclass, field

VERSION = 1
CXL = 0x1E98
WAYS = {0: 1, 1: 2, 2: 4, 3: 8, 4: 16, 8: 3, 9: 6, 10: 12}
REGISTERS = 7           # of a decoder: base, size and control, targets
COMMITTED = 1 << 10


class CaptureError(Exception):
    """The file is no capture, or of another version."""


@contextlib.contextmanager
def lacks_nothing(path):
    """What is read here of a capture is not there, or not what it should be: CaptureError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, struct.error) as error:
        raise CaptureError(f"{path}: a capture that lacks a part, or has a wrong one: {error}") from None


class Config:
    """Configuration space of a function."""

    def __init__(self, data):
        self.data = data.ljust(4096, b"\0")

    def word(self, at):
        return struct.unpack_from("<I", self.data, at)[0]

    def capability(self, wanted):
        at, steps = self.data[0x34] & 0xFC, 0
        while at and steps < 48:
            if self.data[at] == wanted:
                return at
            at, steps = self.data[at + 1] & 0xFC, steps + 1
        return 0

    def extended(self, wanted):
        """Places of the extended capabilities that wanted(id, place) holds for."""
        at, steps, found = 0x100, 0, []
        while at >= 0x100 and steps < 512 and self.word(at) not in (0, 0xFFFFFFFF):
            if wanted(self.word(at) & 0xFFFF, at):
                found.append(at)
            at, steps = self.word(at) >> 20 & ~3, steps + 1
        return found

    def dvsec(self, number):
        places = self.extended(lambda ident, at: ident == 0x23 and self.word(at + 4) & 0xFFFF == CXL
                               and self.word(at + 8) & 0xFFFF == number)
        return places[0] if places else 0

    def serial(self):
        places = self.extended(lambda ident, at: ident == 3)
        return self.word(places[0] + 4) | self.word(places[0] + 8) << 32 if places else 0

    def port_number(self):
        at = self.capability(0x10)
        return self.word(at + 0x0C) >> 24 if at else None

    def port_type(self):
        at = self.capability(0x10)
        return self.word(at) >> 20 & 0xF if at else None


@dataclass
class Hdm:
    """HDM decoders of a component: CXL 3.1 section 8.2.4.20."""
    count: int = 0
    control: int = 0                                # the global one
    registers: list = field(default_factory=list)   # of each decoder

    def committed(self):
        """Decoder, and what its registers have, of those that are committed."""
        return [(i, Decoder.of(one)) for i, one in enumerate(self.registers) if one[4] & COMMITTED]


@dataclass
class Decoder:
    base: int
    size: int
    targets: int
    control: int

    @staticmethod
    def of(registers):
        low, high, size_low, size_high, control, targets, more = registers
        return Decoder(high << 32 | low & 0xF0000000, size_high << 32 | size_low & 0xF0000000,
                       more << 32 | targets, control)

    def values(self):
        """As a plan of the firmware program has them."""
        return {"size": self.size, "targets": self.targets, "granularity": self.control & 0xF,
                "ways": self.control >> 4 & 0xF, "lock": self.control >> 8 & 1,
                "host": self.control >> 12 & 1, "committed": 1}


def hdm_of(block):
    """Of 4 KiB of CXL.cachemem; None: it has none."""
    def word(at):
        return struct.unpack_from("<I", block, at)[0] if at + 4 <= len(block) else 0

    at = next((word(4 * i) >> 20 for i in range(1, (word(0) >> 24) + 1) if word(4 * i) & 0xFFFF == 5), None)
    if at is None:
        return None
    count = 2 * (word(at) & 0xF) or 1
    return Hdm(count, word(at + 4), [[word(at + 0x10 + 0x20 * i + 4 * r) for r in range(REGISTERS)]
                                     for i in range(count)])


class Machine:
    def __init__(self, document):
        self.entries = {e["path"]: e for e in document["entries"]}
        self.notes = [f"{m['what']}: {m['why']}" for m in document["missing"]]
        self.windows = []
        self.known = {}             # name of a component -> its Hdm, or None
        self.functions = {}
        for path, entry in self.entries.items():
            if path.startswith("/sys/devices/pci") and path.endswith("/config"):
                self.functions[path[:-len("/config")]] = Config(self.data(entry))

    @staticmethod
    def data(entry):
        if "hex" in entry:
            return bytes.fromhex(entry["hex"])
        return entry.get("text", "").encode("utf-8")

    def content(self, path):
        entry = self.entries.get(path)
        return None if entry is None or "link" in entry or "folder" in entry else self.data(entry)

    def text(self, path):
        data = self.content(path)
        return data.decode("utf-8", "replace").strip() if data is not None else ""

    def hdm(self, name):
        """Decoders of a component; None: it has none, or they are not known, which is noted once."""
        if name not in self.known:
            self.known[name] = self._read_hdm(name)
        return self.known[name]

    def _read_hdm(self, name):
        block = self.content(f"/registers/{name}")
        if block is None:
            self.notes.append(f"decoders of {name}: its registers are not in the capture")
        return hdm_of(block) if block is not None else None

    def hdm_of_bridge(self, folder):
        """The same of the host bridge that has this folder, by a driver if need be."""
        name = f"hostbridge-{self.bridge_uid(folder)}"
        if name in self.known or f"/registers/{name}" in self.entries:
            return self.hdm(name)
        port = next((path[:-len("/uport")] for path, entry in self.entries.items() if path.endswith("/uport")
                     and entry.get("link", "").split("/")[-1] == folder.split("/")[3]), None)
        if port is None:
            return self.hdm(name)
        self.notes.append(f"what is faulty in decoders of {name}: a driver had its registers, and tells the others")
        found = Hdm()
        for number in range(32):
            decoder = f"{port}/decoder{port.rpartition('/port')[2]}.{number}"
            if f"{decoder}/size" not in self.entries:
                break
            found.registers.append(self._said_registers(decoder))
        found.count = len(found.registers)
        # one that passes everything on has a decoder that the kernel made up, of no size
        self.known[name] = None if all(not one[4] & COMMITTED for one in found.registers) else found
        return self.known[name]

    def _said_registers(self, decoder):
        """What registers have of a decoder that a driver describes."""
        def number(name):
            return int(self.text(f"{decoder}/{name}") or "0", 0)

        base, size = number("start"), number("size")
        if not size:
            return [0] * REGISTERS
        ways = next((code for code, ways in WAYS.items() if ways == number("interleave_ways")), 0)
        control = COMMITTED | 1 << 9 | ways << 4 | max(number("interleave_granularity").bit_length() - 9, 0)
        if self.text(f"{decoder}/locked") == "1":
            control |= 1 << 8
        if self.text(f"{decoder}/target_type") == "expander":
            control |= 1 << 12
        targets = bytes(int(one) for one in self.text(f"{decoder}/target_list").split(",") if one)[:8]
        return [base & 0xFFFFFFFF, base >> 32, size & 0xFFFFFFFF, size >> 32, control,
                *struct.unpack("<II", targets.ljust(8, b"\0"))]

    def read_cedt(self):
        table = self.content("/sys/firmware/acpi/tables/CEDT") or b""
        at = 36
        while at + 4 <= len(table):
            kind, length = struct.unpack_from("<BxH", table, at)
            if length < 4 or at + length > len(table):
                self.notes.append(f"CEDT from offset {at} on")
                break
            if kind == 1 and length >= 36:
                base, size = struct.unpack_from("<QQ", table, at + 8)
                code, arithmetic = struct.unpack_from("<BB", table, at + 24)
                granularity = struct.unpack_from("<I", table, at + 28)[0]
                ways = WAYS.get(code)
                if not ways or at + 36 + 4 * ways > at + length:
                    self.notes.append(f"window at {base:#x}: its entry in the CEDT is wrong")
                else:
                    if arithmetic:
                        self.notes.append(f"window at {base:#x}: its arithmetic is XOR, and QEMU's modulo")
                    self.windows.append((base, size, 256 << granularity if granularity < 8 else 256,
                                         struct.unpack_from(f"<{ways}I", table, at + 36)))
            at += length

    def bridge_uid(self, folder):
        """_UID of the host bridge in sysfs below which a device is."""
        name = folder.split("/")[3]
        for path, entry in self.entries.items():
            if path.endswith("/physical_node") and "/ACPI0016:" in path and \
                    entry.get("link", "").endswith(name):
                return int(self.text(path.replace("/physical_node", "/uid")) or "0", 0)
        # QEMU's _UID is the number of the bus
        return int(name.split(":")[1], 16)


def read(path):
    """The machine of a capture; CaptureError."""
    try:
        with gzip.open(path, "rb") as file:
            document = json.loads(file.read())
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise CaptureError(f"{path}: no capture, or damaged: {error}") from None
    if not isinstance(document, dict) or document.get("format") != "cxla-capture":
        raise CaptureError(f"{path}: no capture of cxla")
    if document.get("version") != VERSION:
        raise CaptureError(f"{path}: a capture of version {document.get('version')}, not {VERSION}")
    with lacks_nothing(path):
        machine = Machine(document)
        machine.read_cedt()
        return machine
