# SPDX-License-Identifier: GPL-2.0-only
"""What came of the parts, kept in results.json, and the table made of it."""

import json
import shlex
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import marks  # noqa: E402

FILE = HERE / "results.json"
PAGE = HERE / "README.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def read(path=FILE):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def write(results, path=FILE):
    marks.replace(path, json.dumps(results, indent=1, sort_keys=True) + "\n")


def changed(part, row):
    """Words of what the row was about and is another now."""
    now = part.inputs()
    return sorted(word for word in {*now, *row["inputs"]} if now.get(word) != row["inputs"].get(word))


def is_current(part, row):
    return bool(row) and not changed(part, row)


def is_proved(part, row):
    return is_current(part, row) and row["verdict"] == "passed"


def counts_text(row):
    return ", ".join(f"{number:,} {word}" for word, number in row["counts"].items())


def how_far(part, row):
    return ", ".join(f"{row['counts'].get(word, 0):,} of {number:,} {word}" for word, number in part.target.items())


def verdict(part, row):
    """In words."""
    if not row:
        return "not run"
    text = row["verdict"]
    if text == "unfinished":
        text = f"unfinished: {how_far(part, row)}"
    if row.get("failures") and row["verdict"] == "passed":
        text += f" (after {row['failures']} that failed)"
    if words := changed(part, row):
        text += f" at {row['commit']}; changed since: {', '.join(words)}"
    if row.get("what"):
        text += f": {row['what']}"
    return text


def lines(parts, results):
    """A dictionary for each part: what --json prints."""
    out = []
    for part in parts:
        row = results.get(part.name)
        line = {"part": part.name, "claim": part.claim, "verdict": row["verdict"] if row else "not run",
                "current": is_current(part, row), "text": verdict(part, row),
                "command": f"tools/proof --again {shlex.quote(part.name)}"}
        if row:
            line |= {key: row[key] for key in ("commit", "kernel", "seed", "counts", "seconds", "when", "inputs", "ran")}
            line["changed"] = changed(part, row)
            line["failures"] = row.get("failures", 0)
        out.append(line)
    return out


def _cells(part, row):
    if not row:
        return [part.name, "not run", "", "", part.kernel, part.seed or "-", ""]
    return [part.name, verdict(part, row), counts_text(row), row["commit"], row["kernel"], row["seed"] or "-",
            f"{row['seconds']:,}"]


HEAD = ["PART", "VERDICT", "WHAT RAN", "COMMIT", "KERNEL", "SEED", "SECONDS"]


def summary(parts, results):
    proved = sum(is_proved(part, results.get(part.name)) for part in parts)
    return f"{proved} of {len(parts)} parts are proved for the sources that are here"


def table(parts, results):
    """As text: claims, and below each its parts."""
    rows = [_cells(part, results.get(part.name)) for part in parts]
    widths = [max(len(row[n]) for row in [HEAD, *rows]) for n in range(len(HEAD))]
    out, claim = ["  " + "  ".join(cell.ljust(width) for cell, width in zip(HEAD, widths)).rstrip()], None
    for part, row in zip(parts, rows):
        if part.claim != claim:
            claim = part.claim
            out.append(claim)
        out.append("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    out += ["", summary(parts, results), "One part again: tools/proof --again PART"]
    return "\n".join(out)


def markdown(parts, results):
    out = ["| what is claimed | command | verdict | what ran | commit | kernel | seed | seconds |",
           "|---|---|---|---|---|---|---|---:|"]
    for part in parts:
        name, *rest = _cells(part, results.get(part.name))
        cells = [part.claim, f"`tools/proof --again {name}`", *rest]
        out.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join([*out, "", summary(parts, results) + "."])


def write_page(parts, results, path=PAGE):
    """The table of a page is between two marks."""
    marks.between(path, BEGIN, END, markdown(parts, results))
