# SPDX-License-Identifier: GPL-2.0-only
"""What a command writes into a page: all that is between two lines of it, whole or not at all."""

import os


def replace(path, text):
    """A file's content, by another; the disk may be full."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def between(path, begin, end, shown):
    """Puts what is shown between the lines begin and end of a page, which has both."""
    before, mark, rest = path.read_text(encoding="utf-8").partition(f"{begin}\n")
    _, last, after = rest.partition(f"{end}\n")
    if not mark or not last:
        raise ValueError(f"{path}: it has no lines {begin} and {end}")
    replace(path, f"{before}{begin}\n{shown}\n{end}\n{after}")
