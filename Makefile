# SPDX-License-Identifier: GPL-2.0-only
# What can be done here, each by one command. The work is in tools/.

KDIR ?=
MAKEFLAGS += --no-print-directory

.PHONY: help
help: ## this list
	@echo "make TARGET:"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 17
	@echo "KDIR=DIR names the kernel headers to build for (default: the stock kernel's where"
	@echo "it is unpacked, else the running one's)."

.PHONY: run
run: ## attach two accelerators in a virtual CXL machine and show it
	@tools/run-demo

.PHONY: test
test: ## what every change must pass: host, KUnit and virtual machine
	@tools/test-all

.PHONY: test-quick
test-quick: ## what takes less than a minute: what changed, units, KUnit without detectors
	@tools/test-quick

.PHONY: check
check: ## static checks: sparse, checkpatch, clang-tidy, shellcheck ...
	@tools/check

.PHONY: test-full
test-full: ## the same with long runs
	@tools/test-all --full

.PHONY: race
race: ## race everything in a virtual machine: SECONDS=600 KERNEL=debug-7 TOPOLOGY=one-bridge SEED= RACE=--pairs
	@tools/run-race --seconds $(or $(SECONDS),600) --kernel $(or $(KERNEL),debug-7) \
		--topology $(or $(TOPOLOGY),one-bridge) $(if $(SEED),--seed $(SEED)) $(RACE)

.PHONY: compare
compare: ## our stack and that of a 7.x kernel, side by side, in a virtual machine: ARGS=--help
	@tools/compare $(ARGS)

.PHONY: shell
shell: ## a prompt inside the machine, modules loaded, devices attached
	@tools/setup --for run
	@$(MAKE) kmod program
	@tools/vm/run --topology $(or $(TOPOLOGY),one-bridge) --shell -- sh /opt/cxla/scenarios/shell.sh

.PHONY: setup
setup: ## install what is missing for all of this (as root)
	@tools/setup

.PHONY: setup-machine
setup-machine: ## install only what building modules and program for this machine needs (as root)
	@tools/setup --for machine $(if $(KERNEL),--kernel $(KERNEL))

.PHONY: kmod
kmod: ## build the kernel modules into build/<kernel release>/
	@tools/kernel/modules $(KDIR)

.PHONY: sample
sample: kmod ## build the sample driver against the modules' symbols
	@tools/kernel/modules --sample $(KDIR)

.PHONY: test-kernels
test-kernels: ## compile the modules for every 6.12 and 7.x kernel that Debian offers: ARGS=--help
	@tools/kernel/test-all $(ARGS)

.PHONY: user
user: ## build the program into build/user/
	@tools/build-program --tests

.PHONY: program
program: ## the same without its tests
	@tools/build-program

.PHONY: install
install: program ## install program and headers: DESTDIR= prefix=/usr/local
	@DESTDIR="$(DESTDIR)" PREFIX="$(or $(prefix),$(PREFIX),/usr/local)" tools/package/install

.PHONY: install-modules
install-modules: kmod ## install the modules where modprobe finds them (as root)
	@DESTDIR="$(DESTDIR)" tools/kernel/modules --install $(KDIR)

.PHONY: uninstall
uninstall: program ## remove what install and install-modules have put there
	@DESTDIR="$(DESTDIR)" PREFIX="$(or $(prefix),$(PREFIX),/usr/local)" tools/package/install --uninstall
	@DESTDIR="$(DESTDIR)" tools/kernel/modules --uninstall $(KDIR)

.PHONY: deb
deb: ## build the packages cxla, cxla-dkms and cxla-dev into build/package/
	@tools/package/build

.PHONY: man
man: program ## write the man pages of the program into build/man/
	@build/user/cxla help --man build/man

.PHONY: doc
doc: ## write the API reference into build/doc/, from the kernel-doc comments
	@tools/kernel/doc

.PHONY: kunit
kunit: ## KUnit suites under UML
	@kunit/run

.PHONY: explore
explore: ## schedules of the modules, one actor at a time, under UML: ARGS=--help
	@kunit/explore/run $(ARGS)

.PHONY: proof
proof: ## what is too long for make test, continued where it stopped: HOURS=1 PARTS='pairs-* explore'
	@tools/proof --hours $(or $(HOURS),1) $(if $(PARTS),--parts $(foreach part,$(PARTS),'$(part)'))

.PHONY: clean
clean: ## remove build/
	rm -rf build
