# SPDX-License-Identifier: GPL-2.0-only
"""Bare Debian roots, made of this machine's own package sources, in which a new user sets up and builds."""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
HOME = "/home/user"
# as whoever starts a login shell has it; nothing of this machine's caches
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb", "LANG": "C.UTF-8",
               "HOME": "/root"}
# what the README has a new user type first
INSTALL = "install make git"


class BareError(Exception):
    """There is no bare root to test in."""


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "cxla" / "setup-test"


def output(*command):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        raise BareError(f"{command[0]} is not installed: run tools/setup") from None
    except subprocess.CalledProcessError as error:
        raise BareError(f"{' '.join(command[:3])} ended with {error.returncode}:\n{error.stderr[-1500:]}") from error


def sources(codename, backports=False):
    """One-line sources of this release: by the archives that this machine has of Debian."""
    lines = set()
    for line in output("apt-get", "indextargets", "--format", "$(ORIGIN)|$(COMPONENT)|$(CODENAME)|$(REPO_URI)",
                       "Created-By: Packages").splitlines():
        origin, component, name, uri = line.split("|")
        if origin == "Debian" and component == "main":
            suite = re.sub("^[a-z]+", codename, name)
            lines.add(f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {uri} {suite} main")
            if backports and suite == codename:
                lines.add(f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {uri} {suite}-backports main")
    if not lines:
        raise BareError("this machine has no package lists of Debian: run apt-get update")
    return sorted(lines)


def settings():
    """How this machine's apt reaches its sources: proxies, and archives that are kept as they were one day."""
    return [line for line in output("apt-config", "dump").splitlines()
            if re.match(r"Acquire::(https?::|Check-)", line) and not line.endswith('"";')]


def archive(codename, include=(), hooks=()):
    """A bare root in the cache, under a name that is its content's. hooks: more options of mmdebstrap."""
    command = ["mmdebstrap", "--variant=minbase", "--format=tar", *(f"--aptopt={line}" for line in settings()),
               *([f"--include={','.join(include)}"] if include else ()), *hooks, codename]
    key = hashlib.sha256("\n".join([*command, *sources(codename), output("mmdebstrap", "--version")])
                         .encode()).hexdigest()[:16]
    path = cache_dir() / f"{codename}-{key}.tar"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        try:
            output(*command, str(fresh), *sources(codename))
            fresh.rename(path)
        finally:
            fresh.unlink(missing_ok=True)
    return path


class Tree:
    """A root that commands run in."""

    def __init__(self, folder, codename, **more):
        self.folder, self.codename = folder, codename
        output("tar", "-xf", str(archive(codename, **more)), "-C", str(folder))
        shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")

    def command(self, command, user="root"):
        """The words that run a shell command inside, in namespaces that end with it."""
        inner = f"cd {HOME}/cxla 2>/dev/null; {command}"
        if user != "root":
            inner = f"exec su - {user} -c {shlex.quote(inner)}"
        script = ('mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/dev/shm" 2>/dev/null; '
                  'exec chroot "$1" /bin/bash -c "$2"')
        return ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--",
                "sh", "-c", script, "sh", str(self.folder), inner]

    def run(self, command, user="root", timeout=1800):
        """Exit status and output of a shell command inside."""
        done = subprocess.run(self.command(command, user), env=ENVIRONMENT, check=False, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout)
        return done.returncode, done.stdout


class Root(Tree):
    """A bare root with this repository, as it is here and now, in a user's home."""

    def __init__(self, folder, codename):
        super().__init__(folder, codename)
        self.run("useradd --create-home --home-dir /home/user --shell /bin/bash user")
        status, said = self.run(f"apt-get -q update && apt-get -q -y {INSTALL}")
        if status:
            raise BareError(f"apt {INSTALL} ended with {status}:\n{said[-1500:]}")
        files = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP, check=True,
                               capture_output=True).stdout
        names = b"\0".join(name for name in files.split(b"\0") if (TOP / os.fsdecode(name)).is_file())
        output("git", "clone", "-q", "--no-checkout", "--no-hardlinks", str(TOP), str(folder / "home/user/cxla"))
        subprocess.run(f"tar -c --null -T - | tar -x -C {shlex.quote(str(folder))}/home/user/cxla", shell=True, cwd=TOP,
                       check=True, input=names)
        self.run("chown -R user: /home/user")


@contextmanager
def root(codename, kind=Root, **more):
    """A new one, removed in the end."""
    if os.getuid():
        raise BareError("only root can change into a bare root")
    cache_dir().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_dir(), prefix=f".{codename}.") as folder:
        os.chmod(folder, 0o755)
        yield kind(Path(folder), codename, **more)


