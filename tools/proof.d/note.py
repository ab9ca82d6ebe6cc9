# SPDX-License-Identifier: GPL-2.0-only
"""What tools/vm/test leaves beside the output of a boot that is a part of a proof, so that
`tools/proof --take` can record it: the sources that it was about, and whether what it booted
was built of them."""

import json
import time

import parts
import revision

TOP = revision.TOP
MODULES = ("kmod", "uapi")
PROGRAM = ("userspace/lib", "userspace/cli")


def _newest(places):
    return max(path.stat().st_mtime for path in revision.files_of(places))


def _built(release):
    """Both builds write these each time, and no source is newer."""
    try:
        return (_newest(MODULES) <= (TOP / "build" / release / "build.log").stat().st_mtime and
                _newest(PROGRAM) <= (TOP / "build" / "user" / "cxla").stat().st_mtime)
    except OSError:
        return False


def _part(boot):
    return next((p for p in parts.read() if p.kernel == boot["kernel"] and
                 any(b["name"] == boot["base"] for b in p.boots)), None)


def begin(boot, kernel):
    """What is known before a boot, or None if no part is made of it."""
    part = _part(boot)
    if not part:
        return None
    return {"boot": boot["name"], "inputs": part.inputs(), "commit": revision.commit(part.all_places()),
            "kernel": kernel.release, "built": _built(kernel.release)}


def end(note, boot, folder, cases, seconds):
    """The rest of it, kept; what was changed meanwhile is not what ran."""
    note["built"] = note["built"] and _part(boot).inputs() == note["inputs"]
    status = [case.status for case in cases]
    note |= {"passed": status.count("passed"), "failed": len(status) - status.count("passed"),
             "seconds": round(seconds), "when": time.strftime("%Y-%m-%d")}
    (folder / "result.json").write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
