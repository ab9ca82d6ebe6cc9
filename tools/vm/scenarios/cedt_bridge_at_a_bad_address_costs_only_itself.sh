# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The topology cedt. The registers of bridge 12 are said to be in memory, those of
# bridge 32 behind the last address of the machine. Each is told once, and the kernel
# has nothing to warn of; the devices below have the reason, and bridge 52 works.

ram=0x$(grep -m 1 'System RAM$' /proc/iomem | cut -d- -f2 | cut -d' ' -f1)
# bridge 12 is pci0000:0c, 32 is pci0000:20
break_cedt "bridge=12 base=$((ram / 0x10000 * 0x10000))" "bridge=32 base=0xffff00000000"
load_modules
bind_all
expect_outcomes 0x1 port-disabled 0x2 port-disabled
expect_cedt_errors "- pci0000:0c: .*component registers at 0x[0-9a-f]*: System RAM is there" \
	"- pci0000:20: .*component registers at 0x0000ffff00000000: they end beyond this machine"
