# SPDX-License-Identifier: GPL-2.0-only
"""Captures of machines as C, from which captures_kunit builds the fabric that isn't there:
kunit/captures/NAME.capture, and NAME.expect with what its devices come to."""

import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools" / "vm"))

from vmlib import capture  # noqa: E402


class Case:
    """One machine: nodes, each after the one above it; windows; what devices come to."""

    def __init__(self, path):
        self.machine = capture.read(path)
        self.name = path.stem
        self.nodes, self.numbers = [], {}
        self.expect = {}
        for line in path.with_suffix(".expect").read_text(encoding="utf-8").splitlines():
            address, state, reason, *span = line.split(" ")
            start, _, end = (span[0] if span else "").partition("-")
            self.expect[address] = (state, reason, int(start or "0", 16), int(end or "0", 16))
        for folder, config in sorted(self.machine.functions.items()):
            if config.dvsec(0):
                self._device(folder, config)

    def _add(self, key, kind, parent, number, hdm, **more):
        if key in self.numbers:
            return self.numbers[key]
        hdm = hdm or capture.Hdm()
        self.numbers[key] = len(self.nodes)
        self.nodes.append({"kind": kind, "parent": parent, "number": number, "count": hdm.count,
                           "global": hdm.control, "regs": hdm.registers, **more})
        return self.numbers[key]

    def _device(self, folder, config):
        parts = folder.split("/")
        uid = self.machine.bridge_uid(folder)
        at = self._add(parts[3], "FAKE_BRIDGE", -1, uid, self.machine.hdm_of_bridge(folder))
        path = "/".join(parts[:4])
        for name in parts[4:-1]:
            path += f"/{name}"
            above = self.machine.functions.get(path)
            kind = {4: "FAKE_ROOT_PORT", 5: "FAKE_UPSTREAM", 6: "FAKE_DOWNSTREAM"}[above.port_type()]
            hdm = self.machine.hdm(name) if kind == "FAKE_UPSTREAM" else None
            at = self._add(path, kind, at, above.port_number(), hdm)
        dvsec, address = config.dvsec(0), parts[-1]
        self._add(folder, "FAKE_ENDPOINT", at, 0, self.machine.hdm(address), address=address,
                  capacity=config.word(dvsec + 0x18) << 32 | config.word(dvsec + 0x1C) & 0xF0000000,
                  ctrl=config.word(dvsec + 0x0C) & 0xFFFF,
                  base=config.word(dvsec + 0x20) << 32 | config.word(dvsec + 0x24) & 0xF0000000)

    def _node(self, node):
        regs = ",\n".join("\t\t\t\t{ " + ", ".join(f"{r:#010x}" for r in one) + " }" for one in node["regs"])
        more = ""
        if node["kind"] == "FAKE_ENDPOINT":
            state, reason, start, end = self.expect.get(node["address"], ("none", "none", 0, 0))
            more = (f'\t\t\t.capacity = {node["capacity"]:#x}ULL, .ctrl = {node["ctrl"]:#x},\n'
                    f'\t\t\t.base = {node["base"]:#x}ULL, .address = "{node["address"]}",\n'
                    f'\t\t\t.state = "{state}", .reason = "{reason}",\n'
                    f'\t\t\t.start = {start:#x}ULL, .end = {end:#x}ULL,\n')
        return (f'\t\t{{\n\t\t\t.kind = {node["kind"]}, .parent = {node["parent"]}, .number = {node["number"]},\n'
                f'\t\t\t.nr_decoders = {node["count"]}, .global = {node["global"]:#x},\n{more}'
                + (f"\t\t\t.regs = {{\n{regs}\n\t\t\t}},\n" if regs else "") + "\t\t},\n")

    def text(self):
        windows = "".join(f"\t\t{{ .base = {base:#x}ULL, .size = {size:#x}ULL, .granularity = {granularity}, "
                          f".ways = {len(targets)}, .targets = {{ {', '.join(map(str, targets))} }} }},\n"
                          for base, size, granularity, targets in self.machine.windows)
        return (f'static const struct capture_node nodes_{self.name.replace("-", "_")}[] = {{\n'
                + "".join(self._node(node) for node in self.nodes) + "\t};\n"
                f'static const struct capture_window windows_{self.name.replace("-", "_")}[] = {{\n{windows}\t}};\n')


def generate(folder):
    """The header that captures_kunit includes."""
    cases = [Case(path) for path in sorted(folder.glob("*.capture"))]
    table = "".join(f'\t{{ "{case.name}", nodes_{name}, ARRAY_SIZE(nodes_{name}), windows_{name}, '
                    f"ARRAY_SIZE(windows_{name}) }},\n"
                    for case in cases for name in [case.name.replace("-", "_")])
    return ("/* SPDX-License-Identifier: GPL-2.0-only */\n/* made of kunit/captures by kunit/lib/captures.py */\n"
            + "\n".join(case.text() for case in cases)
            + f"\nstatic const struct capture_case capture_cases[] = {{\n{table}}};\n")
