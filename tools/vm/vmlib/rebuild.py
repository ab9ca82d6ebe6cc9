# SPDX-License-Identifier: GPL-2.0-only
"""From a captured machine to the nearest topology that QEMU can be: its bridges, switches and
devices, what the registers of their decoders have, and Soft Reserved ranges. What it could not
rebuild is said in words."""

import re
from dataclasses import dataclass, field

from . import capture

MOST = 4 << 30          # bytes of a device, or of a window: QEMU maps no more here
UNIT = 256 << 20
ADDRESS = re.compile(r"^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$")
DVSEC_DEVICE, DVSEC_PORT = 0, 3
ROOT_PORT, UPSTREAM, DOWNSTREAM = 4, 5, 6


@dataclass
class Rebuilt:
    """What tools/vm/run needs, and what was left out."""
    topology: dict
    append: str
    notes: list = field(default_factory=list)


def load(path):
    """Rebuilt, of a capture; CaptureError."""
    machine = capture.read(path)
    with capture.lacks_nothing(path):
        return _Rebuild(machine).whole()


class _Rebuild:
    def __init__(self, machine):
        self.machine = machine
        self.notes = machine.notes
        self.tree, self.bridge_names = {}, {}
        self.devices = []           # (folder, the device as a topology has it)
        self.windows, self.bases = [], []
        self.registers, self.written = [], set()
        self.strict = True

    def whole(self):
        """Rebuilt."""
        functions = sorted((folder, config) for folder, config in self.machine.functions.items()
                           if ADDRESS.match(folder.split("/")[-1]))
        for folder, config in functions:
            if config.dvsec(DVSEC_DEVICE):
                self._plug(folder, config)
        for folder, config in functions:
            # where nothing is plugged in
            if config.port_type() in (ROOT_PORT, DOWNSTREAM) and config.dvsec(DVSEC_PORT) and \
                    folder.split("/")[3] in self.tree:
                self._port(folder + "/none")
        self._take_windows()
        for folder, device in self.devices:
            self._write_path(folder, device)
        return Rebuilt({"description": "rebuilt from a capture", "windows": self.windows,
                        "host_bridges": [self._bridge(bus, one) for bus, one in self.tree.items()],
                        "registers": self.registers, "strict": self.strict,
                        "expect": [{"device": device["serial"], "state": "pci-only", "reason": "none"}
                                   for _, device in self.devices]},
                       self._soft_reserved(), self.notes)

    def _port(self, folder):
        """The port of the tree that a device is plugged into, made on the way; or None."""
        parts = folder.split("/")
        bus, uid = parts[3], self.machine.bridge_uid(folder)
        bridge = self.tree.setdefault(bus, {"name": f"hb{len(self.tree)}", "root_ports": {}})
        self.bridge_names[uid] = bridge["name"]
        ports, path, node = bridge["root_ports"], "/".join(parts[:4]), None
        for name in parts[4:-1]:
            path += f"/{name}"
            config = self.machine.functions.get(path)
            kind = config.port_type() if config else None
            if kind in (ROOT_PORT, DOWNSTREAM):
                node = ports.setdefault(name, {"port": config.port_number()})
            elif kind == UPSTREAM and node is not None:
                ports = node.setdefault("switch", {"downstream": {}})["downstream"]
            else:
                return None
        return node

    def _plug(self, folder, config):
        port = self._port(folder)
        if port is None or "device" in port:
            self.notes.append(f"{folder.split('/')[-1]}: QEMU plugs one device into a port")
            return
        port["device"] = self._device(folder.split("/")[-1], config)
        self.devices.append((folder, port["device"]))

    def _device(self, address, config):
        at = config.dvsec(DVSEC_DEVICE)
        serial, taken = config.serial(), {int(device["serial"], 0) for _, device in self.devices}
        if not serial or serial in taken:
            self.notes.append(f"serial number of {address}: it has none of its own")
            serial = next(one for one in range(1, len(taken) + 2) if one not in taken)
        size = config.word(at + 0x18) << 32 | config.word(at + 0x1C) & 0xF0000000
        if config.word(at + 0x28) << 32 | config.word(at + 0x2C) & 0xF0000000:
            self.notes.append(f"the second range of {address}: QEMU's devices have one")
        if size > MOST:
            self.notes.append(f"{size >> 20} MiB of {address}: QEMU's has {MOST >> 20}")
        kind = "expander" if config.word(8) >> 16 == 0x0502 else "accelerator"
        device = {"kind": kind, "serial": f"{serial:#x}", "size": min(size or UNIT, MOST) // UNIT * UNIT}
        hdm = self.machine.hdm(address)
        if kind == "accelerator" and f"/registers/{address}" in self.machine.entries:
            if hdm is None:
                device["dvsec_ranges"] = True
            elif hdm.count != 4:
                device["decoders"] = hdm.count
        return device

    def _take_windows(self):
        for base, size, granularity, targets in self.machine.windows:
            names = [self.bridge_names.get(uid) for uid in targets]
            if None in names:
                self.notes.append(f"window at {base:#x}: no device is below one of its host bridges")
                continue
            if size > MOST:
                self.notes.append(f"{size >> 20} MiB of the window at {base:#x}: QEMU's has {MOST >> 20}")
            self.bases.append((base, min(size, MOST)))
            self.windows.append({"targets": names, "size": min(size, MOST), "granularity": granularity})

    def _bridge(self, bus, bridge):
        ports = self._ports(bridge["root_ports"])
        made = {"name": bridge["name"], "bus_nr": int(bus.split(":")[1], 16), "root_ports": ports}
        if len(ports) == 1 and self.machine.hdm_of_bridge(f"/sys/devices/{bus}"):
            made["hdm_for_passthrough"] = True
        nodes = {self.machine.text(f"{folder}/numa_node") for folder, _ in self.devices
                 if folder.split("/")[3] == bus} - {"-1", ""}
        if nodes:
            made["numa_node"] = 0
        if nodes - {"0"}:
            self.notes.append(f"NUMA node {min(nodes - {'0'})} of {bus}: there is one, 0")
        return made

    def _ports(self, ports):
        """The tree as a topology file has it, in the order of addresses."""
        listed = []
        for _, port in sorted(ports.items()):
            entry = {"port": port["port"]}
            if "device" in port:
                entry["device"] = port["device"]
            if "switch" in port:
                entry["switch"] = {"downstream": self._ports(port["switch"]["downstream"])}
            listed.append(entry)
        return listed

    def _write_path(self, folder, device):
        """What the registers of a device, and of all above it, are to have."""
        parts = folder.split("/")
        switches = ["/".join(parts[:n]) for n in range(5, len(parts))
                    if self.machine.functions["/".join(parts[:n])].port_type() == UPSTREAM]
        bridge = "/".join(parts[:4])
        self._write(bridge, "bridge", device, self.machine.hdm_of_bridge(bridge))
        for above in switches[:-1]:
            self.notes.append(f"decoders of {above.split('/')[-1]}: there is a switch below it")
        for switch in switches[-1:]:
            self._write(switch, "switch", device, self.machine.hdm(switch.split("/")[-1]))
        self._write(folder, "endpoint", device, self.machine.hdm(parts[-1]))
        self._write_dvsec(folder, device)

    def _write(self, folder, at, device, hdm):
        if hdm is None or folder in self.written:
            return
        self.written.add(folder)
        who = {"at": at, "device": device["serial"]}
        if at == "endpoint":
            self.registers.append(who | {"enable": hdm.control >> 1 & 1})
        committed = hdm.committed()
        for number, decoder in committed:
            self.registers.append(who | {"decoder": number} | self._place(decoder.base) | decoder.values())
        self.strict &= _is_orderly(committed, device["size"] if at == "endpoint" else None)

    def _write_dvsec(self, folder, device):
        config = self.machine.functions[folder]
        at = config.dvsec(DVSEC_DEVICE)
        who = {"at": "endpoint", "device": device["serial"]}
        base = config.word(at + 0x20) << 32 | config.word(at + 0x24) & 0xF0000000
        if base:
            self.registers.append(who | self._place(base) | {"dvsec_size": device["size"]})
        self.registers.append(who | {"mem_enable": config.word(at + 0x0C) >> 2 & 1})

    def _place(self, base):
        """Windows are where QEMU puts them, and what is in one moves with it."""
        for i, (start, size) in enumerate(self.bases):
            if start <= base < start + size:
                return {"window": i, "offset": base - start}
        return {"base": base}

    def _soft_reserved(self):
        words = []
        for line in self.machine.text("/proc/iomem").splitlines():
            match = re.match(r"^\s*([0-9a-f]+)-([0-9a-f]+) : Soft Reserved$", line)
            if match:
                start, end = int(match[1], 16), int(match[2], 16)
                words.append(f"memmap={end - start + 1:#x}%{start:#x}+0xefffffff")
        if words:
            self.notes.append("Soft Reserved ranges keep their addresses; windows are where QEMU puts them")
        return " ".join(words)


def _is_orderly(committed, capacity):
    """Whether hardware that checks what it commits takes these."""
    end, taken = 0, 0
    for place, (number, decoder) in enumerate(committed):
        ways = capture.WAYS.get(decoder.control >> 4 & 0xF)
        if number != place or not ways or decoder.control & 0xF > 6 or decoder.base < end or \
                decoder.size % (ways * UNIT) or decoder.base + decoder.size > 1 << 52:
            return False
        end, taken = decoder.base + decoder.size, taken + decoder.size // ways
    return capacity is None or taken <= capacity
