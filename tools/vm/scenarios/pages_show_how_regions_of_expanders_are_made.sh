# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topology expanders-uncommitted. The commands of userspace/USING.md, each as it is there.
# shellcheck source=/dev/null
. ./pages.sh

shown 'modprobe cxl_core'
shown 'cxla load && cxla attach --expander 0000:0d:00.0'
shown 'cxla exec -- cxl create-region -m mem0 -d decoder0.0 -t ram -s 256M'
shown 'cxla exec -- cxl list -R'
shown 'cxla exec -- cxl disable-region region0'
shown 'cxla exec -- cxl destroy-region region0'
cxla unload || fail "cxla unload"
