# SPDX-License-Identifier: GPL-2.0-only
"""From what `cxla capture` kept of a machine to the nearest topology that QEMU can be: its
bridges, switches and devices, what their decoders say, and Soft Reserved ranges. What it
could not rebuild is said in words."""

import gzip
import json
import re
import struct
import zlib
from dataclasses import dataclass, field

VERSION = 1
CXL = 0x1E98
MOST = 4 << 30          # bytes of a device, or of a window: QEMU maps no more here
UNIT = 256 << 20
WAYS = {0: 1, 1: 2, 2: 4, 3: 8, 4: 16, 8: 3, 9: 6, 10: 12}
ADDRESS = re.compile(r"^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$")


class CaptureError(Exception):
    """The file is no capture, or of another version."""


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
class Decoder:
    base: int
    size: int
    ways: int
    granularity: int
    lock: bool
    host: bool
    targets: list


def place_of_decoders(block):
    """Offset of the HDM decoder capability in 4 KiB of CXL.cachemem, or None."""
    words = struct.unpack("<1024I", block)
    return next((words[i] >> 20 for i in range(1, (words[0] >> 24) + 1) if words[i] & 0xFFFF == 5), None)


def decoders(block, notes, who):
    """Committed decoders of 4 KiB of CXL.cachemem, in order; and of those that make no sense
    what the registers have, as a fault of a topology says it."""
    if block is None:
        notes.append(f"decoders of {who}: its registers are not in the capture")
        return [], []

    def word(at):
        return struct.unpack_from("<I", block, at)[0] if at + 4 <= len(block) else 0

    hdm = place_of_decoders(block)
    if hdm is None:
        return [], []
    code, found, odd = word(hdm) & 0xF, [], []
    for i in range(2 * code if code else 1):
        at = hdm + 0x10 + 0x20 * i
        control = word(at + 0x10)
        if not control & 1 << 10:
            continue
        ways = WAYS.get(control >> 4 & 0xF)
        base, size = word(at) | word(at + 4) << 32, word(at + 8) | word(at + 12) << 32
        if not ways or base % UNIT or size % UNIT or not size:
            odd.append({"decoder": i, "base": base, "size": size, "ways": control >> 4 & 0xF,
                        "granularity": control & 0xF, "committed": 1})
            continue
        targets = list(struct.pack("<II", word(at + 0x14), word(at + 0x18)))[:ways]
        found.append(Decoder(base, size, ways, 256 << (control & 0xF), bool(control & 1 << 8),
                             bool(control & 1 << 12), targets))
    return found, odd


@dataclass
class Rebuilt:
    """What tools/vm/run needs, and what was left out."""
    topology: dict
    append: str
    notes: list = field(default_factory=list)


class Machine:
    def __init__(self, document):
        self.entries = {e["path"]: e for e in document["entries"]}
        self.notes = [f"{m['what']}: {m['why']}" for m in document["missing"]]
        self.windows, self.bridge_names, self.bases, self.faults = [], {}, [], []
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

    def registers(self, name):
        return self.content(f"/registers/{name}")

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


def _place(machine, tree, folder):
    """The port of the tree that a device is plugged into, made on the way; or None."""
    parts = folder.split("/")
    bus = parts[3]
    uid = machine.bridge_uid(folder)
    bridge = tree.setdefault(bus, {"name": f"hb{len(tree)}", "bus_nr": int(bus.split(":")[1], 16),
                                   "uid": uid, "root_ports": {}})
    machine.bridge_names[uid] = bridge["name"]
    ports, path = bridge["root_ports"], "/".join(parts[:4])
    node = None
    for name in parts[4:-1]:
        path += f"/{name}"
        config = machine.functions.get(path)
        kind = config.port_type() if config else None
        if kind in (4, 6):
            node = ports.setdefault(name, {"port": config.port_number()})
        elif kind == 5 and node is not None:
            ports = node.setdefault("switch", {"downstream": {}, "address": name})["downstream"]
        else:
            return None
    return node


def _plain(ports):
    """The tree as a topology file has it."""
    listed = []
    for port in sorted(ports.values(), key=lambda p: p["port"]):
        entry = {"port": port["port"]}
        if "device" in port:
            entry["device"] = port["device"]
        if "switch" in port:
            entry["switch"] = {"downstream": _plain(port["switch"]["downstream"])}
        listed.append(entry)
    return listed


