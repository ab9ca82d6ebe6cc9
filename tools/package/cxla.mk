# SPDX-License-Identifier: GPL-2.0-only
# For the Makefile, or Kbuild, of a driver that uses <cxl/cxl.h>:
#
#   include /usr/share/cxla/cxla.mk
#   obj-m := my_driver.o
#
# It finds the headers, and the symbols of the modules that DKMS built for the kernel.
cxla-mk := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
ifneq ($(KERNELRELEASE),)
# before the kernel's: from 7.x on it has an include/cxl/cxl.h of its own
LINUXINCLUDE := -I$(cxla-mk)/kmod/include $(LINUXINCLUDE)
KBUILD_EXTRA_SYMBOLS += $(wildcard /var/lib/dkms/cxla/*/$(KERNELRELEASE)/*/Module.symvers)
ifeq ($(KBUILD_EXTRA_SYMBOLS),)
$(warning the modules of CXLA are not built for $(KERNELRELEASE): install cxla-dkms, and look at `dkms status cxla`)
endif
endif
