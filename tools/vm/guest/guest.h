/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CXLA_GUEST_H
#define CXLA_GUEST_H

#include <linux/cxla.h>

#define PAGE	4096UL

/* prints what failed, with errno; returns 1 */
int fail(const char *what);

int get_info(int fd, struct cxla_accel_info *info);

/* subcommands, with the words behind their name */
int hold(int argc, char **argv);
int events(int argc, char **argv);
int killed(int argc, char **argv);
int monitor(int argc, char **argv);
int decoders(int argc, char **argv);

#endif /* CXLA_GUEST_H */
