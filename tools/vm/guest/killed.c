// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kills a process inside a write to sysfs, and knows that it did.
 *
 * The writer runs on one processor, together with a process of real-time
 * priority that sleeps. Once that is woken it keeps the processor: the writer,
 * wherever in the kernel it can be taken off it, or sleeps, stays there as long as
 * we want. Its stack then says whether it is where it is to be killed. If not, it
 * goes on: for a moment, if it is not there yet; if it has been through already, and
 * does not write in a loop, that was all: status 4. One that has moved before the
 * signal reached it died somewhere else: status 5.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define TRIES		400
/* microseconds: whoever keeps the processor has to let go of it first */
#define MOMENT		100
#define LATE		4
#define ELSEWHERE	5
#define EARLY		6

static struct shared {
	volatile unsigned long begun, finished;
	volatile int spinning, stop, leave;
} *shared;

static unsigned long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

static void busy(unsigned long us)
{
	unsigned long long end = now_us() + us;

	while (now_us() < end)
		;
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		fail("sched_setaffinity");
		_exit(1);
	}
}

static pid_t start_writer(const char *path, char **texts, int loop)
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	on_cpu(1);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		fail(path);
		_exit(1);
	}
	for (char **text = texts; *text; text++) {
		shared->begun++;
		if (write(fd, *text, strlen(*text)) < 0 && !loop)
			fail(path);
		shared->finished++;
		if (loop && !text[1])
			text = texts - 1;
	}
	/* who has ended could be told from one that never began only by luck */
	while (!shared->leave)
		usleep(1000);
	_exit(0);
}

static pid_t start_spinner(int wake)
{
	struct sched_param param = { .sched_priority = 50 };
	pid_t pid = fork();
	char byte;

	if (pid)
		return pid;
	on_cpu(1);
	if (sched_setscheduler(0, SCHED_FIFO, &param)) {
		fail("sched_setscheduler");
		_exit(1);
	}
	while (read(wake, &byte, 1) == 1) {
		shared->spinning = 1;
		while (!shared->stop)
			;
		shared->spinning = 0;
	}
	_exit(0);
}

/* the frame that has @where, if the writer is inside of a write */
static int inside(pid_t writer, const char *where, char *frame, size_t size)
{
	char path[64], line[256];
	int found = 0, writing = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stack", writer);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!found && strstr(line, where)) {
			found = 1;
			snprintf(frame, size, "%s", line);
		}
		writing |= strstr(line, "vfs_write") || strstr(line, "ksys_write");
	}
	fclose(f);
	return found && writing;
}

/* 0: killed; ELSEWHERE: it was; LATE, EARLY: not where it should be, and it goes on */
static int park(pid_t writer, int wake, const char *where, unsigned long delay)
{
	char before[256], after[256];
	int missed;

	shared->stop = 0;
	busy(delay);
	if (write(wake, "", 1) != 1)
		return fail("pipe");
	while (!shared->spinning)
		;
	missed = shared->finished == shared->begun ? LATE : EARLY;
	if (inside(writer, where, before, sizeof(before)) &&
	    shared->begun == shared->finished + 1) {
		kill(writer, SIGKILL);
		missed = ELSEWHERE;
		/* it has not moved: this is where the signal reached it */
		if (inside(writer, where, after, sizeof(after)) && !strcmp(before, after)) {
			printf("killed in %s\n", before);
			missed = 0;
		}
	}
	shared->stop = 1;
	while (shared->spinning)
		;
	return missed;
}

static void on_alarm(int sig)
{
	static const char text[] = "cxla-guest: the writer does not end\n";

	(void)sig;
	if (write(2, text, sizeof(text) - 1) > 0)
		_exit(1);
	_exit(1);
}

/* [-l] PATH WHERE DELAY TEXT... */
int killed(int argc, char **argv)
{
	int loop = argc > 0 && !strcmp(argv[0], "-l");
	unsigned long delay;
	pid_t writer, spinner;
	int wake[2], missed, status;

	argv += loop;
	if (argc - loop < 4)
		return 2;
	delay = strtoul(argv[2], NULL, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe(wake))
		return fail("setup");
	signal(SIGALRM, on_alarm);
	alarm(60);
	on_cpu(0);
	spinner = start_spinner(wake[0]);
	usleep(20000);
	writer = start_writer(argv[0], argv + 3, loop);
	while (!shared->begun)
		if (waitpid(writer, &status, WNOHANG))
			return 1;
	missed = park(writer, wake[1], argv[1], delay);
	while (!loop && missed == EARLY)
		missed = park(writer, wake[1], argv[1], MOMENT);
	for (int try = 1; loop && missed && missed != ELSEWHERE && try < TRIES; try++)
		missed = park(writer, wake[1], argv[1], delay + 37 * (try % 50));
	if (loop && missed)
		kill(writer, SIGKILL);
	shared->leave = 1;
	waitpid(writer, &status, 0);
	kill(spinner, SIGKILL);
	waitpid(spinner, NULL, 0);
	if (!missed && (!WIFSIGNALED(status) || shared->finished == shared->begun)) {
		printf("it went on after SIGKILL\n");
		return 1;
	}
	return missed;
}
