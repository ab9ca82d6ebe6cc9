# SPDX-License-Identifier: GPL-2.0-only
"""Topologies: one description gives QEMU's command line, the plan of the
firmware program and what the tests expect. tools/vm/README.md has the schema."""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

# bytes; QEMU wants some with persistent memory
LABEL_STORAGE = 256 << 10
UNITS = {"": 1, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class TopologyError(Exception):
    """A topology file says something that can't be built."""


def parse_size(value):
    """Bytes from 512M, 4G, 8k, 0x10000000 or a number."""
    if isinstance(value, int):
        return value
    match = re.fullmatch(r"(0x[0-9a-fA-F]+|\d+)([kMGT]?)", value)
    if not match:
        raise TopologyError(f"'{value}' is not a size")
    return int(match[1], 0) * UNITS[match[2]]


def _take(where, table, required, optional=()):
    """The table itself, once it is known to have the right keys."""
    if not isinstance(table, dict):
        raise TopologyError(f"{where}: not an object")
    missing = set(required) - set(table)
    unknown = set(table) - set(required) - set(optional)
    if missing or unknown:
        what = "missing " + ", ".join(sorted(missing)) if missing else \
            "unknown " + ", ".join(sorted(unknown))
        raise TopologyError(f"{where}: {what}")
    return table


@dataclass
class Device:
    kind: str       # accelerator or expander
    serial: int
    size: int       # of its volatile memory
    bus: str        # QEMU id of the port it is plugged into
    persistent: int = 0
    dvsec_ranges: bool = False      # it has no HDM decoders
    decoders: int = 0               # how many; 0: as many as QEMU's has

    def qemu_args(self, path, models):
        """Its memory, with the volatile part in that file, and itself. models: QEMU's
        name for each kind."""
        name = f"{self.serial:x}"
        args = ["-object", f"memory-backend-file,id=mem{name},share=on,size={self.size},mem-path={path}"]
        option = (f"{models[self.kind]},bus={self.bus},id=dev{name},volatile-memdev=mem{name},"
                  f"sn={self.serial:#x}")
        if self.persistent:
            args += ["-object", f"memory-backend-ram,id=pmem{name},size={self.persistent}",
                     "-object", f"memory-backend-ram,id=lsa{name},size={LABEL_STORAGE}"]
            option += f",persistent-memdev=pmem{name},lsa=lsa{name}"
        if self.dvsec_ranges:
            option += ",dvsec-ranges=on"
        if self.decoders and self.kind == "accelerator":
            option += f",decoders={self.decoders}"
        return args, ["-device", option]


@dataclass
class Decoder:
    devices: list
    window: int
    offset: int
    size: int
    granularity: int
    kind: str
    lock: bool
    dvsec: bool


@dataclass
class Poke:
    """What is written to a component, unchecked: a mistake that firmware makes in a decoder it
    has committed, or what a captured machine had."""
    verb: str       # of the plan: fault, registers
    at: str         # endpoint, or above it: switch, bridge
    serial: int
    values: dict    # register or field -> its value


@dataclass
class Expectation:
    """What an accelerator driver is to find on one device."""
    serial: int
    state: str
    reason: str
    window: int = 0
    offset: int = 0
    size: int = 0
    locked: bool = False
    log: str = ""   # what the only error line about the device matches; none without


@dataclass
class Topology:
    name: str
    description: str
    memory: int
    cxl: bool = True
    numa: bool = False                              # a bridge is on NUMA node 0
    windows: list = field(default_factory=list)     # (targets, size, granularity)
    devices: list = field(default_factory=list)
    decoders: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    registers: list = field(default_factory=list)
    strict: bool = True                             # hardware takes no mistakes
    log: list = field(default_factory=list)         # error lines that name no device
    expect: list = field(default_factory=list)
    arguments: list = field(default_factory=list)   # -device of bridges, ports, switches

    def firmware_plan(self):
        """One line for each range, in the firmware program's language."""
        lines = [f"# {self.name}"]
        for d in self.decoders:
            serials = ",".join(hex(s) for s in d.devices)
            lines.append(f"range window={d.window} offset={d.offset:#x} size={d.size:#x} "
                         f"serials={serials} granularity={d.granularity} type={d.kind} "
                         f"lock={int(d.lock)} dvsec={int(d.dvsec)}")
        for p in self.registers + self.faults:
            values = " ".join(f"{key}={value:#x}" for key, value in p.values.items())
            lines.append(f"{p.verb} at={p.at} serial={p.serial:#x} {values}")
        return "\n".join(lines) + "\n"

    def expectations(self):
        """One line a device for the guest's scenarios:
        serial state reason window offset size locked."""
        return "".join(f"{e.serial:#x} {e.state} {e.reason} {e.window} {e.offset:#x} "
                       f"{e.size:#x} {int(e.locked)}\n" for e in self.expect)

    def capacities(self):
        """One line a device: serial, bytes volatile, persistent, and of label storage."""
        return "".join(f"{d.serial:#x} {d.size:#x} {d.persistent:#x} "
                       f"{LABEL_STORAGE if d.persistent else 0}\n" for d in self.devices)

    def log_expectations(self):
        """Expressions, one a line, of which each matches one error line of the kernel
        log: those of a device have its serial number in front, others a dash."""
        return "".join([f"{e.serial:#x} {e.log}\n" for e in self.expect if e.log] +
                       [f"- {line}\n" for line in self.log])

    def backing_file(self, mem_dir, serial):
        return Path(mem_dir) / f"accel-{serial:#x}.mem"

    def machine_option(self):
        option = "q35,cxl=on" if self.cxl else "q35"
        for i, (targets, size, granularity) in enumerate(self.windows):
            for n, target in enumerate(targets):
                option += f",cxl-fmw.{i}.targets.{n}={target}"
            option += f",cxl-fmw.{i}.size={size}"
            if granularity:
                option += f",cxl-fmw.{i}.interleave-granularity={granularity}"
        return option

    def all_expanders(self):
        """The same, with an expander in the place of each accelerator."""
        return replace(self, devices=[replace(d, kind="expander") for d in self.devices])

    def has_accelerators(self):
        return any(d.kind == "accelerator" for d in self.devices)

    def qemu_args(self, mem_dir, models):
        args = ["-machine", self.machine_option(),
                "-m", f"{self.memory >> 20}M,maxmem=16G,slots=8"]
        if self.numa:
            args += ["-object", f"memory-backend-ram,id=ram0,size={self.memory >> 20}M",
                     "-numa", "node,nodeid=0,memdev=ram0"]
        options = []
        models = dict(models)
        # firmware's mistakes are made after the commits, where hardware takes none
        if not self.strict and models["accelerator"].startswith("cxl-accel"):
            models["accelerator"] += ",strict=off,strict-hosts=off"
        for device in self.devices:
            memory, option = device.qemu_args(self.backing_file(mem_dir, device.serial), models)
            args += memory
            options += option
        return args + self.arguments + options


class _Builder:
    """Walks bridges, ports and switches, naming and numbering as it goes."""

    def __init__(self, topology):
        self.topology = topology
        self.slots = 0

    def _slot(self):
        self.slots += 1
        return f"chassis=0,slot={self.slots}"

    def bridge(self, bridge):
        _take("host bridge", bridge, ("name", "bus_nr", "root_ports"),
              ("hdm_for_passthrough", "numa_node"))
        name = bridge["name"]
        option = f"pxb-cxl,bus_nr={bridge['bus_nr']},bus=pcie.0,id={name}"
        if bridge.get("hdm_for_passthrough"):
            option += ",hdm_for_passthrough=true"
        if "numa_node" in bridge:
            option += f",numa_node={bridge['numa_node']}"
            self.topology.numa = True
        self.topology.arguments += ["-device", option]
        for n, port in enumerate(bridge["root_ports"]):
            _take(f"{name}: root port", port, ("port",), ("device", "switch"))
            port_id = f"{name}.rp{n}"
            self.topology.arguments += ["-device",
                                        f"cxl-rp,port={port['port']},bus={name},id={port_id},"
                                        f"{self._slot()}"]
            self.below(port, port_id)

    def below(self, port, port_id):
        if "device" in port and "switch" in port:
            raise TopologyError(f"{port_id}: a device or a switch, not both")
        if "device" in port:
            device = _take(f"{port_id}: device", port["device"], ("kind", "serial", "size"),
                           ("persistent", "dvsec_ranges", "decoders"))
            if device["kind"] not in ("accelerator", "expander"):
                raise TopologyError(f"{port_id}: kind is accelerator or expander, "
                                    f"not '{device['kind']}'")
            if device["kind"] == "accelerator" and "persistent" in device:
                raise TopologyError(f"{port_id}: an accelerator has no persistent memory")
            if device["kind"] == "expander" and "dvsec_ranges" in device:
                raise TopologyError(f"{port_id}: QEMU's expander always has HDM decoders")
            self.topology.devices.append(Device(device["kind"], int(device["serial"], 0),
                                                parse_size(device["size"]), port_id,
                                                parse_size(device.get("persistent", 0)),
                                                device.get("dvsec_ranges", False),
                                                device.get("decoders", 0)))
        if "switch" in port:
            switch = _take(f"{port_id}: switch", port["switch"], ("downstream",))
            usp = f"{port_id}.usp"
            self.topology.arguments += ["-device", f"cxl-upstream,bus={port_id},id={usp}"]
            for n, dsp in enumerate(switch["downstream"]):
                _take(f"{usp}: downstream port", dsp, ("port",), ("device", "switch"))
                dsp_id = f"{usp}.dsp{n}"
                self.topology.arguments += ["-device",
                                            f"cxl-downstream,port={dsp['port']},bus={usp},"
                                            f"id={dsp_id},{self._slot()}"]
                self.below(dsp, dsp_id)


def _decoder(entry, topology):
    _take("decoder", entry, ("window", "offset", "size", "type"),
          ("device", "devices", "granularity", "lock", "dvsec"))
    devices = entry.get("devices") or [entry["device"]]
    decoder = Decoder([int(d, 0) for d in devices], entry["window"], parse_size(entry["offset"]),
                      parse_size(entry["size"]), parse_size(entry.get("granularity", 256)),
                      entry["type"], entry.get("lock", False), entry.get("dvsec", False))
    known = {d.serial for d in topology.devices}
    if not set(decoder.devices) <= known:
        raise TopologyError(f"decoder: no device has serial number {devices}")
    if decoder.kind not in ("device", "host"):
        raise TopologyError(f"decoder: type is device or host, not '{decoder.kind}'")
    if decoder.window >= len(topology.windows):
        raise TopologyError(f"decoder: no window {decoder.window}")
    return decoder


VALUES = ("decoder", "base", "window", "offset", "size", "targets", "ways", "granularity", "lock", "host",
          "committed", "enable", "mem_enable", "dvsec_size")


def _poke(verb, entry, topology):
    _take(verb, entry, ("at", "device"), VALUES)
    if entry["at"] not in ("endpoint", "switch", "bridge"):
        raise TopologyError(f"{verb}: at is endpoint, switch or bridge, not '{entry['at']}'")
    poke = Poke(verb, entry["at"], int(entry["device"], 0),
                {k: parse_size(entry[k]) for k in VALUES if k in entry})
    if poke.serial not in {d.serial for d in topology.devices}:
        raise TopologyError(f"{verb}: no device has serial number {entry['device']}")
    if not poke.values or ("window" in entry) != ("offset" in entry):
        raise TopologyError(f"{verb}: a value is required; window and offset go together")
    return poke


def _expectation(entry, topology):
    _take("expect", entry, ("device", "state", "reason"), ("window", "offset", "size", "locked", "log"))
    expectation = Expectation(int(entry["device"], 0), entry["state"], entry["reason"],
                              entry.get("window", 0), parse_size(entry.get("offset", 0)),
                              parse_size(entry.get("size", 0)), entry.get("locked", False),
                              entry.get("log", ""))
    if expectation.serial not in {d.serial for d in topology.devices}:
        raise TopologyError(f"expect: no device has serial number {entry['device']}")
    return expectation


def load(path):
    """Read a topology file; the name is the file's."""
    path = Path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.json")))
        raise TopologyError(f"no topology '{path.stem}'; there are: {known}") from None
    except json.JSONDecodeError as error:
        raise TopologyError(f"{path}: {error}") from None
    return build(path, data)


def build(path, data):
    """Of what a topology file has; path names it."""
    try:
        _take(path.stem, data, ("description",),
              ("memory", "cxl", "windows", "host_bridges", "decoders", "registers", "strict", "faults", "log",
               "expect"))
        topology = Topology(path.stem, data["description"], parse_size(data.get("memory", "2G")),
                            data.get("cxl", True))
        for window in data.get("windows", []):
            _take("window", window, ("targets", "size"), ("granularity",))
            topology.windows.append((window["targets"], parse_size(window["size"]),
                                     parse_size(window.get("granularity", 0))))
        builder = _Builder(topology)
        for bridge in data.get("host_bridges", []):
            builder.bridge(bridge)
        topology.decoders = [_decoder(d, topology) for d in data.get("decoders", [])]
        topology.faults = [_poke("fault", f, topology) for f in data.get("faults", [])]
        topology.registers = [_poke("registers", r, topology) for r in data.get("registers", [])]
        topology.strict = data.get("strict", not topology.faults)
        topology.log = list(data.get("log", []))
        topology.expect = [_expectation(e, topology) for e in data.get("expect", [])]
    except (TopologyError, KeyError, TypeError, ValueError) as error:
        raise TopologyError(f"{path}: {error}") from None
    if {e.serial for e in topology.expect} != {d.serial for d in topology.devices}:
        raise TopologyError(f"{path}: expect must name each device once")
    return topology
