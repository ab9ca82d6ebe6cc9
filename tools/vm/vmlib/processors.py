# SPDX-License-Identifier: GPL-2.0-only
"""Whether a processor of an emulated machine sleeps and nothing will wake it, as QEMU's monitor shows it.

A kernel that halts a processor has told its timer when to wake it, or has switched the timer off. So a processor that
is halted with interrupts on, whose timer has expired or that has an interrupt pending, is on its way to wake up. If it
stays like that, and nobody sets its timer meanwhile, the emulator has lost an interrupt. What waits in a kernel never
looks like that: a processor with nothing to do has a timer that still runs, or none; one that spins is not halted. On
a busy host a thread of the emulator may want to go on and not be let: then the interrupt is late, and not lost."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

EVERY = 5           # seconds between two looks
LOOKS = 3           # that have to show the same, and then
SAMPLES = 15        # of what a thread does
AT_ONCE = 5         # as many more, at once: one that wakes up and sleeps all the time is not caught so often
INTERRUPTS_ON = 0x200

REGISTERS = re.compile(r"RIP=([0-9a-f]+) RFL=([0-9a-f]+).*HLT=([01])")
TIMER = re.compile(r"^LVTT\s+0x[0-9a-f]+(.*)$\n^Timer\s.*initial_count = (\d+) current_count = (\d+)", re.M)
THREAD = re.compile(r"CPU #(\d+): thread_id=(\d+)")
SET = re.compile(r"^(ISR|IRR)\s+(.*\S)\s*$", re.M)


@dataclass(frozen=True)
class Processor:
    """What one of them is at."""
    number: int
    at: str             # its instruction pointer
    halted: bool        # with interrupts on
    overdue: str = ""   # what should have woken it
    timer: int = 0      # what it was set to: another number each time

    @property
    def lost(self):
        return self.halted and bool(self.overdue)

    def __str__(self):
        return f"processor {self.number} sleeps at {self.at}, and {self.overdue}"


def overdue(lapic):
    """What `info lapic` says that should have woken a processor, and what its timer was set to."""
    vectors = dict(SET.findall(lapic))
    mode, initial, current = match.groups() if (match := TIMER.search(lapic)) else ("masked", 0, 0)
    if vectors.get("IRR", "(none)") != "(none)":
        return f"interrupt {vectors['IRR']} is pending", int(initial)
    if "masked" in mode or "one-shot" not in mode or not int(initial) or int(current) or \
            vectors.get("ISR") != "(none)":
        return "", int(initial)
    return "its timer has expired without an interrupt", int(initial)


def waits(thread):
    """Whether a thread, and the first one of its process, which has the timers, are seen to wait for something. One
    that only waits for its turn on the host is not: it is ready to run all the time."""
    try:
        process = re.search(r"^Tgid:\s+(\d+)", Path(f"/proc/{thread}/status").read_text(encoding="ascii"), re.M)[1]
        awake = {str(thread), process}
        for _ in range(SAMPLES):
            awake -= {one for one in awake if Path(f"/proc/{one}/stat").read_text(encoding="utf-8")
                      .rpartition(")")[2].split()[0] == "S"}
            if not awake:
                return True
            time.sleep(0.02)
    except (OSError, TypeError, IndexError):
        pass
    return False


def look(ask, idle=waits):
    """Each Processor. ask(command) is what the monitor prints; OSError where it can't be asked."""
    found, threads = [], dict(THREAD.findall(ask("info cpus")))
    for text in ask("info registers -a").split("CPU#")[1:]:
        registers = REGISTERS.search(text)
        if not registers:
            continue
        number = int(text.split(None, 1)[0])
        halted = registers[3] == "1" and bool(int(registers[2], 16) & INTERRUPTS_ON)
        late, timer = overdue(ask(f"info lapic {number}")) if halted else ("", 0)
        if late and not idle(threads.get(str(number))):
            late = ""
        found.append(Processor(number, registers[1], halted, late, timer))
    return found


class Watch:
    """Looks at the processors from time to time."""

    def __init__(self, ask, idle=waits):
        self.ask, self.idle = ask, idle
        self.next = time.monotonic() + EVERY
        self.seen = {}      # Processor that is lost -> in how many looks, one after the other

    def _look(self):
        try:
            return look(self.ask, self.idle)
        except OSError:
            return []       # not yet, or no more

    def lost(self):
        """The Processor that nothing will wake, or None."""
        if time.monotonic() < self.next:
            return None
        self.next = time.monotonic() + EVERY
        self.seen = {one: self.seen.get(one, 0) + 1 for one in self._look() if one.lost}
        return next((one for one, times in self.seen.items() if times >= LOOKS and
                     all(one in self._look() for _ in range(AT_ONCE))), None)

    def sleeps(self, number):
        """Whether this processor is halted in one of some looks within two seconds."""
        for _ in range(AT_ONCE):
            if any(one.number == number and one.halted for one in self._look()):
                return True
            time.sleep(0.4)
        return False
