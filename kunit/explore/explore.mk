# SPDX-License-Identifier: GPL-2.0-only
# Included by a Kbuild whose code is explored: each access to memory calls the
# runtime, and so do the calls of runtime/calls.list.
explore-dir := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
include $(explore-dir)/runtime/options.mk
KASAN_SANITIZE := n
GCOV_PROFILE := n
ccflags-y += -fsanitize=thread -fno-optimize-sibling-calls --param tsan-distinguish-volatile=1 \
	--param tsan-instrument-func-entry-exit=0 -Wno-tsan -g1
ldflags-y += $(explore-wraps)
