# SPDX-License-Identifier: GPL-2.0-only
"""The parts of a proof, from parts.json: what each claims, the command that shows it, and
what its result depends on."""

import fnmatch
import json
from dataclasses import dataclass, field
from pathlib import Path

import revision

HERE = Path(__file__).resolve().parent
TABLE = HERE / "parts.json"
BOOTS = revision.TOP / "tools" / "vm" / "tests.json"
# each scenario needs these
SHARED = ("lib.sh", "run-scenarios.sh", "triggers.sh", "recommit.sh")


class PartError(Exception):
    """The table says something that can't be done."""


@dataclass
class Part:
    name: str
    claim: str
    command: list               # {seconds} stands for the time that there is
    kernel: str                 # one that tools/kernel/build knows, uml, or host
    minutes: float              # what it takes, about
    places: dict                # word -> files and folders that its result depends on
    counts: dict                # word -> expression; of several matches the sum
    boots: list = field(default_factory=list)   # of tools/vm/tests.json
    seed: str = ""
    least: dict = field(default_factory=dict)   # word -> what is claimed of its number
    status: list = field(default_factory=list)  # prints as JSON how far it is
    target: dict = field(default_factory=dict)  # word of that -> how far it is to come

    def inputs(self):
        """word -> digest, of all that decides what comes out."""
        found = {word: revision.digest(places) for word, places in self.places.items()}
        if self.boots:
            scenarios = {f"tools/vm/scenarios/{name}.sh" for boot in self.boots for name in boot["scenarios"]}
            shared = {f"tools/vm/scenarios/{name}" for name in SHARED}
            topologies = {f"tools/vm/topologies/{boot['topology']}.json" for boot in self.boots}
            # how long it may take, and which runs have it, decides nothing
            entries = [{k: v for k, v in boot.items() if k not in ("timeout", "quick", "why", "kernels", "once")}
                       for boot in self.boots]
            found["boot"] = revision.digest(sorted(scenarios | shared | topologies), json.dumps(entries, sort_keys=True))
        return found

    def all_places(self):
        return sorted({place for places in self.places.values() for place in places})


def _named(entry, sources):
    unknown = [word for word in entry["sources"] if word not in sources]
    if unknown:
        raise PartError(f"{entry.get('name') or entry['boot']}: no sources are called {', '.join(unknown)}")
    return {word: sources[word] for word in entry["sources"]}


def _of_boot(entry, sources, boots):
    """A part for each boot and kernel; a pattern with a name of its own is one part a kernel."""
    found = [boot for boot in boots if fnmatch.fnmatchcase(boot["name"], entry["boot"])]
    if not found:
        raise PartError(f"no boot of tools/vm/tests.json is called {entry['boot']}")
    places = {word: sources[word] for word in ("kmod", "machine", "kernel")} | _named(entry, sources)
    groups = [(entry["name"], entry["boot"], found)] if "name" in entry else [(b["name"], b["name"], [b]) for b in found]
    for kernel in entry["kernels"]:
        for name, pattern, group in groups:
            group = [boot for boot in group if kernel in boot.get("kernels", [kernel])]
            if not group:
                raise PartError(f"{pattern}: tools/vm/tests.json has no such boot on {kernel}")
            yield Part(f"{name}@{kernel}", entry["claim"],
                       ["tools/vm/test", "-j", "1", "--full", f"{pattern}@{kernel}"],
                       kernel, entry["minutes"], places, entry["counts"], group, entry.get("seed", ""),
                       entry.get("least", {}))


def read(path=TABLE, boots=BOOTS):
    table = json.loads(path.read_text(encoding="utf-8"))
    all_boots = json.loads(boots.read_text(encoding="utf-8"))["boots"] if boots else []
    parts = []
    for entry in table["parts"]:
        if "boot" in entry:
            parts += _of_boot(entry, table["sources"], all_boots)
        else:
            parts.append(Part(entry["name"], entry["claim"], entry["command"], entry["kernel"], entry["minutes"],
                              _named(entry, table["sources"]), entry["counts"], seed=entry.get("seed", ""),
                              least=entry.get("least", {}), status=entry.get("status", []), target=entry.get("target", {})))
    return parts
