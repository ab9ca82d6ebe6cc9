# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A topology with faults. Each device ends as the topology expects, and the kernel
# log has the errors that it lists: one for each device with a mistake, none else.

load_modules
bind_all
each_device check_outcome
expect_errors /etc/cxla/log
