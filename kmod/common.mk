# SPDX-License-Identifier: GPL-2.0-only
# Included by the Kbuild of each module. Our headers come before the kernel's:
# from 7.x on it has an include/cxl/cxl.h of its own.
cxla-kmod := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
LINUXINCLUDE := -I$(cxla-kmod)/include $(LINUXINCLUDE)
ccflags-y += -include $(cxla-kmod)/compat/compat.h
# what a version doesn't tell: fixes are taken into stable kernels
ifneq ($(shell grep -s device_match_driver_override $(srctree)/include/linux/device.h),)
ccflags-y += -DCXLA_OVERRIDE_IN_CORE
endif
# Plain arithmetic: a module that uses a file of pure/ has an object of its own of it.
ccflags-y += -I$(cxla-kmod)/pure
cxla-pure := $(patsubst $(cxla-kmod)/pure/%.c,$(obj)/%.o,$(wildcard $(cxla-kmod)/pure/*.c))
$(cxla-pure): $(obj)/%.o: $(cxla-kmod)/pure/%.c FORCE
	$(call if_changed_rule,cc_o_c)
	$(call cmd,force_checksrc)
