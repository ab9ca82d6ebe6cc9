# SPDX-License-Identifier: GPL-2.0-or-later
"""What is to be true of the device: a function for each rule."""

from qtest import MIB, WINDOW, MachineError

G = 1024 * MIB
LOCK, COMMIT, HOST_ONLY, BI = 0x100, 0x200, 0x1000, 0x2000


def tests_of():
    """A file's list of tests, and what puts a test on it, for a machine with options."""
    tests = []

    def on(options=""):
        def add(test):
            test.options = options
            tests.append(test)
            return test
        return add
    return tests, on


TESTS, on = tests_of()


def equal(found, wanted):
    assert found == wanted, f"{found:#x}, not {wanted:#x}" if isinstance(found, int) else \
        f"{found}, not {wanted}"


def dvsec(m, field, size="w"):
    return m.config(m.capability(0x23, 0) + field, size)


def set_dvsec(m, field, value, size="w"):
    m.set_config(m.capability(0x23, 0) + field, value, size)


def mem_enable(m):
    set_dvsec(m, 0x0c, 6)


def usable(m, bits=0):
    """Memory at the window's begin, decoded by host bridge and device."""
    mem_enable(m)
    for block in (m.host, m.device):
        block.enable()
        equal(block.commit(0, WINDOW, 256 * MIB, bits), "committed")


def read(m, offset=0):
    return m.ask("readq", WINDOW + offset)


def write(m, value, offset=0):
    m.ask("writeq", WINDOW + offset, value)


ONES = 0xffffffffffffffff


@on()
def it_is_an_accelerator_with_a_serial_number(m):
    equal(m.config(8) >> 8, 0x120000)
    at = m.capability(3)
    equal(m.config(at + 4), 0x1234)
    equal(dvsec(m, 0x0a) & 7, 7)
    equal(m.config(m.capability(0x23, 7) + 0x0e, "w") & 7, 7)


@on("class=0x050210")
def class_is_a_property(m):
    equal(m.config(8) >> 8, 0x050210)


@on()
def component_registers_are_the_only_block(m):
    at = m.capability(0x23, 8)
    equal(m.config(at + 0x0c), 0x100)
    equal(m.config(at + 0x14), 0)
    equal(m.device.capability_ids(), [2, 4, 5])


@on("decoders=10")
def number_of_decoders_is_a_property(m):
    equal(m.device.read(0x128) & 0xf, 5)
    for n in range(4):
        equal(m.device.commit(n, WINDOW + n * 256 * MIB, 256 * MIB), "committed")


@on("coherency=hdm-db")
def hdm_db_has_a_bi_decoder(m):
    equal(m.device.capability_ids(), [2, 4, 5, 12])
    m.device.commit(0, WINDOW, 256 * MIB, BI)
    equal(m.device.get(0, 0x10) & BI, BI)


@on("coherency=hdm-d")
def hdm_d_has_no_bi(m):
    m.device.commit(0, WINDOW, 256 * MIB, BI)
    equal(m.device.get(0, 0x10) & BI, 0)


@on()
def memory_is_where_the_decoders_say(m):
    usable(m)
    write(m, 0x1122334455667788, 8)
    equal(read(m, 8), 0x1122334455667788)
    equal(m.ask("readb", WINDOW + 11), 0x55)


@on()
def locked_decoder_is_not_written_and_that_is_counted(m):
    equal(m.device.commit(0, WINDOW, 256 * MIB, LOCK), "committed")
    before = [m.device.get(0, r) for r in range(0, 0x1c, 4)]
    for r in range(0, 0x1c, 4):
        m.device.set(0, r, 0)
    equal([m.device.get(0, r) for r in range(0, 0x1c, 4)], before)
    equal(m.get("locked-writes"), 7)
    equal(m.get("committed-writes"), 0)


@on()
def committed_decoder_keeps_its_values(m):
    m.device.commit(0, WINDOW, 256 * MIB)
    m.device.set(0, 0, 0)
    equal(m.device.get(0, 0), WINDOW & 0xffffffff)
    m.device.set(0, 0x10, COMMIT | HOST_ONLY)
    equal(m.device.get(0, 0x10) & HOST_ONLY, 0)
    equal(m.get("committed-writes"), 2)
    equal(m.get("locked-writes"), 0)


