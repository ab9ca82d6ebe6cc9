# SPDX-License-Identifier: GPL-2.0-or-later
"""What is to be true of the rest of the machine: host bridges, switches, the report."""

import os
import tempfile
from pathlib import Path

from device_rules import LOCK, equal, tests_of
from qtest import MIB, WINDOW

REPORT = Path(tempfile.gettempdir()) / f"cxl-accel-report-{os.getpid()}"
TESTS, on = tests_of()


@on()
def host_bridge_keeps_the_rules(m):
    equal(m.host.commit(1, WINDOW, 256 * MIB), "error")
    equal(m.host.commit(0, WINDOW, 512 * MIB, 1 << 4, targets=0x0101), "error")
    equal(m.host.commit(0, WINDOW, 512 * MIB, LOCK | 1 << 4, targets=0x0100), "committed")
    m.host.set(0, 0x10, 0)
    equal(m.host.state(0), "committed")
    equal(m.get("locked-writes", "cxl.1"), 1)
    equal(m.host.commit(1, WINDOW + 256 * MIB, 256 * MIB), "error")
    m.set("refuse-commit", 2, "cxl.1")
    equal(m.host.commit(1, WINDOW + 512 * MIB, 256 * MIB), "error")
    m.set("refuse-commit", 0, "cxl.1")
    m.set("slow-commit-ms", 5, "cxl.1")
    equal(m.host.commit(1, WINDOW + 512 * MIB, 256 * MIB), "idle")
    m.wait(5)
    equal(m.host.state(1), "committed")
    equal(m.get("commits", "cxl.1"), 2)


@on()
def switch_keeps_the_rules(m):
    equal(m.switch.commit(1, WINDOW, 256 * MIB), "error")
    equal(m.switch.commit(0, WINDOW, 256 * MIB, LOCK), "committed")
    m.switch.set(0, 0, 0)
    equal(m.get("locked-writes", "up0"), 1)


@on("strict-hosts=off")
def hosts_are_left_alone_when_asked_for(m):
    equal(m.host.commit(1, WINDOW, 256 * MIB), "committed")


@on(f"report={REPORT}")
def counters_are_in_the_report_when_the_machine_ends(m):
    equal(m.device.commit(0, WINDOW, 256 * MIB, LOCK), "committed")
    m.device.set(0, 0, 0)
    m.switch.commit(1, WINDOW, 256 * MIB)
    m.monitor("quit")
    m.process.wait(20)
    try:
        lines = dict(line.split(" ", 1) for line in REPORT.read_text("utf-8").splitlines())
    finally:
        REPORT.unlink()
    equal("locked-writes=1 " in lines["/machine/peripheral/acc0"], True)
    equal("commit-errors=1" in lines["/machine/peripheral/up0"], True)
    equal("locked-writes=0 " in lines["/machine/peripheral/cxl.1"], True)
