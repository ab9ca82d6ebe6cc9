# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Any topology with attached devices. A different pattern goes into each range
# first, then each is read back; the host looks into the backend files afterwards.

load_modules
bind_all
each_device write_pattern
each_device check_pattern
