// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parser of cxla_acpi, in this module too: one that used the other's would
 * keep cxla_acpi from being removed.
 */
#include "../acpi/cedt.c"
