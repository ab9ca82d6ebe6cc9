# SPDX-License-Identifier: GPL-2.0-only
"""Inputs that are kept in the repository: a JSON file for each target, an input a line, as text
where it is text. The tests read the same files (userspace/fuzz/corpus.h)."""

import hashlib
import json


def _is_text(content):
    return all(byte in (0x09, 0x0a) or 0x20 <= byte < 0x7f for byte in content)


def read(path):
    """[(name or None, bytes)]"""
    if not path.exists():
        return []
    entries = json.loads(path.read_text(encoding="utf-8"))
    return [(entry.get("name"), entry["text"].encode() if "text" in entry else bytes.fromhex(entry["hex"]))
            for entry in entries]


def write(path, inputs):
    lines = []
    for name, content in inputs:
        entry = {"name": name} if name else {}
        entry |= {"text": content.decode()} if _is_text(content) else {"hex": content.hex()}
        lines.append(json.dumps(entry))
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def add(path, name, content):
    """One that is to stay, in front of those that may be replaced."""
    write(path, [(name, content), *((other, c) for other, c in read(path) if c != content and other != name)])


def unfold(inputs, folder):
    """A file each, as libFuzzer has them: named by what is in it."""
    for _, content in inputs:
        file = folder / hashlib.sha1(content).hexdigest()
        if not file.exists():
            file.write_bytes(content)


def smallest(folder, most_bytes):
    """As many of a folder's inputs as there is room for, the small ones first."""
    kept, total = [], 0
    for content in sorted((file.read_bytes() for file in folder.iterdir()), key=lambda c: (len(c), c)):
        total += len(content)
        if total > most_bytes:
            break
        kept.append(content)
    return kept