def _device(machine, folder, config, serials):
    at = config.dvsec(0)
    serial = config.serial() or len(serials) + 1
    size = config.word(at + 0x18) << 32 | config.word(at + 0x1C) & 0xF0000000
    second = config.word(at + 0x28) << 32 | config.word(at + 0x2C) & 0xF0000000
    if second:
        machine.notes.append(f"the second range of {folder.split('/')[-1]}: QEMU's devices have one")
    if size > MOST:
        machine.notes.append(f"{size >> 20} MiB of {folder.split('/')[-1]}: QEMU's has {MOST >> 20}")
    kind = "expander" if config.word(8) >> 16 == 0x0502 else "accelerator"
    block = machine.registers(folder.split("/")[-1])
    without = {"dvsec_ranges": True} if block and kind == "accelerator" and \
        place_of_decoders(block) is None else {}
    return without | {"kind": kind, "serial": f"{serial:#x}", "size": min(size or UNIT, MOST) // UNIT * UNIT}


def _by_dvsec(config):
    """The range that a device decodes by its DVSEC, or None."""
    at = config.dvsec(0)
    base = config.word(at + 0x20) << 32 | config.word(at + 0x24) & 0xF0000000
    size = config.word(at + 0x18) << 32 | config.word(at + 0x1C) & 0xF0000000
    return (base, size) if config.word(at + 0x0C) & 4 and base and size else None


def _ranges(machine, devices):
    """What endpoints decode: (base, size, ways) -> members in the order of the bus."""
    found = {}
    for folder, device in devices:
        address = folder.split("/")[-1]
        own, odd = decoders(machine.registers(address), machine.notes, address)
        machine.faults += [{"at": "endpoint", "device": device["serial"]} | fault for fault in odd]
        dvsec = _by_dvsec(machine.functions[folder])
        for decoder in own:
            found.setdefault((decoder.base, decoder.size, decoder.ways), []).append((device, decoder, False))
        if not own and dvsec:
            found.setdefault((*dvsec, 1), []).append(
                (device, Decoder(*dvsec, 1, 256, False, device["kind"] == "expander", []), True))
    return found


def rebuild(machine):
    tree, devices, serials = {}, [], set()
    machine.read_cedt()
    for folder, config in sorted(machine.functions.items()):
        if not ADDRESS.match(folder.split("/")[-1]) or not config.dvsec(0):
            continue
        port = _place(machine, tree, folder)
        if port is None or "device" in port:
            machine.notes.append(f"{folder.split('/')[-1]}: QEMU plugs one device into a port")
            continue
        port["device"] = _device(machine, folder, config, serials)
        serials.add(port["device"]["serial"])
        devices.append((folder, port["device"]))
    windows = []
    for base, size, granularity, targets in machine.windows:
        names = [machine.bridge_names.get(uid) for uid in targets]
        if None in names:
            machine.notes.append(f"window at {base:#x}: no device is below one of its host bridges")
            continue
        machine.bases.append((base, min(size, MOST)))
        windows.append({"targets": names, "size": min(size, MOST), "granularity": granularity})
    topology = {"description": "rebuilt from a capture", "windows": windows,
                "host_bridges": [{"name": b["name"], "bus_nr": b["bus_nr"], "root_ports": _plain(b["root_ports"])}
                                 for b in tree.values()],
                "decoders": _decoders(machine, devices), "faults": machine.faults,
                "expect": [{"device": d["serial"], "state": "pci-only", "reason": "none"} for _, d in devices]}
    return Rebuilt(topology, _soft_reserved(machine), machine.notes)


def _decoders(machine, devices):
    made = []
    for (base, size, ways), members in sorted(_ranges(machine, devices).items(), key=lambda r: r[0][:2]):
        window = next((i for i, (start, length) in enumerate(machine.bases)
                       if start <= base and base + size <= start + length), None)
        if window is None or len(members) != ways:
            machine.notes.append(f"decoders of [{base:#x}-{base + size - 1:#x}]: " +
                                 ("in no window" if window is None else f"{len(members)} of {ways} members"))
            continue
        _, decoder, dvsec = members[0]
        entry = {"window": window, "offset": base - machine.bases[window][0], "size": size,
                 "type": "host" if decoder.host else "device", "lock": decoder.lock}
        if ways > 1:
            machine.notes.append(f"positions of the members of [{base:#x}-{base + size - 1:#x}]: "
                                 "taken in the order of their addresses")
            entry |= {"devices": [d["serial"] for d, _, _ in members], "granularity": decoder.granularity}
        else:
            entry["device"] = members[0][0]["serial"]
        if dvsec:
            entry["dvsec"] = True
        made.append(entry)
    return made


def _soft_reserved(machine):
    words = []
    for line in machine.text("/proc/iomem").splitlines():
        match = re.match(r"^\s*([0-9a-f]+)-([0-9a-f]+) : Soft Reserved$", line)
        if match:
            start, end = int(match[1], 16), int(match[2], 16)
            words.append(f"memmap={end - start + 1:#x}%{start:#x}+0xefffffff")
    if words:
        machine.notes.append("Soft Reserved ranges keep their addresses; windows are where QEMU puts them")
    return " ".join(words)


def load(path):
    """Rebuilt, of a capture; CaptureError."""
    try:
        with gzip.open(path, "rb") as file:
            document = json.loads(file.read())
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise CaptureError(f"{path}: no capture, or damaged: {error}") from None
    if not isinstance(document, dict) or document.get("format") != "cxla-capture":
        raise CaptureError(f"{path}: no capture of cxla")
    if document.get("version") != VERSION:
        raise CaptureError(f"{path}: a capture of version {document.get('version')}, not {VERSION}")
    try:
        return rebuild(Machine(document))
    except (KeyError, TypeError, ValueError, IndexError, struct.error, AttributeError) as error:
        raise CaptureError(f"{path}: a capture that lacks a part: {error}") from None
