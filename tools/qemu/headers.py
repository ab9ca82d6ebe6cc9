# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's headers, and GLib's: from packages of the distribution, into a cache."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

# of QEMU's source: what declares things, and what generates the rest
FOLDERS = ("include", "qapi", "scripts", "linux-headers")
# what QEMU's configure would find here, as far as a header asks for it
CONFIG = ("CONFIG_POSIX", "CONFIG_LINUX", "HOST_X86_64", "CONFIG_IOVEC", "CONFIG_INT128",
          "CONFIG_INT128_TYPE", "CONFIG_MADVISE")
# suites that have a QEMU of the series, or had it and may still have its source
MORE_SUITES = {"bookworm": ("bookworm-backports", "trixie"), "trixie": ()}
NEEDED_BYTES = 300 << 20
# Debian 12 has GLib's headers in the first, Debian 13 in the second, on which the first depends there
GLIB_PACKAGES = ("libglib2.0-dev", "libgio-2.0-dev")
GLIB_HEADER = "usr/include/glib-2.0/glib.h"


class Unsuitable(Exception):
    """What is needed can't be had on this machine."""


class Progress:
    """Says on stderr what takes a while, and how long it took."""

    def __init__(self, what):
        self.start = time.monotonic()
        print(f"{what} ...", file=sys.stderr, flush=True)

    def done(self):
        took = time.monotonic() - self.start
        if took > 2:
            print(f"  {took:.0f} s", file=sys.stderr, flush=True)


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "cxla" / "qemu"