@on()
def decoders_are_committed_in_order(m):
    equal(m.device.commit(1, WINDOW, 256 * MIB), "error")
    equal(m.device.commit(0, WINDOW, 256 * MIB), "committed")
    equal(m.device.commit(1, WINDOW + 256 * MIB, 256 * MIB), "committed")
    equal((m.get("commits"), m.get("commit-errors")), (2, 1))


@on()
def decoders_do_not_overlap(m):
    m.device.commit(0, WINDOW, 512 * MIB)
    equal(m.device.commit(1, WINDOW + 256 * MIB, 256 * MIB), "error")
    equal(m.device.commit(1, WINDOW - 256 * MIB, 256 * MIB), "error")
    equal(m.device.commit(1, WINDOW + 512 * MIB, 256 * MIB), "committed")


@on()
def range_fits_the_device(m):
    equal(m.device.commit(0, WINDOW, 2 * G), "error")
    equal(m.device.commit(0, WINDOW, 512 * MIB, targets=768 * MIB), "error")
    equal(m.device.commit(0, WINDOW, 512 * MIB, targets=512 * MIB), "committed")
    equal(m.device.commit(1, WINDOW + 512 * MIB, 256 * MIB), "error")


@on()
def size_is_a_multiple_of_256_mib_for_each_way(m):
    equal(m.device.commit(0, WINDOW, 256 * MIB, 1 << 4), "error")
    equal(m.device.commit(0, WINDOW, 512 * MIB, 1 << 4), "committed")


@on()
def reserved_ways_and_granularity_are_refused(m):
    equal(m.device.commit(0, WINDOW, 256 * MIB, 5 << 4), "error")
    equal(m.device.commit(0, WINDOW, 256 * MIB, 7), "error")


@on("zero-size=off")
def size_0_is_refused_when_asked_for(m):
    equal(m.device.commit(0, WINDOW, 0), "error")


@on()
def size_0_is_committed_and_decodes_nothing(m):
    equal(m.device.commit(0, 0, 0), "committed")
    equal(m.device.commit(1, WINDOW, 256 * MIB), "committed")


@on()
def decoders_are_given_up_in_reverse_order(m):
    for n in range(2):
        m.device.commit(n, WINDOW + n * 256 * MIB, 256 * MIB)
    m.device.set(0, 0x10, 0)
    equal(m.device.state(0), "committed")
    equal(m.get("uncommits-ignored"), 1)
    m.device.set(1, 0x10, 0)
    m.device.set(0, 0x10, 0)
    equal((m.device.state(0), m.device.state(1)), ("idle", "idle"))
    equal(m.get("uncommits"), 2)


@on("strict=off")
def without_strict_anything_is_kept(m):
    equal(m.device.commit(1, WINDOW, 256 * MIB, LOCK), "committed")
    m.device.set(1, 0, 0)
    equal(m.device.get(1, 0), 0)
    m.device.commit(0, WINDOW, 256 * MIB, 5 << 4)
    m.device.enable()
    mem_enable(m)
    m.host.enable()
    m.host.commit(0, WINDOW, 512 * MIB)
    read(m, 256 * MIB)      # QEMU itself would end at a reserved number of ways


@on()
def commit_is_refused_when_asked_for(m):
    m.set("refuse-commit", 2)
    equal(m.device.commit(0, WINDOW, 256 * MIB), "committed")
    equal(m.device.commit(1, WINDOW + 256 * MIB, 256 * MIB), "error")
    m.set("refuse-commit", 0)
    equal(m.device.commit(1, WINDOW + 256 * MIB, 256 * MIB), "committed")


@on()
def commit_takes_its_time(m):
    m.set("slow-commit-ms", 20)
    equal(m.device.commit(0, WINDOW, 256 * MIB), "idle")
    m.device.set(0, 0, 0)
    equal(m.get("committed-writes"), 1)
    m.wait(20)
    equal(m.device.state(0), "committed")


