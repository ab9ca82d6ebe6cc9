# SPDX-License-Identifier: GPL-2.0-only
"""A made-up Debian machine for tools/setup: package sources in a folder, a dpkg database of its own. dpkg
and apt are the real ones. In a mount namespace these folders stand where a machine has them, and the
packages are empty: nothing outside of the made-up machine changes."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SETUP = TOP / "tools" / "setup"
KERNEL = "6.12.99-amd64"
# where the machine has what is made up here
MOUNTS = {"apt": "/etc/apt", "dpkg": "/var/lib/dpkg", "state": "/var/lib/apt", "caches": "/var/cache/apt",
          "log": "/var/log", "os-release": "/etc/os-release"}
NAMES = {"12": "bookworm", "13": "trixie"}


class MadeUpError(Exception):
    """There can be no made-up machine here."""


def table():
    """Packages by the letters of what needs them."""
    rows = [line.split(None, 2) for line in (TOP / "tools/setup.d/packages").read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")]
    return {name: needed for name, needed, _ in rows}


def needed(letter):
    return [name for name, letters in table().items() if letter in letters]


def kernel_packages():
    common = KERNEL.removesuffix("-amd64")
    return [f"linux-image-{KERNEL}", f"linux-headers-{KERNEL}", f"linux-headers-{common}-common", f"linux-kbuild-{common}"]


class Machine:
    """One of a Debian release, with nothing installed."""

    def __init__(self, folder, version="13"):
        self.folder, self.codename = folder, NAMES[version]
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "LANG": "C.UTF-8"}
        self.before = ""        # a line of shell, in the namespace
        for name in ("apt/apt.conf.d", "apt/sources.list.d", "apt/preferences.d", "apt/trusted.gpg.d",
                     "dpkg/info", "dpkg/updates", "dpkg/triggers", "dpkg/parts", "dpkg/alternatives", "state/lists/partial",
                     "caches/archives/partial", "log/apt", "home", "shims"):
            (folder / name).mkdir(parents=True)
        for name in ("status", "available"):
            (folder / "dpkg" / name).touch()
        (folder / "apt/apt.conf").write_text('APT::Sandbox::User "root";\n', encoding="ascii")
        (folder / "os-release").write_text(
            f'PRETTY_NAME="Debian made up"\nID=debian\nVERSION_ID="{version}"\nVERSION_CODENAME={self.codename}\n',
            encoding="ascii")

    def source(self, text, name="made-up.list"):
        (self.folder / "apt/sources.list.d" / name).write_text(text + "\n", encoding="utf-8")

    def shim(self, name, script):
        """A program that is found before the machine's."""
        path = self.folder / "shims" / name
        path.write_text("#!/bin/sh\n" + script + "\n", encoding="utf-8")
        path.chmod(0o755)
        self.environment["PATH"] = f"{path.parent}:{os.environ['PATH']}"

    def inside(self, *command):
        mounts = " && ".join(f"mount --bind {self.folder / name} {place}" for name, place in MOUNTS.items())
        unshare = ["unshare", "--mount", *(["--map-root-user"] if os.getuid() else [])]
        return [*unshare, "--", "sh", "-c", f'{mounts} && {self.before or "true"} && exec "$@"', "sh", *map(str, command)]

    def run(self, *command):
        """Exit status, and what it said."""
        done = subprocess.run(self.inside(*command), env=self.environment, check=False, cwd="/", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300)
        return done.returncode, done.stdout

    def setup(self, *arguments):
        return self.run(SETUP, *arguments)

    def start(self, *arguments):
        """tools/setup, at work; it is stopped by a signal to its group, as from a terminal."""
        # in the background of a script it would ignore what a terminal sends
        return subprocess.Popen(["env", "--default-signal=INT", *self.inside(SETUP, *arguments)],
                                env=self.environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def installed(self):
        """Versions by package, of what is wholly installed."""
        _, said = self.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}|${Package}|${Version}\n")
        rows = [line.split("|") for line in said.splitlines() if line.startswith("ii ")]
        return {name: version for _, name, version in rows}


@contextmanager
def machine(version="13"):
    """Made in the cache folder: a test may leave little room in /tmp."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cxla"
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base, prefix=".made-up.") as folder:
        os.chmod(folder, 0o755)
        made = Machine(Path(folder), version)
        status, said = made.run("true")
        if status:
            raise MadeUpError(f"mount namespaces are not to be had here: {said.strip()}")
        yield made


def build_package(pool, name, version="1.0", postinst=None, depends="", files=()):
    """A package: its stanza for a package list. files: by name what is in them, or names of empty ones."""
    tree = pool / f"{name}.tree"
    (tree / "DEBIAN").mkdir(parents=True)
    for file in files:
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_text(files[file] if isinstance(files, dict) else "", encoding="ascii")
    control = f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: nobody <nobody@localhost>\n" \
              f"Installed-Size: 2048\nDescription: made up\n" + (f"Depends: {depends}\n" if depends else "")
    (tree / "DEBIAN/control").write_text(control, encoding="ascii")
    if postinst:
        script = tree / "DEBIAN/postinst"
        script.write_text("#!/bin/sh\n" + postinst + "\n", encoding="ascii")
        script.chmod(0o755)
    path = pool / f"{name}_{version}_amd64.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(tree), str(path)], check=True, capture_output=True)
    shutil.rmtree(tree)
    data = path.read_bytes()
    return control + f"Filename: pool/{path.name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"


def listed_package(name, version="1.0", size=1 << 20):
    """A package that is in the list only: for dry runs."""
    return f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nInstalled-Size: 2048\nDescription: made up\n" \
           f"Filename: pool/{name}.deb\nSize: {size}\nSHA256: {hashlib.sha256(name.encode()).hexdigest()}\n"


class Archive:
    """A package source. It has the suites that it is given, each with a list of stanzas."""

    def __init__(self, folder, origin="Debian"):
        self.folder, self.origin = Path(folder), origin
        self.pool = self.folder / "pool"
        self.pool.mkdir(parents=True)

    def package(self, name, **more):
        return build_package(self.pool, name, **more)

    def suite(self, codename, stanzas, also=(), sources=()):
        place = self.folder / "dists" / codename
        sums = ""
        for name, content in (("main/binary-amd64/Packages", stanzas), ("main/source/Sources", sources)):
            data = "\n".join(content).encode()
            (place / name).parent.mkdir(parents=True)
            (place / name).write_bytes(data)
            sums += f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}\n"
        origin = f"{self.origin} Backports" if codename.endswith("-backports") else self.origin
        (place / "Release").write_text(
            f"Origin: {origin}\nLabel: {origin}\nSuite: {codename}\nCodename: {codename}\nArchitectures: amd64\n"
            f"Components: main\nSHA256:\n{sums}", encoding="ascii")
        for name in also:
            (place.parent / name).symlink_to(codename)

    def line(self, suite):
        return f"deb [trusted=yes] file:{self.folder} {suite} main"

    def stanza(self, *suites):
        return f"Types: deb\nURIs: file:{self.folder}\nSuites: {' '.join(suites)}\nComponents: main\nTrusted: yes\n"


def read_until(process, words, seconds=60):
    """What it said, up to the line with these words."""
    said, end = "", time.monotonic() + seconds
    for line in process.stdout:
        said += line
        if words in line or time.monotonic() > end:
            break
    return said
