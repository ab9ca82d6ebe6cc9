#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes what calls.list says: stubs in assembly, and the linker's --wrap options.

A stub saves the arguments, is a scheduling point, and goes on in the function
itself; `both` calls it, with up to two arguments on the stack, and is one more point
after it, with the result kept.
Names that this kernel does not export are left out.

    stubs.py CALLS_LIST MODULE_SYMVERS STUBS_C OPTIONS_MK
"""

import sys
from pathlib import Path

HEAD = """// SPDX-License-Identifier: GPL-2.0-only
/* written by stubs.py */
#include <linux/export.h>
#include <linux/types.h>

#include "internal.h"

void explore_call(unsigned long ip, const char *call, const void *object);
void explore_call(unsigned long ip, const char *call, const void *object)
{
	explore_at(ip, call, object);
	explore_check(object, ip);
}

void explore_called(unsigned long ip, const char *call, const void *object);
void explore_called(unsigned long ip, const char *call, const void *object)
{
	/* what it was about may be gone by now */
	explore_at(ip, call, object);
}

"""

SAVE = ("rdi", "rsi", "rdx", "rcx", "r8", "r9", "rax")


def stub(name, both):
    text = f"__wrap_{name}"
    lines = [".pushsection .rodata", f"1: .string \"{name}\"", f"2: .string \"{name} (done)\"", ".popsection",
             ".pushsection .text", f".globl {text}", f".type {text}, @function", f"{text}:",
             "push %rbp", "mov %rsp, %rbp"]
    lines += [f"push %{register}" for register in SAVE] + ["sub $8, %rsp"]
    lines += ["mov %rdi, %rdx", "mov 8(%rbp), %rdi", "lea 1b(%rip), %rsi", "call explore_call"]
    lines += ["add $8, %rsp"] + [f"pop %{register}" for register in reversed(SAVE)]
    if both:
        # the first argument is kept for the point that comes after
        lines += ["sub $16, %rsp", "mov %rdi, -8(%rbp)", "push 24(%rbp)", "push 16(%rbp)", f"call {name}", "mov -8(%rbp), %rdx",
                  "mov %rax, -8(%rbp)", "mov 8(%rbp), %rdi", "lea 2b(%rip), %rsi", "call explore_called",
                  "mov -8(%rbp), %rax", "leave", "ret"]
    else:
        lines += ["pop %rbp", f"jmp {name}"]
    lines += [f".size {text}, . - {text}", ".popsection"]
    code = "\n".join(f'    "{line.replace(chr(34), chr(92) + chr(34))}\\n"' for line in lines)
    return f"asm(\n{code}\n);\nextern void {text}(void);\nEXPORT_SYMBOL({text});\n\n"


def main(calls, symvers, stubs, options):
    exported = {line.split("\t")[1] for line in Path(symvers).read_text().splitlines()}
    names, text = [], HEAD
    for line in Path(calls).read_text().splitlines():
        words = line.split("#")[0].split()
        if not words or words[0] not in exported:
            continue
        names.append(words[0])
        if words[1:] != ["own"]:
            text += stub(words[0], words[1:] == ["both"])
    for path, content in ((stubs, text), (options, "explore-wraps := " + " ".join(f"--wrap={n}" for n in names) + "\n")):
        path = Path(path)
        if not path.exists() or path.read_text() != content:
            path.write_text(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
