/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host bridges and switches of QEMU, held to the rules of HDM decoders. */
#ifndef CXL_ACCEL_STRICT_HOSTS_H
#define CXL_ACCEL_STRICT_HOSTS_H

/*
 * Every host bridge and switch that is there, or will be when the machine is
 * complete, keeps the rules from then on. Can be called again and again.
 */
void make_hosts_strict(void);

#endif
