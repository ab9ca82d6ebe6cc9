# SPDX-License-Identifier: GPL-2.0-only
# Included by the Makefiles of modules that only scenarios load; the folder that
# they are built in has links to those files alone, hence realpath:
#
#   make KDIR=<kernel headers> CXLA=<build/<kernel release> of the modules>
vm-modules := $(dir $(realpath $(lastword $(MAKEFILE_LIST))))

ifneq ($(KERNELRELEASE),)

LINUXINCLUDE := -I$(CXLA)/include -I$(vm-modules) $(LINUXINCLUDE)

else

modules clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR) CXLA=$(CXLA) KBUILD_EXTRA_SYMBOLS=$(CXLA)/Module.symvers $@

.PHONY: modules clean
endif
