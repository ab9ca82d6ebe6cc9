# SPDX-License-Identifier: GPL-2.0-only
"""What tools/check is made of."""
