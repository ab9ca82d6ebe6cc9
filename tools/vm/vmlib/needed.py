# SPDX-License-Identifier: GPL-2.0-only
"""What an attach has to read of its device, register by register: the least that it
can do. A device that was bound before is meant, whose capabilities are where they were."""

from dataclasses import dataclass

# QEMU's, where the topology names no other number
DECODERS = 4


@dataclass
class Needed:
    """Registers that are read for one reason, once each."""
    kind: str       # mmio_reads or cfg_reads
    count: int
    registers: str
    reason: str


def of_attach(topology, device):
    """Each register that cxla_accel needs when it is bound to the device again, with the
    decoders that firmware committed, CXL 3.1 sections 8.2.4.20 and 8.1.3."""
    decoders = device.decoders or DECODERS
    committed = sum(device.serial in d.devices for d in topology.decoders if not d.dvsec)
    return [
        Needed("mmio_reads", 1, "HDM Decoder Capability", "are these the decoders that were found before"),
        Needed("mmio_reads", 1, "HDM Decoder Global Control", "are decoders enabled"),
        Needed("mmio_reads", decoders, f"HDM Decoder 0 to {decoders - 1} Control",
               "is it committed, locked, interleaved, and without an error"),
        Needed("mmio_reads", 2 * committed, "Base Low and High, of those committed", "where the range is"),
        Needed("mmio_reads", 2 * committed, "Size Low and High, of those committed", "how large it is"),
        Needed("mmio_reads", 2 * committed, "DPA Skip Low and High, of those committed",
               "which memory of the device it is"),
        Needed("cfg_reads", 1, "DVSEC header", "is the list of capabilities the one that was found before"),
        Needed("cfg_reads", 2, "Serial Number Low and High", "which device it is"),
        Needed("cfg_reads", 1, "DVSEC CXL Capability", "does it have memory, and how many ranges"),
        Needed("cfg_reads", 2, "DVSEC CXL Range 1 Size High and Low", "how much memory, and is it ready"),
        Needed("cfg_reads", 1, "DVSEC CXL Control", "is CXL.mem enabled"),
    ]


def total(needed, kind):
    return sum(one.count for one in needed if one.kind == kind)
