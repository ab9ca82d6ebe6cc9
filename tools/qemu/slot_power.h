/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CXL_ACCEL_SLOT_POWER_H
#define CXL_ACCEL_SLOT_POWER_H

/* every slot of a switch that is made from now on; before any is */
void give_slots_power(void);

#endif
