# SPDX-License-Identifier: GPL-2.0-only
"""What the machine's components counted, see tools/qemu/README.md."""


def read(path):
    """Component -> counter -> number."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, *pairs = line.split()
        component = found.setdefault(name.rsplit("/", 1)[-1], {})
        for key, value in (pair.split("=") for pair in pairs):
            # one that was unplugged and plugged again has two lines
            component[key] = component.get(key, 0) + int(value)
    return found


def locked_decoder_is_written(path):
    """A problem in words, or None: over the whole run, whatever went wrong in it."""
    if not path.exists():
        return "the machine left no counters: it did not end by itself"
    return "\n".join(f"{name}: {count['locked-writes']} writes to locked decoders"
                     for name, count in read(path).items()
                     if count.get("locked-writes")) or None
