# SPDX-License-Identifier: GPL-2.0-only
"""What scenarios/compare.sh observes of a stack, machine after machine until each
observation has been made: one that the kernel reports something in, hangs in or does
not survive is the last of its machine."""

import re
import shutil
from dataclasses import dataclass, field

from . import chances, console, machine

BEGIN = re.compile(r"^:: begin (\S+)\s*$")
END = re.compile(r"^:: end (\S+)\s*$")
LINE = re.compile(r"^(SEEN|KERNEL|HUNG|FAIL:|BENCH|RACE) ?(.*?)\s*$")
START_TIMEOUT = 150     # seconds until the first process; some machines never come to it
ATTEMPTS = 3            # of a machine that did not


@dataclass
class Configuration:
    """A stack, and the driver of accelerators that it is observed with."""
    label: str
    stack: str
    driver: str

    @property
    def ours(self):
        return self.stack == "ours"


@dataclass
class Seen:
    """What came of one observation."""
    seen: str = ""                              # empty: it did not come to that
    kernel: list = field(default_factory=list)  # what the kernel reported
    hung: str = ""                              # functions that it waits in
    died: str = ""                              # the machine's end
    failed: str = ""                            # the observation itself went wrong
    told: list = field(default_factory=list)    # what programs printed: a word, and JSON

    @property
    def finding(self):
        """The kernel's own words for what is broken, or empty."""
        if self.hung:
            return "hangs: " + self.hung
        return self.kernel[0] if self.kernel else self.died

    def as_json(self):
        return {key: value for key, value in vars(self).items() if value}


class ObservationError(Exception):
    """A machine can't be brought to observe anything."""


def boot(shape, kernel, command, keep, **options):
    """The machine's Result and what was printed. What it logged stays in the folder `keep`."""
    with chances.boot(shape, kernel, command, machine.Options(start_timeout=START_TIMEOUT, **options),
                      lambda text: None, ATTEMPTS) as made:
        shutil.rmtree(keep, ignore_errors=True)
        shutil.copytree(made.run_dir, keep)
    if not made.result.began:
        raise ObservationError(f"{kernel.release} did not come to its first process, "
                               f"{ATTEMPTS} times: {keep}/console.log")
    return made.result, made.output


def parse(text):
    """name -> (Seen, whether it came to its end), in the order of the text."""
    found, name = {}, None
    for line in text.splitlines():
        if match := BEGIN.match(line):
            name = match[1]
            found[name] = (Seen(), False)
        elif (match := END.match(line)) and match[1] == name:
            found[name] = (found[name][0], True)
            name = None
        elif name and (match := LINE.match(line)):
            one = found[name][0]
            if match[1] == "KERNEL":
                one.kernel.append(match[2])
            elif match[1] in ("BENCH", "RACE"):
                one.told.append(match[2].split(" ", 1))
            else:
                setattr(one, {"SEEN": "seen", "HUNG": "hung", "FAIL:": "failed"}[match[1]],
                        match[2])
    return found


def last_words(log, name):
    """What the console says of a machine that ended in the middle: the kernel's report
    after the marker of this observation."""
    lines, since = [], False
    for line in log.read_text(errors="replace").splitlines():
        since = since or f"cxla-vm: scenario {name}" in line
        if since and console.WARNING.search(line):
            lines.append(re.sub(r"^\[[^]]*\](\[[^]]*\])? *", "", line.strip()))
    # the frame of a report says nothing by itself
    telling = [line for line in lines if not re.search(r"cut here|Call Trace", line)]
    return (telling or lines or ["the machine ended without a word"])[0]


def observe(shape, kernel, configuration, names, keep, progress, **options):
    """name -> Seen for each of the names."""
    left, found, machines = list(names), {}, 0
    while left:
        machines += 1
        folder = keep / f"{configuration.stack}-{configuration.driver}-{machines}"
        progress(f"{configuration.label}: {len(found)} of {len(names)} observations")
        result, text = boot(shape, kernel, f"sh /opt/cxla/scenarios/compare.sh {configuration.stack} "
                            f"{configuration.driver} {' '.join(left)}", folder,
                            allow_warnings=[".*"], **options)
        made = parse(text)
        if not made:
            raise ObservationError(f"{configuration.label}: nothing was observed: the machine "
                                   f"{result}; {folder}\n{text[-800:]}")
        for name, (one, ended) in made.items():
            if not ended and not one.hung:
                one.died = last_words(folder / "console.log", name)
            found[name] = one
            left.remove(name)
    return found
