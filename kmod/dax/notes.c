// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: why ranges that nobody has are nobody's
 *
 * What cxla_hmem says in the ledger: of a Soft Reserved range as a whole that it
 * is to be decided yet, or why it never was; and of its pieces, once it was
 * decided about, what became of those that device-dax did not get.
 */
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "../core/bus.h"
#include "hmem.h"

/**
 * struct hmem_note - what is said of a range or a piece of one
 * @list: on hmem_notes
 * @piece: of a piece, which counts where both lie
 * @line: what is said
 */
struct hmem_note {
	struct list_head list;
	bool piece;
	struct cxla_ledger_line line;
};

/* hmem_notes; innermost */
static DEFINE_MUTEX(hmem_notes_lock);
static LIST_HEAD(hmem_notes);

static int hmem_note_add(const struct range *range, bool piece,
			 enum cxla_ledger_state state,
			 enum cxla_ledger_why why, const char *who)
{
	struct hmem_note *note = kzalloc(sizeof(*note), GFP_KERNEL);

	if (!note)
		return -ENOMEM;
	note->piece = piece;
	note->line.range = *range;
	note->line.verdict.state = state;
	note->line.verdict.why = why;
	strscpy(note->line.verdict.who, who);
	note->line.time_ns = ktime_get_boottime_ns();
	guard(mutex)(&hmem_notes_lock);
	list_add_tail(&note->list, &hmem_notes);
	return 0;
}

/* a Soft Reserved range waits for @why; 0, or -ENOMEM */
int cxla_hmem_note_waiting(const struct range *range, enum cxla_ledger_why why)
{
	return hmem_note_add(range, false, CXLA_LEDGER_WAITING, why, "");
}

/* a piece of one goes to nobody; 0, or -ENOMEM */
int cxla_hmem_note_piece(const struct range *range, enum cxla_ledger_why why,
			 const char *who)
{
	return hmem_note_add(range, true, CXLA_LEDGER_FREE, why, who);
}

/* ranges that wait do not any more; needs no memory */
void cxla_hmem_note_over(enum cxla_ledger_why why)
{
	struct hmem_note *note;

	guard(mutex)(&hmem_notes_lock);
	list_for_each_entry(note, &hmem_notes, list) {
		if (note->line.verdict.state != CXLA_LEDGER_WAITING)
			continue;
		note->line.verdict.state = CXLA_LEDGER_FREE;
		note->line.verdict.why = why;
		note->line.time_ns = ktime_get_boottime_ns();
	}
}

/**
 * cxla_hmem_notes_forget() - something else is to be said
 * @within: of pieces in this range; NULL: of everything
 */
void cxla_hmem_notes_forget(const struct range *within)
{
	struct hmem_note *note, *next;

	guard(mutex)(&hmem_notes_lock);
	list_for_each_entry_safe(note, next, &hmem_notes, list) {
		if (within &&
		    (!note->piece ||
		     !cxla_range_contains(within, &note->line.range)))
			continue;
		list_del(&note->list);
		kfree(note);
	}
}

/* the first note on a range, or on a piece, at @hpa or behind it */
static struct hmem_note *hmem_note_first(u64 hpa, bool piece)
{
	struct hmem_note *note, *first = NULL;

	lockdep_assert_held(&hmem_notes_lock);
	list_for_each_entry(note, &hmem_notes, list)
		if (note->piece == piece && note->line.range.end >= hpa &&
		    (!first || note->line.range.start < first->line.range.start))
			first = note;
	return first;
}

/**
 * cxla_hmem_notes_next() - for cxla_ledger_set_source()
 * @hpa: address
 * @line: filled in
 *
 * Return: false: nothing is said of what comes.
 */
bool cxla_hmem_notes_next(u64 hpa, struct cxla_ledger_line *line)
{
	const struct hmem_note *piece, *whole;

	guard(mutex)(&hmem_notes_lock);
	piece = hmem_note_first(hpa, true);
	whole = hmem_note_first(hpa, false);
	if (piece && (!whole || piece->line.range.start <= hpa ||
		      piece->line.range.start <= whole->line.range.start))
		whole = NULL;
	if (!piece && !whole)
		return false;
	*line = whole ? whole->line : piece->line;
	if (whole && piece)
		line->range.end = min(line->range.end,
				      piece->line.range.start - 1);
	return true;
}
