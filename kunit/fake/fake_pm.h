/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Force-included: UML has no runtime power management. Whether a device is
 * active is for a test to say, and that who asked lets go of it is seen.
 */
#ifndef __FAKE_PM_H__
#define __FAKE_PM_H__

#ifndef __ASSEMBLY__
#include <linux/pm_runtime.h>

/* knob: the device that is runtime suspended, or NULL */
extern const struct device *fake_pm_suspended;
/* how often an active device was got and not put */
extern int fake_pm_held;

int fake_pm_get_if_active(struct device *dev);
int fake_pm_put(struct device *dev);

#define pm_runtime_get_if_active	fake_pm_get_if_active
#define pm_runtime_put			fake_pm_put
#endif

#endif /* __FAKE_PM_H__ */
