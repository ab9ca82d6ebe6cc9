# SPDX-License-Identifier: GPL-2.0-only
"""What tools/vm/run and tools/vm/test are made of. Standard library only."""