@on()
def commit_never_ends_when_asked_for(m):
    m.set("slow-commit-ms", -1)
    equal(m.device.commit(0, WINDOW, 256 * MIB), "idle")
    m.wait(50)
    equal(m.device.state(0), "idle")
    m.device.set(0, 0x10, 0)
    m.set("slow-commit-ms", 0)
    equal(m.device.commit(0, WINDOW, 256 * MIB), "committed")


@on()
def commit_given_up_does_not_end_later(m):
    m.set("slow-commit-ms", 20)
    m.device.commit(0, WINDOW, 256 * MIB)
    m.device.set(0, 0x10, 0)
    m.wait(30)
    equal(m.device.state(0), "idle")
    m.device.commit(0, WINDOW, 256 * MIB)
    m.bus_reset()
    m.wait(30)
    equal(m.device.state(0), "idle")


@on()
def decoder_stays_committed_when_asked_for(m):
    m.device.commit(0, WINDOW, 256 * MIB)
    m.set("stuck-commit", 1)
    m.device.set(0, 0x10, 0)
    equal(m.device.state(0), "committed")


@on()
def flr_keeps_decoders_and_memory(m):
    usable(m, LOCK)
    write(m, 0x77)
    m.flr()
    equal(m.device.state(0), "committed")
    equal(dvsec(m, 0x0c) & 4, 4)
    equal(read(m), 0x77)
    equal(m.get("flrs"), 1)


@on()
def flr_clears_them_when_asked_for(m):
    usable(m)
    m.set("flr-clears-decoders", True)
    m.flr()
    equal(m.device.state(0), "idle")


@on()
def bus_reset_clears_locked_decoders(m):
    usable(m, LOCK)
    resets = m.get("resets")
    m.bus_reset()
    equal(m.device.state(0), "idle")
    equal(m.device.get(0, 0), 0)
    equal(dvsec(m, 0x0c) & 4, 0)
    equal(m.get("resets"), resets + 1)


@on()
def cxl_reset_clears_decoders_and_not_the_pci_header(m):
    usable(m, LOCK)
    write(m, 0x77)
    set_dvsec(m, 0x10, 4)
    equal(dvsec(m, 0x10) & 4, 0)
    equal(dvsec(m, 0x12) & 6, 2)
    equal(m.device.state(0), "idle")
    equal(m.config(4, "w") & 6, 6)
    equal(m.get("cxl-resets"), 1)
    mem_enable(m)
    m.device.enable()
    m.device.commit(0, WINDOW, 256 * MIB)
    equal(read(m), 0x77)


@on("cxl-reset-ms=50")
def cxl_reset_takes_its_time_and_clears_memory(m):
    usable(m)
    write(m, 0x77)
    set_dvsec(m, 0x10, 0xc)
    equal(dvsec(m, 0x12) & 6, 0)
    equal(read(m), ONES)
    m.wait(50)
    equal(dvsec(m, 0x12) & 6, 2)
    mem_enable(m)
    m.device.enable()
    m.device.commit(0, WINDOW, 256 * MIB)
    equal(read(m), 0)


@on()
def cxl_reset_fails_or_never_ends_when_asked_for(m):
    m.set("reset-fails", True)
    set_dvsec(m, 0x10, 4)
    equal(dvsec(m, 0x12) & 6, 4)
    m.set("reset-never-ends", True)
    set_dvsec(m, 0x10, 4)
    m.wait(50)
    equal(dvsec(m, 0x12) & 6, 0)


@on("cache-flush-ms=5")
def cache_is_invalid_after_a_flush_while_disabled(m):
    set_dvsec(m, 0x10, 3)
    equal(dvsec(m, 0x12) & 1, 0)
    m.wait(5)
    equal(dvsec(m, 0x12) & 1, 1)
    set_dvsec(m, 0x10, 0)
    equal(dvsec(m, 0x12) & 1, 0)
    equal(m.get("cache-flushes"), 1)


