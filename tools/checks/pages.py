# SPDX-License-Identifier: GPL-2.0-only
"""The pages in Markdown: what they tell a reader to type, open or look up is there.

`cxla ...` is compared with the program by its own tests, and output that a page shows with what
machines print by `tools/vm/test pages*`."""

import fnmatch
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

from .finding import Finding

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "vm"))
from vmlib import pages as shown  # noqa: E402

LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`]+)`")
OPTION = re.compile(r"^(--[a-z][a-z0-9-]*)")
FILE = re.compile(r"^[\w.*-]+(?:/[\w.*-]+)*/?$")
SUFFIX = re.compile(r"\.(?:c|h|cpp|py|sh|json|list|md|ko|config|capture|expect)$")
FOLDERS = ("kmod/", "tools/", "kunit/", "userspace/", "uapi/")
OURS = re.compile(r"^(?:tools|kunit)/")
# what is built, and so not in the repository
BUILT = {"build/user/cxla": "userspace/CMakeLists.txt", "build/user/tests/cxla_tests": "userspace/tests/CMakeLists.txt",
         "build/user/tests/pure_tests": "userspace/tests/CMakeLists.txt"}
THE_KERNELS = {"tools/memory-model"}
TEST_NAME = re.compile(r"^[a-z0-9]+(?:_[a-z0-9]+){2,}$")
PACKAGE = re.compile(r"^apt install (.*)$")
# pages of commands, each of which a boot runs, but for what builds, installs and signs
RUN_PAGES = ("userspace/USING.md", "userspace/HARDWARE.md")
NOT_RUN = ("apt ", "make ", "cmake ", "/usr/src/")
# besides those that tools/setup installs
PACKAGES = {"git", "dkms", "linux-headers-$(uname -r)"}
ROW = re.compile(r"^(?:\.\.\. )?(\S.*?\S) {2,}(?:yes|no|\d)")


class Repository:
    """What can be named on a page."""

    def __init__(self, top, files):
        self.top, self.files = top, files
        self.makefile = self.read("Makefile")
        self.targets = set(re.findall(r"^([a-z-]+):", self.makefile, re.M))
        self.boots = json.loads(self.read("tools/vm/tests.json"))["boots"]
        self.kernels = set(re.findall(r'"((?:stock|debug|plain)-[\w.-]+)"',
                                      self.read("tools/vm/test") + self.read("tools/vm/vmlib/kernels.py")))
        self.suites = re.findall(r"^(\w+)", self.read("kunit/suites.list"), re.M)
        self.tests = "".join(self.read(path) for path in files if path.startswith("kunit/suites/"))
        self.worlds = "".join(self.read(path) for path in files if path.startswith("kunit/explore/scenarios/"))
        self.compared = "".join(self.read(path) for path in files
                                if path == "tools/compare" or path.startswith("tools/vm/") and "ompare" in path
                                and not path.endswith(".md"))
        self.help = {}

    def read(self, path):
        return (self.top / path).read_text(encoding="utf-8")

    def has_file(self, name):
        """A file or folder by the end of its path, as pages name it from where they are."""
        name = name.rstrip("/")
        pattern = "*/" + name
        return any(fnmatch.fnmatchcase("/" + path, pattern) or fnmatch.fnmatchcase("/" + path, pattern + "/*")
                   for path in self.files)

    def is_compared(self, row):
        """A row of tools/compare, by its label or by the name of a counter."""
        return row in self.compared or row.replace(" ", "_") in self.compared

    def options(self, tool):
        """What a program of ours says of its options; of one that says nothing, its source."""
        if tool not in self.help:
            text = self.read(tool)
            if "argparse" in text or "--help" in text:
                done = subprocess.run([str(self.top / tool), "--help"], cwd=self.top, check=False, timeout=60,
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True)
                text = done.stdout + text if "add_argument" not in text else done.stdout
            self.help[tool] = set(re.findall(r"--[a-z][a-z0-9-]*", text))
        return self.help[tool]


