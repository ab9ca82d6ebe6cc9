# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Topology one-bridge. The commands of userspace/USING.md, each as it is there.
# shellcheck source=/dev/null
. ./pages.sh

shown 'cxla load --all --dry-run'
shown 'cxla load --all'
shown 'cxla status --map'
shown 'cxla detach 0000:0d:00.0'
shown 'cxla attach 0000:0d:00.0'
shown 'cxla reset --dry-run 0000:0d:00.0'
shown 'cxla reset --method flr 0000:0d:00.0'
shown 'cxla unload'
load_in_tree
shown 'cxla load --takeover 0000:0d:00.0'
shown 'cxla unload'
unload_in_tree