@contextmanager
def locked(path):
    """Two runs at once share one build: the second waits for the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another build ({path})", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def codename():
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    match = re.search(r'^VERSION_CODENAME="?(\w+)', release, re.M)
    if not match:
        raise Unsuitable("/etc/os-release names no VERSION_CODENAME: is this Debian?")
    return match[1]


def _options(entry):
    """What says whose signature counts, of a source that apt names by FILE:N, with how its kind of file has it."""
    path, number = entry.rsplit(":", 1)
    text = Path(path).read_text(encoding="utf-8")
    if path.endswith(".list"):
        match = re.match(r"\s*deb\s+(\[[^]]*\])", text.splitlines()[int(number) - 1])
        return match[1] if match else ""
    stanzas = [part for part in re.split(r"\n(?:[ \t]*\n)+", re.sub(r"^#.*\n?", "", text, flags=re.M)) if part.strip()]
    return "\n".join(re.findall(r"^(?:Signed-By|Trusted):.*(?:\n[ \t].*)*", stanzas[int(number) - 1], re.M | re.I))


def _source(entry, uri, suites, types, options):
    """The text of a source like that one."""
    if entry.rsplit(":", 1)[0].endswith(".list"):
        return "".join(f"{kind} {options} {uri} {suite} main\n" for suite in suites for kind in types)
    return f"Types: {' '.join(types)}\nURIs: {uri}\nSuites: {' '.join(suites)}\nComponents: main\n{options}\n\n"


class Apt:
    """apt-get with sources and lists in a folder of its own. The sources are the archives that the machine has of
    Debian by their own Release files, whatever it calls their suites: its own release there, and what may have a
    QEMU of the series."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.release = codename()
        if self.release not in MORE_SUITES:
            raise Unsuitable(f"this is {self.release}; QEMU's headers are looked for on "
                             + " and ".join(MORE_SUITES))
        sources = self.folder / "sources"
        for path in (sources, self.folder / "lists" / "partial", self.folder / "got"):
            path.mkdir(parents=True)
        self.options = ["-q"]
        for option in ("Dir::Etc::SourceList=/dev/null", f"Dir::Etc::SourceParts={sources}",
                       f"Dir::State::Lists={self.folder}/lists", "Dir::Cache::pkgcache=", "APT::Get::List-Cleanup=false",
                       "Dir::Cache::srcpkgcache=", "APT::Update::Post-Invoke-Success::=", "APT::Sandbox::User=root"):
            self.options += ["-o", option]
        progress = Progress("reading package lists")
        self._copy_sources(sources)
        # a source that can't be read is no failure: what is missing then is told by its name
        self.unread = self._call("apt-get", "update").stderr.strip()
        self._derive_sources(sources)
        self.unread += self._call("apt-get", "update").stderr.strip()
        progress.done()

    @staticmethod
    def _copy_sources(sources):
        etc = Path("/etc/apt")
        for path in (etc / "sources.list", *(etc / "sources.list.d").glob("*.list"), *(etc / "sources.list.d").glob("*.sources")):
            if path.is_file():
                shutil.copy(path, sources / f"machine-{path.name}")

    def _derive_sources(self, sources):
        """In the place of the machine's."""
        archives = {}       # URI -> FILE:N, and kinds of suites, like -security
        said = self.run("apt-get", "indextargets", "--format", "$(ORIGIN)|$(COMPONENT)|$(CODENAME)|$(REPO_URI)|$(SOURCESENTRY)",
                        "Created-By: Packages")
        for origin, component, suite, uri, entry in (line.split("|") for line in said.splitlines()):
            if origin == "Debian" and component == "main":
                archives.setdefault(uri, (entry, set()))[1].add(re.sub("^[a-z]+", "", suite))
        if not archives:
            raise Unsuitable("of this machine's apt sources that could be read none is Debian's main archive, which has the "
                             f"headers{': ' + self.unread[-600:] if self.unread else ''}")
        derived = {}
        for number, (uri, (entry, kinds)) in enumerate(archives.items()):
            options = _options(entry)
            text = _source(entry, uri, [self.release + kind for kind in sorted(kinds)], ("deb", "deb-src"), options)
            if "" in kinds and MORE_SUITES[self.release]:
                text += _source(entry, uri, MORE_SUITES[self.release], ("deb-src",), options)
            derived[f"derived-{number}{Path(entry.rsplit(':', 1)[0]).suffix}"] = text
        for path in sources.iterdir():
            path.unlink()
        for name, text in derived.items():
            (sources / name).write_text(text, encoding="utf-8")

    def _call(self, tool, *args):
        return subprocess.run([tool, *self.options, *args], cwd=self.folder / "got",
                              capture_output=True, text=True, check=False)

    def run(self, tool, *args):
        done = self._call(tool, *args)
        if done.returncode:
            raise Unsuitable(f"{tool} {' '.join(args)}: {done.stderr.strip()[-600:]}"
                             + (f"\nThese sources could not be read: {self.unread[-600:]}" if self.unread else ""))
        return done.stdout

    def fetch(self, pattern, *args):
        """The file that this download leaves."""
        self.run("apt-get", *args)
        found = sorted((self.folder / "got").glob(pattern))
        if not found:
            raise Unsuitable(f"apt-get {' '.join(args)} left no {pattern}")
        return found[0]


def upstream(version):
    """10.0.2 of 1:10.0.2+ds-2+deb13u1"""
    return re.sub(r"^\d+:", "", version).split("-")[0].split("+")[0]


def _order(version):
    return tuple(int(n) for n in re.findall(r"\d+", upstream(version)))


def _candidates(apt, version, series):
    """Source versions of the series: that of the program first, then the newest."""
    text = apt.run("apt-cache", "showsrc", "qemu")
    known = {v for v in re.findall(r"^Version: (\S+)$", text, re.M)
             if upstream(v).startswith(series + ".")}
    return sorted(known, key=lambda v: (upstream(v) == version, _order(v)), reverse=True)