@on()
def without_mem_enable_reads_are_ones_and_writes_dropped(m):
    usable(m)
    write(m, 0x77)
    set_dvsec(m, 0x0c, 2)
    equal(read(m), ONES)
    write(m, 0x88)
    mem_enable(m)
    equal(read(m), 0x77)
    equal((m.get("dropped-reads"), m.get("dropped-writes")), (1, 1))


@on()
def mem_enable_gets_lost_when_asked_for(m):
    usable(m)
    write(m, 0x77)
    m.set("lose-mem-enable", True)
    equal(dvsec(m, 0x0c) & 4, 0)
    mem_enable(m)
    equal(dvsec(m, 0x0c) & 4, 0)
    equal(read(m), ONES)
    m.set("lose-mem-enable", False)
    equal(dvsec(m, 0x0c) & 4, 0)
    mem_enable(m)
    equal(read(m), 0x77)


@on()
def config_lock_is_written_once(m):
    mem_enable(m)
    set_dvsec(m, 0x14, 1)
    set_dvsec(m, 0x0c, 2)
    equal(dvsec(m, 0x0c) & 4, 4)
    set_dvsec(m, 0x20, 0x12, "l")
    equal(dvsec(m, 0x20, "l"), 0)
    set_dvsec(m, 0x14, 0)
    equal(dvsec(m, 0x14) & 1, 1)
    equal(m.get("config-locked-writes"), 2)


@on("media-ready-ms=100")
def media_is_ready_after_its_time_and_again_after_a_reset(m):
    usable(m)
    equal(dvsec(m, 0x1c) & 3, 0)
    equal(read(m), ONES)
    m.wait(100)
    equal(dvsec(m, 0x1c) & 3, 3)
    equal(read(m), 0)
    m.flr()
    equal(dvsec(m, 0x1c) & 3, 3)
    m.bus_reset()
    equal(dvsec(m, 0x1c) & 3, 0)
    m.wait(100)
    equal(dvsec(m, 0x1c) & 3, 3)


@on()
def media_is_not_ready_when_asked_for(m):
    equal(dvsec(m, 0x1c) & 3, 3)
    m.set("media-not-ready", True)
    equal(dvsec(m, 0x1c) & 3, 0)
    m.set("media-not-ready", False)
    equal(dvsec(m, 0x1c) & 3, 3)


@on("dvsec-ranges=on")
def dvsec_range_decodes_without_decoders(m):
    equal(m.device.capability_ids(), [2, 4])
    set_dvsec(m, 0x20, WINDOW >> 32, "l")
    set_dvsec(m, 0x24, WINDOW & 0xffffffff, "l")
    m.host.enable()
    m.host.commit(0, WINDOW, 1 * G)
    mem_enable(m)
    write(m, 0x99, 0x1000)
    equal(read(m, 0x1000), 0x99)
    m.device.commit(0, WINDOW, 256 * MIB)
    equal(m.device.state(0), "idle")


@on()
def decoders_decode_only_when_enabled(m):
    usable(m)
    write(m, 0x77)
    m.device.write(0x12c, 0)
    assert read(m) != 0x77
    m.device.enable()
    equal(read(m), 0x77)


@on()
def poisoned_line_is_an_error_until_it_is_healed(m):
    usable(m)
    write(m, 0x77, 0x1000)
    m.set("poison", 0x1010)
    equal(m.get("poisoned"), "0x1000")
    assert read(m, 0x1000) != 0x77
    equal(m.device.read(0x80), 1 << 7)
    equal(read(m, 0x1040), 0)
    m.device.write(0x80, 1 << 7)
    equal(m.device.read(0x80), 0)
    m.set("heal", 0x1000)
    equal(read(m, 0x1000), 0x77)
    equal(m.get("poison-reads"), 1)
    try:
        m.set("poison", 2 * G)
    except MachineError:
        return
    raise AssertionError("poison where there is no memory")


