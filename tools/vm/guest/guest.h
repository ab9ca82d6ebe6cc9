/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CXLA_GUEST_H
#define CXLA_GUEST_H

#include <linux/cxla.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

#define PAGE	4096UL

/* node.c, below all others: prints what failed, with errno; returns 1 */
int fail(const char *what);

int get_info(int fd, struct cxla_accel_info *info);

/* is it a node of device-dax; its bytes, or 0 and what failed was said */
int is_dax(const char *node);
uint64_t dax_size(const char *node);

/* the words of a pattern in a mapped range, written or compared, and counted */
extern unsigned long pattern_done, pattern_wrong;
void pattern_blocks(uint64_t *words, uint64_t size, uint64_t tag, int writing);

/* from then on SIGBUS jumps to where @bus was set last, and SIGTERM sets @ended */
void hear_signals(void);
extern sigjmp_buf bus;
extern volatile sig_atomic_t ended;

/* subcommands, with the words behind their name */
int pattern(int argc, char **argv);
int info(int argc, char **argv);
int mark(int argc, char **argv);
int find(int argc, char **argv);
int window(int argc, char **argv);
int bridge(int argc, char **argv);
int hold(int argc, char **argv);
int keep(int argc, char **argv);
int events(int argc, char **argv);
int killed(int argc, char **argv);
int monitor(int argc, char **argv);
int decoders(int argc, char **argv);
int registers(int argc, char **argv);
int command(int argc, char **argv);
int mapped(int argc, char **argv);

#endif /* CXLA_GUEST_H */