def _fetch_source(version, series):
    with tempfile.TemporaryDirectory(dir=cache_dir(), prefix=".new.") as work:
        apt = Apt(work)
        problem = f"no source package qemu {series}.x in this machine's archives"
        for candidate in _candidates(apt, version, series):
            progress = Progress(f"fetching the source of QEMU {candidate}")
            try:
                archive = apt.fetch("qemu_*.orig.tar.*", "source", "--download-only", "--tar-only",
                                    f"qemu={candidate}")
            except Unsuitable as error:
                problem = error     # superseded ones leave the archive before the lists
                continue
            tree = Path(work) / "tree"
            tree.mkdir()
            done = subprocess.run(
                ["tar", "-xf", str(archive), "-C", str(tree), "--strip-components=1", "--wildcards",
                 "--no-wildcards-match-slash", *(f"*/{name}" for name in (*FOLDERS, "VERSION"))],
                capture_output=True, text=True, check=False)
            if done.returncode:
                raise Unsuitable(f"tar -xf {archive.name}: {done.stderr.strip()[-400:]}")
            progress.done()
            place = cache_dir() / f"source-{upstream(candidate)}"
            shutil.rmtree(place, ignore_errors=True)
            tree.rename(place)
            return place
    raise Unsuitable(f"QEMU's headers can't be had: {problem}")


def source(version, series):
    """A folder with the headers of this QEMU, or of another one of its series."""
    for name in (version, "*"):
        known = sorted(cache_dir().glob(f"source-{series}.*" if name == "*" else f"source-{name}"),
                       key=lambda p: _order(p.name.removeprefix("source-")))
        if known:
            return known[-1]
    free = shutil.disk_usage(cache_dir()).free
    if free < NEEDED_BYTES:
        raise Unsuitable(f"{cache_dir()}: {free >> 20} MiB free, {NEEDED_BYTES >> 20} MiB needed")
    return _fetch_source(version, series)


def generated(tree):
    """What QEMU's configure and meson would have made of that folder."""
    folder = tree.with_name(tree.name.replace("source", "generated"))
    if folder.is_dir():
        return folder
    progress = Progress("generating QEMU's QAPI headers")
    with tempfile.TemporaryDirectory(dir=cache_dir(), prefix=".new.") as work:
        made = Path(work) / "made"
        (made / "qapi").mkdir(parents=True)
        version = (tree / "VERSION").read_text(encoding="ascii").strip()
        (made / "config-host.h").write_text(
            "".join(f"#define {name} 1\n" for name in CONFIG) +
            f'#define CONFIG_HOST_DSOSUF ".so"\n#define QEMU_VERSION "{version}"\n',
            encoding="ascii")
        (made / "config-poison.h").touch()
        done = subprocess.run([sys.executable, "-B", str(tree / "scripts" / "qapi-gen.py"), "-o",
                               str(made / "qapi"), "-b", str(tree / "qapi" / "qapi-schema.json")],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unsuitable(f"qapi-gen.py failed: {done.stderr.strip()[-400:]}")
        made.rename(folder)
    progress.done()
    return folder


def _unpack_glib(apt, folder):
    """The folder, with the packages of which one has GLib's headers."""
    known = set(apt.run("apt-cache", "pkgnames", "libg").split())
    for name in GLIB_PACKAGES:
        if name not in known:
            continue
        deb = apt.fetch(f"{name}_*.deb", "download", name)
        done = subprocess.run(["dpkg", "-x", str(deb), str(folder)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unsuitable(f"dpkg -x {deb.name}: {done.stderr.strip()}")
    if not (folder / GLIB_HEADER).exists():
        raise Unsuitable(f"GLib's headers can't be had: none of {', '.join(GLIB_PACKAGES)} has {GLIB_HEADER}")
    return folder


def glib_flags():
    """GLib's include folders: installed ones, or the package's, unpacked aside."""
    if shutil.which("pkg-config"):
        done = subprocess.run(["pkg-config", "--cflags", "glib-2.0"], capture_output=True,
                              text=True, check=False)
        if not done.returncode:
            return done.stdout.split()
    folder = cache_dir() / "glib"
    if not (folder / GLIB_HEADER).exists():
        with tempfile.TemporaryDirectory(dir=cache_dir(), prefix=".new.") as work:
            unpacked = _unpack_glib(Apt(work), Path(work) / "unpacked")
            shutil.rmtree(folder, ignore_errors=True)
            unpacked.rename(folder)
    return ["-isystem", f"{folder}/usr/include/glib-2.0",
            *(flag for path in folder.glob("usr/lib/*/glib-2.0/include")
              for flag in ("-isystem", str(path)))]
