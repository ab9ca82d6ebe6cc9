# SPDX-License-Identifier: GPL-2.0-only
"""Kernel headers that Debian's archives offer, unpacked into the cache and not installed."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "setup.d"))

import bare  # noqa: E402

# those that tools/setup supports
RELEASES = ("bookworm", "trixie")
SERIES = r"6\.12|[7-9]\.\d+"
HEADERS = re.compile(rf"linux-headers-((?:{SERIES})\.\d+[^-]*(?:-cloud|-rt)?-amd64)")
# of what is depended on: what belongs to headers, and what a kernel that boots is in
TOOLS, BOOTED = "headers|kbuild", "base|binary|modules"


class OfferedError(Exception):
    """What the archives offer could not be had."""


@dataclass
class Package:
    name: str
    version: str
    sha256: str
    depends: str
    suite: str


@dataclass
class Kernel:
    release: str        # as uname -r says it
    codename: str       # of the release of Debian
    suites: list
    packages: list      # headers, those common to all flavours, and the tools

    @property
    def flavour(self):
        match = re.search("-(cloud|rt)-amd64$", self.release)
        return match[1] if match else "standard"

    @property
    def series(self):
        return "6.12" if self.release.startswith("6.12.") else self.release.split(".", maxsplit=1)[0]

    @property
    def version(self):
        return self.packages[0].version

    @property
    def order(self):
        return [int(n) for n in re.findall(r"\d+", self.release)]


def cache_dir():
    return bare.cache_dir().parent / "test-kernels"


def run(*command, where=None):
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=where)
    if done.returncode:
        raise OfferedError(f"{' '.join(command[:1])} {command[-1]} ended with {done.returncode}:\n"
                           f"{(done.stdout + done.stderr)[-1500:]}")
    return done.stdout


class Archive:
    """Package lists of one release, all of its suites; the machine's own are not touched."""

    def __init__(self, codename):
        self.codename = codename
        self.folder = cache_dir() / "lists" / codename
        for part in ("lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        listed = self.folder / "sources.list"
        listed.write_text("\n".join(bare.sources(codename, backports=True)) + "\n")
        self.options = []
        for setting in (f"Dir::Etc::SourceList={listed}", "Dir::Etc::SourceParts=/dev/null",
                        f"Dir::State::Lists={self.folder}/lists", f"Dir::Cache={self.folder}/cache",
                        "Dir::State::status=/dev/null", "APT::Sandbox::User=root", "Acquire::Retries=1",
                        "APT::Update::Post-Invoke-Success::="):
            self.options += ["-o", setting]

    def update(self):
        """What went wrong, in lines; suites that could be read are there all the same."""
        done = subprocess.run(["apt-get", "-q", *self.options, "update"], check=False, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        return [line for line in (done.stdout + done.stderr).splitlines() if line.startswith(("Err:", "E:"))]

    def _packages(self):
        """By name: every version of what may be headers or their tools, or a kernel."""
        found = {}
        for line in run("apt-get", *self.options, "indextargets", "--format", "$(CODENAME)|$(FILENAME)",
                        "Created-By: Packages").splitlines():
            suite, path = line.split("|")
            for stanza in re.split(r"\n\n", run("/usr/lib/apt/apt-helper", *self.options, "cat-file", path)):
                if re.match(rf"Package: linux-(image|{TOOLS}|{BOOTED})-", stanza):
                    fields = dict(re.findall(r"^([A-Za-z0-9]+): (.*)$", stanza, re.M))
                    package = Package(fields["Package"], fields["Version"], fields["SHA256"],
                                      fields.get("Depends", ""), suite)
                    found.setdefault(package.name, []).append(package)
        return found

    def kernels(self):
        packages = self._packages()
        listed = []
        for name, versions in packages.items():
            match = HEADERS.fullmatch(name)
            # the same package may be in several suites, and be made anew for one
            for version in {v.version for v in versions if match}:
                suites = sorted(v.suite for v in versions if v.version == version)
                listed.append(Kernel(match[1], self.codename, suites, self._with_needed(packages, name, version, TOOLS)))
        return listed

    def image(self, kernel):
        """Packages that its image and its modules are in."""
        return self._with_needed(self._packages(), f"linux-image-{kernel.release}", kernel.version, BOOTED)

    @staticmethod
    def _with_needed(packages, name, version, kinds):
        chosen, wanted = {}, [name]
        while wanted:
            name = wanted.pop()
            if name in chosen:
                continue
            same = [p for p in packages.get(name, ()) if p.version == version]
            if not same:
                raise OfferedError(f"{name} {version} is depended on, and in no suite")
            chosen[name] = same[0]
            wanted += re.findall(rf"\blinux-(?:{kinds})-[^ ,|]+", same[0].depends)
        return list(chosen.values())


def key(kernel):
    """By content: the same packages have the same."""
    return hashlib.sha256("".join(sorted(p.sha256 for p in kernel.packages)).encode()).hexdigest()[:16]


def folder(kernel):
    """Where its headers are or will be: one folder for all flavours that share tools."""
    tools = next(p for p in kernel.packages if p.name.startswith("linux-kbuild-"))
    return cache_dir() / "headers" / f"{tools.version.replace('~', '_')}-{tools.sha256[:12]}"


def headers(kernel):
    return folder(kernel) / "usr/src" / f"linux-headers-{kernel.release}"


def unpack_package(archive, package, where):
    """Downloads it, compares it with the package list, and unpacks it into a folder."""
    loaded = where / f"loaded.{os.getpid()}"
    loaded.mkdir()
    try:
        run("apt-get", "-q", *archive.options, "download", f"{package.name}={package.version}", where=loaded)
        file, = loaded.glob("*.deb")
        with file.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != package.sha256:
                raise OfferedError(f"{file.name} is not what the package list says")
        run("dpkg", "-x", str(file), str(where))
    finally:
        shutil.rmtree(loaded)


def move_headers(folder, where):
    """Headers name the folder that they are meant to be installed in: where is the root that they will be in."""
    makefile = folder / "Makefile"
    makefile.write_text(re.sub(r"(?<![\w/])/usr/src/", f"{where}/usr/src/", makefile.read_text()))


def unpack(kernel):
    """Whatever is not there yet; a package that is there wholly has a mark."""
    where = folder(kernel)
    (where / "packages").mkdir(parents=True, exist_ok=True)
    archive = Archive(kernel.codename)
    for package in kernel.packages:
        mark = where / "packages" / f"{package.name}-{package.sha256[:12]}"
        if not mark.exists():
            unpack_package(archive, package, where)
            mark.touch()
    move_headers(headers(kernel), where)


def compiler(where):
    """The one that the kernel's own build names, like gcc-14."""
    said = (where / ".kernelvariables").read_text()
    match = re.search(r"^(?:override )?CC\b.*?(gcc-\d+)\s*$", said, re.M)
    if not match:
        raise OfferedError(f"{where}/.kernelvariables names no compiler")
    return match[1]


def why_not_here(where):
    """Why it can't be compiled with what this machine has, or None."""
    for pattern in ("scripts/basic/fixdep", "scripts/mod/modpost*", "tools/objtool/objtool*"):
        for file in where.glob(pattern):
            said = subprocess.run(["ldd", str(file)], check=False, capture_output=True, text=True)
            match = re.search(r"(?:version `)?(\S+?)'? (?:=> )?not found", said.stdout + said.stderr)
            if match:
                return f"{file.name} of its headers needs {match[1]}"
    if not shutil.which(f"x86_64-linux-gnu-{compiler(where)}"):
        return f"{compiler(where)} is not installed here"
    return None
