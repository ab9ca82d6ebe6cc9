# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# What `make shell` starts with: everything loaded, each device bound.
# shellcheck source=/dev/null
. /opt/cxla/scenarios/lib.sh
load_modules
bind_all
if [ -x /opt/cxla/bin/cxla ]; then
	cxla status
fi