@on()
def ras_status_is_set_sticky_and_cleared_by_ones(m):
    m.set("ras-uncorrectable", 1 << 14)
    m.set("ras-correctable", 1 << 6)
    m.bus_reset()
    equal((m.device.read(0x80), m.device.read(0x8c)), (1 << 14, 1 << 6))
    m.device.write(0x84, 0)
    m.device.write(0x80, 0xffffffff)
    m.device.write(0x8c, 0xffffffff)
    equal((m.device.read(0x80), m.device.read(0x8c)), (0, 0))
    m.set("ras-uncorrectable", 1 << 14)     # not masked: the root port is told


@on()
def accesses_are_counted(m):
    m.set("clear-counters", True)
    m.device.read(0)
    m.device.write(0x12c, 2)
    m.config(0)
    m.set_config(0x3c, 0, "b")
    equal(m.get("mmio-reads"), 1)
    equal(m.get("mmio-writes"), 1)
    equal((m.get("config-reads"), m.get("config-writes")), (1, 1))
    assert m.get("counters").startswith("mmio-reads=1 mmio-writes=1 config-reads=1 ")


@on()
def device_stops_to_answer_when_asked_for(m):
    usable(m)
    write(m, 0x77)
    m.set("gone", True)
    equal(m.config(0), 0xffffffff)
    equal(m.config(0, "w"), 0xffff)
    equal(m.device.read(0), 0xffffffff)
    equal(read(m), ONES)
    m.device.set(0, 0x10, 0)
    m.set("gone", False)
    equal(m.device.state(0), "committed")
    equal(read(m), 0x77)
    for name, value in (("registers-all-ones", 0xffffffff), ("config-all-ones", None)):
        m.set(name, True)
        equal(m.device.read(0) == 0xffffffff, value is not None)
        equal(m.config(0) == 0xffffffff, value is None)
        m.set(name, False)


@on()
def fault_is_in_force_after_so_many_accesses(m):
    m.set("fault-after", 3)
    m.set("registers-all-ones", True)
    for _ in range(3):
        assert m.device.read(0) != 0xffffffff
    equal(m.device.read(0), 0xffffffff)
    equal(m.config(0) != 0xffffffff, True)


@on()
def fault_ends_after_so_many_accesses(m):
    m.set("fault-for", 2)
    m.set("registers-all-ones", True)
    equal([m.device.read(0) == 0xffffffff for _ in range(4)], [True, True, False, False])


@on("fault-after=2,lose-mem-enable=on,fault-counts-config=on")
def faults_can_be_given_with_the_device(m):
    # QEMU and the machine's set-up have read configuration space already
    mem_enable(m)
    equal(dvsec(m, 0x0c) & 4, 0)


@on()
def registers_are_read_wrong_when_asked_for(m):
    m.device.commit(0, WINDOW, 256 * MIB)
    m.set("corrupt-register", 4)
    m.set("corrupt-xor", 0x80)
    m.set("corrupt-decoders", 1)
    equal(m.device.get(0, 4), WINDOW >> 32 ^ 0x80)
    m.set("clear-faults", True)
    equal(m.device.get(0, 4), WINDOW >> 32)
    m.set("override-offset", 0x128)
    m.set("override-value", 0xf)
    m.set("override-mask", 0xf)
    equal(m.device.read(0x128) & 0xf, 0xf)
    m.set("config-offset", 8)
    m.set("config-value", 0x05021000)
    m.set("config-mask", 0xffffff00)
    equal(m.config(10, "w"), 0x0502)


@on()
def commit_gets_lost_when_asked_for(m):
    usable(m)
    m.set("lose-commit", 1)
    equal(m.device.state(0), "idle")


@on("media-ready-ms=20,cxl-reset-ms=20")
def device_is_unplugged_in_the_middle_and_plugged_again(m):
    m.set("slow-commit-ms", 20)
    m.device.commit(0, WINDOW, 256 * MIB)
    m.set("poison", 0)
    set_dvsec(m, 0x10, 4)
    m.unplug()
    m.wait(30)
    m.monitor("device_add", driver="cxl-accel", bus="rp0", id="acc0", sn=0x5678,
              **{"volatile-memdev": "mem0"})
    m.plugged()
    m.enable()
    equal(m.config(m.capability(3) + 4), 0x5678)
    usable(m)
    write(m, 0x77)
    equal(read(m), 0x77)
