// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what the kernel said
 *
 * A console that keeps lines together with their level. The kernel calls it
 * under the console lock, in any context; who reads takes that lock, too.
 */
#include <linux/console.h>
#include <linux/printk.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "fake_impl.h"

#define FAKE_LOG_LINES	512
#define FAKE_LOG_LENGTH	256

struct fake_line {
	int level;
	char text[FAKE_LOG_LENGTH];
};

/* console lock */
static struct fake_line fake_lines[FAKE_LOG_LINES];
static int fake_nr_lines;
static bool fake_lines_lost;

/* "level,sequence,time,flags;text\n key=value\n" */
static void fake_log_write(struct console *con, const char *s,
			   unsigned int count)
{
	const char *text = memchr(s, ';', count);
	const char *end = s + count;
	struct fake_line *line;
	const char *stop;
	int prefix = 0;
	size_t length;

	if (!text)
		return;
	text++;
	for (; s < end && *s >= '0' && *s <= '9'; s++)
		prefix = prefix * 10 + *s - '0';
	/* what drivers say for nobody in particular would fill it */
	if ((prefix & 7) > LOGLEVEL_NOTICE)
		return;
	if (fake_nr_lines == FAKE_LOG_LINES) {
		fake_lines_lost = true;
		return;
	}
	stop = memchr(text, '\n', end - text) ?: end;
	length = min_t(size_t, stop - text, FAKE_LOG_LENGTH - 1);
	line = &fake_lines[fake_nr_lines++];
	line->level = (prefix & 7);
	memcpy(line->text, text, length);
	line->text[length] = '\0';
}

static struct console fake_console = {
	.name = "fakelog",
	.flags = CON_ENABLED | CON_EXTENDED,
	.index = -1,
	.write = fake_log_write,
};

/* with everything that was said before in it */
static void fake_log_lock(void)
{
	console_lock();
	console_unlock();
	console_lock();
}

void fake_log_clear(void)
{
	fake_log_lock();
	fake_nr_lines = 0;
	fake_lines_lost = false;
	console_unlock();
}
EXPORT_SYMBOL_GPL(fake_log_clear);

static bool fake_line_has(const struct fake_line *line, va_list words)
{
	const char *word;

	while ((word = va_arg(words, const char *)))
		if (!strstr(line->text, word))
			return false;
	return true;
}

int __fake_log_count(int level, ...)
{
	int count = 0;

	fake_log_lock();
	for (int i = 0; i < fake_nr_lines; i++) {
		va_list words;

		va_start(words, level);
		if (fake_lines[i].level <= level &&
		    fake_line_has(&fake_lines[i], words))
			count++;
		va_end(words);
	}
	if (fake_lines_lost)
		count = -ENOSPC;
	console_unlock();
	return count;
}
EXPORT_SYMBOL_GPL(__fake_log_count);

void fake_log_init(void)
{
	register_console(&fake_console);
}

void fake_log_exit(void)
{
	unregister_console(&fake_console);
}
