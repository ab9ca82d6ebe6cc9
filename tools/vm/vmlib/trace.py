# SPDX-License-Identifier: GPL-2.0-only
"""Accesses in QEMU's trace between the markers of cxla-guest, against what the
driver says it made.

Counted are accesses to component registers of any device, switch or bridge, and
to configuration space, but for the first 256 bytes of the device itself: the
PCI core reads and writes there whenever a driver is bound."""

import re
from dataclasses import dataclass

MEMORY = re.compile(r"memory_region_ops_(read|write) .*addr (0x[0-9a-f]+) value (0x[0-9a-f]+) "
                    r"size (\d+) name '([^']*)'")
CONFIG = re.compile(r"pci_cfg_(read|write) (\S+) ([0-9a-f]+):([0-9a-f]+)\.([0-7]) @(0x[0-9a-f]+)")
COUNT = re.compile(r"^COUNT (\S+) (\S+) mmio_reads=(\d+) mmio_writes=(\d+) "
                   r"cfg_reads=(\d+) cfg_writes=(\d+)\s*$", re.M)
MARKER_PORT = 0x80
MARKER = 0xc8
# where there is no /dev/port: both bytes at once, in a scratchpad of the host bridge
MARKER_CONFIG = re.compile(r"pci_cfg_write \S+ 0*:0*\.0 @0xdc <- (0x[0-9a-f]+)")
# QEMU's names of the two parts of a block of component registers, and the accelerator's
ACCELERATOR = "cxl-accel-registers"
COMPONENT = (".io", ".cache_mem", ACCELERATOR)
EXTENDED_CONFIG = 0x100


@dataclass
class Counts:
    mmio_reads: int = 0
    mmio_writes: int = 0
    cfg_reads: int = 0
    cfg_writes: int = 0


@dataclass
class Bind:
    """One bind as the driver counted it."""
    serial: str
    address: str
    counts: Counts


def binds(output):
    """The COUNT lines of the scenario access_counts_are_those_of_qemu."""
    return [Bind(m[1], m[2], Counts(*map(int, m.group(3, 4, 5, 6))))
            for m in COUNT.finditer(output)]


def sections(path):
    """Lists of trace lines between marker 1 and marker 2."""
    found, current, armed = [], None, False
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = MEMORY.search(line)
            if match and match[1] == "write" and int(match[2], 16) == MARKER_PORT:
                value = int(match[3], 16)
                if armed and value == 1:
                    current = []
                elif armed and value == 2 and current is not None:
                    found.append(current)
                    current = None
                armed = value == MARKER
            elif match := MARKER_CONFIG.search(line):
                value = int(match[1], 16)
                if value == MARKER | 1 << 8:
                    current = []
                elif value == MARKER | 2 << 8 and current is not None:
                    found.append(current)
                    current = None
            elif current is not None:
                current.append(line)
    return found


def _is_own_basic_config(config, bind):
    where = re.fullmatch(r"[0-9a-f]{4}:([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])", bind.address)
    return int(config[6], 16) < EXTENDED_CONFIG and \
        [int(n, 16) for n in config.group(3, 4, 5)] == [int(n, 16) for n in where.groups()]


def accesses(lines, bind):
    """Kind and register of each that QEMU saw during the bind."""
    for line in lines:
        memory, config = MEMORY.search(line), CONFIG.search(line)
        if memory and memory[5].endswith(COMPONENT):
            yield f"mmio_{memory[1]}s", memory[2]
        elif config and not _is_own_basic_config(config, bind):
            yield f"cfg_{config[1]}s", " ".join(config.group(2, 3, 4, 5, 6))


def count(lines, bind):
    """What QEMU saw during the bind."""
    counts = Counts()
    for kind, _ in accesses(lines, bind):
        setattr(counts, kind, getattr(counts, kind) + 1)
    return counts


def repeated(lines, bind):
    """Registers that were read more than once during the bind."""
    seen = [one for one in accesses(lines, bind) if one[0].endswith("reads")]
    return sorted({register for kind, register in seen if seen.count((kind, register)) > 1})


def compare_counters(path, components):
    """A problem in words, or None: what the accelerators counted, against the trace of the
    whole run. Reads of configuration space are left out: QEMU itself has some, which it
    does not trace."""
    seen, told = Counts(), Counts()
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            memory, config = MEMORY.search(line), CONFIG.search(line)
            if memory and memory[5] == ACCELERATOR:
                kind = f"mmio_{memory[1]}s"
                setattr(seen, kind, getattr(seen, kind) + 1)
            elif config and config[1] == "write" and config[2] == "cxl-accel":
                seen.cfg_writes += 1
    for count in components.values():
        told.mmio_reads += count.get("mmio-reads", 0)
        told.mmio_writes += count.get("mmio-writes", 0)
        told.cfg_writes += count.get("config-writes", 0)
    if seen != told:
        return f"the devices counted {told}, QEMU traced {seen}"
    return None if seen.mmio_reads and seen.cfg_writes else "QEMU traced no access"


def compare(output, path):
    """A problem in words, or None."""
    told, seen = binds(output), sections(path)
    if not told:
        return "the scenario printed no count"
    if len(told) != len(seen):
        return f"{len(told)} binds, but {len(seen)} between markers in the trace"
    for bind, lines in zip(told, seen):
        qemu = count(lines, bind)
        if qemu != bind.counts:
            return f"{bind.address}: driver {bind.counts}, QEMU {qemu}"
        if not qemu.mmio_reads or not qemu.cfg_reads:
            return f"{bind.address}: QEMU saw no access at all: {qemu}"
    return None
