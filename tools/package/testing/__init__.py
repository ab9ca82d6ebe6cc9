# SPDX-License-Identifier: GPL-2.0-only
"""Packages in Debian roots, and in a machine."""

from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