def newest_headers(where):
    """The newest 6.12 kernel that this root's sources have headers of; where they have none, the backports of
    the same archive have, of which tools/setup knows."""
    _, said = where.run("apt-get -q update >/dev/null; apt-cache pkgnames linux-headers-6.12.")
    found = re.findall(r"^linux-headers-(6\.12\.\d+[^-\n]*-amd64)$", said, re.M)
    if not found:
        raise BareError(f"no headers of a 6.12 kernel in the sources of {where.codename}")
    return max(found, key=lambda name: [int(n) for n in re.findall(r"\d+", name)])


def setup_for_machine_is_enough_to_build(codename):
    """A problem in words, or None."""
    with root(codename) as where:
        status, said = where.run("make kmod KDIR=/nowhere", "user")
        if status == 0 or "make setup-machine" not in said or "g++" not in said:
            return f"make kmod on the bare root said:\n{said[-1500:]}"
        status, said = where.run("make program", "user")
        if status == 0 or "make setup-machine" not in said or "cmake" not in said:
            return f"make program on the bare root said:\n{said[-1500:]}"
        status, said = where.run("tools/setup --dry-run --for run")
        if status or "qemu-system-x86" not in said or "clang" in said or "7.x" in said or "to download: " not in said:
            return f"tools/setup --dry-run --for run ended with {status}:\n{said[-3000:]}"
        before = where.run("dpkg-query -W")[1]
        release = newest_headers(where)
        status, said = where.run(f"make setup-machine KERNEL={release}")
        if status:
            return f"make setup-machine ended with {status}:\n{said[-3000:]}"
        print(said, flush=True)
        unwanted = [name for name in ("qemu-system-x86", "clang-tidy-19", "linux-source-6.12", "libgtest-dev")
                    if not where.run(f"dpkg -s {name}")[0]]
        if unwanted:
            return f"installed though building doesn't need it: {' '.join(unwanted)}"
        for command in (f"make kmod KDIR=/usr/src/linux-headers-{release}", "make program", "build/user/cxla --version",
                        f"modinfo build/{release}/core/cxla_core.ko || ls -l build/{release}/core/cxla_core.ko"):
            status, said = where.run(command, "user")
            print(f"$ {command}\n{said}", flush=True)
            if status:
                return f"{command} ended with {status}:\n{said[-3000:]}"
        return headers_in_another_place_build_nothing_anew(where, release) or \
            build_of_root_is_told(where, release) or what_was_installed_is_removed(where, before)


def headers_in_another_place_build_nothing_anew(where, release):
    """A problem in words, or None."""
    status, said = where.run(f"cp -a /usr/src/linux-headers-{release} ../same && touch mark && make kmod KDIR=$HOME/same && "
                             f"make kmod KDIR=/usr/src/linux-headers-{release} && find build -name '*.o' -newer mark", "user")
    built = re.findall(r"^build/\S+\.o$", said, re.M)
    return f"ended with {status}:\n{said[-2000:]}" if status or built or "nothing is built anew" not in said else None


def build_of_root_is_told(where, release):
    """A problem in words, or None."""
    where.run("chown -R root: build")
    for command in (f"make kmod KDIR=/usr/src/linux-headers-{release}", "make program"):
        status, said = where.run(command, "user")
        if status == 0 or "belongs to root" not in said or "chown -R user" not in said:
            return f"{command} after a build by root ended with {status}:\n{said[-1500:]}"
    return None


def what_was_installed_is_removed(where, before):
    """By the one command that tools/setup --installed prints."""
    status, said = where.run("tools/setup --installed")
    match = re.search(r"^(apt-get purge [^\\\n]*(?:\\\n[^\\\n]*)*)", said, re.M)
    if status or not match:
        return f"tools/setup --installed ended with {status}:\n{said[-1500:]}"
    status, gone = where.run(match[1].replace("apt-get purge", "apt-get -y purge", 1))
    if status:
        return f"{match[1]}\nended with {status}:\n{gone[-1500:]}"
    after = where.run("dpkg-query -W -f '${db:Status-Abbrev} ${Package}\t${Version}\n' | sed -n 's/^ii  //p'")[1]
    kept = {line.split("\t")[0] for line in after.splitlines()}
    wanted = {line.split("\t")[0].split(":")[0] for line in before.splitlines()}
    return None if kept == wanted else f"not as before: {' '.join(sorted(kept ^ wanted))}"
