# SPDX-License-Identifier: GPL-2.0-only
"""Roots of a release of Debian in which a kernel's modules are compiled, where this machine can't run the
compiler or the tools that belong to its headers."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import kbuild
import offered
from offered import bare

TOP = Path(__file__).resolve().parents[2]


def packages(compiler):
    return ("make", "gcc", compiler, "pahole")


def archive(codename, compiler):
    """In the cache, under a name that is its content's."""
    return bare.archive(codename, packages(compiler))


class Roots:
    """Unpacked from the cache while kernels are compiled. `name` is that of who compiles: two of one name
    wait for each other."""

    def __init__(self, stack, name):
        self.stack, self.name, self.made = stack, name, {}
        stack.enter_context(kbuild.locked(offered.cache_dir() / f"{name}.lock"))
        # of runs that were killed
        for left in offered.cache_dir().glob(f".{name}.*"):
            shutil.rmtree(left, ignore_errors=True)

    def folder(self, codename, compiler):
        if (codename, compiler) not in self.made:
            print(f"{self.name}: a root of {codename} with {compiler}: made by mmdebstrap unless it is in the cache (minutes)",
                  file=sys.stderr, flush=True)
            tar = archive(codename, compiler)
            where = Path(self.stack.enter_context(tempfile.TemporaryDirectory(
                dir=offered.cache_dir(), prefix=f".{self.name}.", ignore_cleanup_errors=True)))
            bare.output("tar", "--no-same-owner", "--exclude=./dev/*", "-xf", str(tar), "-C", str(where))
            where.chmod(0o755)
            self.made[codename, compiler] = where
        return self.made[codename, compiler]

    def command(self, codename, compiler, shared, inner):
        """Runs inner in a root that has the repository and the shared folder where they are here."""
        root = self.folder(codename, compiler)
        binds = []
        for path in (TOP, shared):
            (root / path.relative_to("/")).mkdir(parents=True, exist_ok=True)
            binds.append(f'mount --bind "{path}" "$1{path}"')
        (root / "dev/null").touch()
        script = " && ".join([*binds, 'mount --bind /dev/null "$1/dev/null"', 'mount -t proc proc "$1/proc"',
                              'root=$1; shift; exec chroot "$root" "$@"'])
        mine = [] if os.getuid() == 0 else ["--map-root-user"]
        return ["unshare", *mine, "--mount", "--pid", "--fork", "--kill-child", "--", "sh", "-c", script, "sh",
                str(root), *inner]
