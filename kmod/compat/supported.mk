# SPDX-License-Identifier: GPL-2.0-only
# Refuses in one sentence what compat.h can't make up for, before a compiler says it in hundreds.
ifneq ($(filter 0 1 2 3 4 5,$(VERSION)),)
cxla-too-old := y
endif
ifeq ($(VERSION),6)
cxla-too-old := $(filter 0 1 2 3 4 5 6 7 8 9 10 11,$(PATCHLEVEL))
endif
ifneq ($(cxla-too-old),)
$(error these modules are for Linux 6.12 and later, and $(KERNELRELEASE) is older: \
take a kernel from backports, or Debian 13)
endif
