/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The version of all of this: of the modules, of the program, which is built with
 * it, and of the packages.
 */
#ifndef __CXLA_VERSION_H__
#define __CXLA_VERSION_H__

#define CXLA_VERSION	"0.1.0"

#endif /* __CXLA_VERSION_H__ */