def slug(heading):
    """How a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def headings(text):
    return {slug(h) for h in re.findall(r"^#+ (.*)$", text, re.M)}


def wrong_with_link(repo, page, target):
    if re.match(r"[a-z]+:", target):
        return None
    name, _, anchor = target.partition("#")
    path = (repo.top / page).parent / name if name else repo.top / page
    if not path.exists():
        return f"there is no {name}"
    if anchor and anchor not in headings(path.read_text(encoding="utf-8")):
        return f"{name or page} has no heading for #{anchor}"
    return None


def wrong_with_make(repo, words):
    if "-C" in words:
        return None
    for word in words:
        name, is_variable, _ = word.partition("=")
        if is_variable:
            if name.isupper() and f"$({name})" not in repo.makefile:
                return f"the Makefile has no variable {name}"
        elif word not in repo.targets:
            return f"there is no target {word}"
    return None


def wrong_with_value(repo, tool, option, value):
    """Values that name something of this repository; upper case stands for what a reader fills in."""
    if value.isupper() or value == "SUITE.TEST":
        return None
    if tool == "tools/vm/run" and option == "--topology" and not repo.has_file(f"topologies/{value}.json"):
        return f"there is no topology {value}"
    if option == "--kernel" and value not in repo.kernels:
        return f"there is no kernel {value}"
    if tool == "kunit/run" and option == "--filter" and \
            not any(fnmatch.fnmatchcase(suite, value.partition(".")[0]) for suite in repo.suites):
        return f"there is no suite {value}"
    if tool == "kunit/explore/run" and option == "--scenario":
        world, _, actions = value.partition(":")
        missing = [name for name in actions.split(",") if f'"{name.rstrip("!~")}"' not in repo.worlds]
        if f'"{world}"' not in repo.worlds or missing:
            return f"there is no scenario {value}"
    return None


def wrong_with_boot(repo, word):
    name, _, kernel = word.partition("@")
    if name.isupper():
        return None
    if not any(fnmatch.fnmatchcase(boot["name"], name) for boot in repo.boots):
        return f"there is no boot {name}"
    return f"there is no kernel {kernel}" if kernel and kernel not in repo.kernels and not kernel.isupper() else None


def wrong_with_call(repo, text):
    """A command that a page shows, or None where it is none of ours."""
    try:
        words = shlex.split(re.sub(r"\$\([^)]*\)", "X", text), comments=True)
    except ValueError:
        return None
    while words and re.match(r"^\w+=", words[0]):
        words = words[1:]
    if not words:
        return None
    tool, words = words[0], words[1:]
    if tool == "make":
        return wrong_with_make(repo, words)
    if tool.startswith("build/user/"):
        return None if tool in BUILT and f"add_executable({tool.rsplit('/', 1)[1]} " in repo.read(BUILT[tool]) else f"{tool} is not built"
    if not OURS.match(tool) or tool.endswith("/") or "." in tool.rsplit("/", 1)[1]:
        return None
    if tool not in repo.files:
        return None if tool in THE_KERNELS or repo.has_file(tool) else f"there is no {tool}"
    option = None
    for word in words:
        if word == "--" or word in "|>;&":
            break
        if match := OPTION.match(word):
            option = match[1]
            if option not in repo.options(tool):
                return f"{tool} has no {option}"
            word = word.partition("=")[2]
        if word:
            if option and (wrong := wrong_with_value(repo, tool, option, word)):
                return wrong
            if not option and tool == "tools/vm/test" and (wrong := wrong_with_boot(repo, word)):
                return wrong
            option = None if not match else option
    return None


def wrong_with_name(repo, word):
    """A path, or a test, in quotes of code in the text."""
    word = word.removeprefix("../")
    ours = word.startswith(FOLDERS)
    if FILE.match(word) and "/" in word and not word.isupper() and "NAME" not in word \
            and (ours or SUFFIX.search(word)) and not re.match(r"(?:linux|cxl|drivers|dev|build|lib)/", word) \
            and word not in THE_KERNELS and not repo.has_file(word):
        return f"there is no {word}"
    if re.match(r"^\w+_kunit$", word) and word not in repo.suites:
        return f"there is no suite {word}"
    return None


def promises(repo, line):
    """Tests in the table of promises: each is there."""
    cells = line.split(" | ")
    if len(cells) != 2 or not re.match(r"(?:KUnit|boots?|every run) ", cells[1]):
        return
    for part in re.split(r"; ?", cells[1]):
        for word in QUOTED.findall(part):
            if "boot" in part.split("`")[0] and re.match(r"^[a-z-]+\*?$", word) and "(points" not in part \
                    and not any(fnmatch.fnmatchcase(boot["name"], word) for boot in repo.boots) \
                    and word != "delete_region":
                yield f"there is no boot {word}"
            elif TEST_NAME.match(word) and not word.endswith("_kunit") and f"{word}(" not in repo.tests:
                yield f"there is no test {word}"


def of_page(repo, page):
    text = repo.read(page)
    lines = text.splitlines()
    blocks = {number for number, _, _ in shown.code(lines)}
    packages = PACKAGES | set(re.findall(r"^([a-z0-9.+-]+)\s+\S", repo.read("tools/setup.d/packages"), re.M))
    for number, code, fenced in shown.code(lines):
        if wrong := wrong_with_call(repo, code.removeprefix("$ ").removeprefix("# ")):
            yield number, wrong
        if match := PACKAGE.match(code):
            for name in re.findall(r"linux-headers-\S+ -r\)|\S+", match[1]):
                # those that make deb builds are files
                if name not in packages and not name.startswith("./"):
                    yield number, f"tools/setup does not know the package {name}"
        if page.endswith("COMPARE.md") and (match := ROW.match(code)) and not repo.is_compared(match[1]):
            yield number, f"tools/compare prints no row `{match[1]}`"
    # what is in quotes may go on in the next line
    prose = "\n".join("" if number in blocks else line for number, line in enumerate(lines, 1))
    for match in QUOTED.finditer(prose):
        number, word = prose.count("\n", 0, match.start()) + 1, " ".join(match[1].split())
        if wrong := wrong_with_call(repo, word) or wrong_with_name(repo, word):
            yield number, wrong
    for number, line in enumerate(lines, 1):
        if number in blocks:
            continue
        for target in LINK.findall(line):
            if wrong := wrong_with_link(repo, page, target):
                yield number, wrong
        for wrong in promises(repo, line):
            yield number, wrong


def outputs(repo):
    """What a page shows of a machine is compared by the boot that it names, and no command by none."""
    covered = set()
    for one in shown.shown(repo.top):
        covered |= {(one.path, number) for number in range(one.line + 1, one.line + 1 + len(one.lines))}
        boot = next((b for b in repo.boots if b["name"] == one.boot), None)
        if not boot or shown.CHECK not in boot.get("host", []):
            yield Finding(one.path, one.line, f"no boot {one.boot} compares this with what is printed")
    for page in RUN_PAGES:
        for number, line, _ in shown.code(repo.read(page).splitlines()):
            if (page, number) not in covered and not line.startswith(NOT_RUN):
                yield Finding(page, number, "no boot runs this command")


def suites_in_their_table(repo):
    """Who reads which suite tests what finds each."""
    page = "kunit/README.md"
    cells = " ".join(re.findall(r"^\| (`[^|]*`) \|", repo.read(page), re.M))
    for suite in repo.suites:
        if f"`{suite.removesuffix('_kunit')}`" not in cells:
            yield Finding(page, 0, f"no row of a table has the suite {suite}")


def run(top, _build, files):
    repo = Repository(top, files)
    found = [Finding(page, number, wrong) for page in files if page.endswith(".md")
             for number, wrong in of_page(repo, page)]
    return found + list(outputs(repo)) + list(suites_in_their_table(repo))
