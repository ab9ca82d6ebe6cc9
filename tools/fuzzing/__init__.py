# SPDX-License-Identifier: GPL-2.0-only
"""What tools/fuzz is made of."""
