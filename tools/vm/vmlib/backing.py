# SPDX-License-Identifier: GPL-2.0-only
"""The pattern of cxla-guest, looked for from outside: in the backend file of
each device."""

import os
import struct

PAGE, LINE, STEP = 4096, 64, 1 << 20
CHUNK = 1 << 16
ZEROS = bytes(CHUNK)


def scratch():
    """Where to make a temporary folder for backend files: in memory where that
    has room, as some file systems fill a sparse file when it is mapped."""
    shm = "/dev/shm"
    if os.access(shm, os.W_OK):
        stat = os.statvfs(shm)
        if stat.f_bavail * stat.f_frsize > 4 << 30:
            return shm
    return None


def tag(serial):
    """What the scenarios write for a device, 24 bits with no byte of zeros:
    distinct where serial numbers are, but for rare ones that check() refuses."""
    return (serial ^ serial >> 24 ^ serial >> 48) & 0x7F7F7F | 0x808080


def _blocks(size):
    yield 0, PAGE
    for at in range(STEP, size, STEP):
        yield at, LINE
    yield size - PAGE, PAGE


def missing(path, serial, size):
    """Offsets of a range of size bytes where the pattern is not as written;
    the range starts at the device's first byte."""
    wrong = []
    with open(path, "rb") as file:
        for at, length in _blocks(size):
            file.seek(at)
            words = struct.unpack(f"<{length // 8}Q", file.read(length))
            wrong += [at + 8 * i for i, word in enumerate(words)
                      if word != tag(serial) << 40 | at + 8 * i]
    return wrong


def _data(file):
    """The parts of a sparse file that are not holes."""
    end, size = 0, os.fstat(file.fileno()).st_size
    while end < size:
        try:
            start = os.lseek(file.fileno(), end, os.SEEK_DATA)
        except OSError:     # only holes follow
            return
        end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
        file.seek(start)
        left = end - start
        while left:
            chunk = file.read(min(left, CHUNK))
            left -= len(chunk)
            yield chunk


def foreign_words(path, foreign):
    """How many words anywhere in the file carry this tag."""
    mark, count = foreign.to_bytes(3, "little"), 0
    with open(path, "rb") as file:
        for chunk in _data(file):
            # a file system may fill holes; comparing is quicker than looking
            at = -1 if chunk == ZEROS[:len(chunk)] else chunk.find(mark)
            while at >= 0:
                count += at % 8 == 5    # the high bytes of a little-endian word
                at = chunk.find(mark, at + 1)
    return count


def check(topology, mem_dir):
    """One (serial, problem or None) for each device that was to be attached:
    its pattern is in its own file, and in no other."""
    attached = [e for e in topology.expect if e.state == "attached"]
    tags = {e.serial: tag(e.serial) for e in attached}
    if len(set(tags.values())) != len(tags):
        raise ValueError(f"{topology.name}: serial numbers whose tags are alike")
    for e in attached:
        path = topology.backing_file(mem_dir, e.serial)
        wrong = missing(path, e.serial, e.size)
        problem = None
        if wrong:
            problem = f"{path.name}: {len(wrong)} words are not there, first at {wrong[0]:#x}"
        for other in topology.devices:
            if problem or other.serial == e.serial:
                continue
            path = topology.backing_file(mem_dir, other.serial)
            count = foreign_words(path, tags[e.serial])
            if count:
                problem = f"{path.name}: {count} words of {e.serial:#x} are there"
        yield e.serial, problem
