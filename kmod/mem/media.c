// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: is the memory of a device ready
 *
 * After a reset a device has a second to say how large its memory is, and as long as it
 * advertises to have it ready: Memory_Info_Valid, Memory_Active and
 * Memory_Active_Timeout of its DVSEC, CXL 3.1 section 8.1.3.8.2.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/sched/signal.h>

#include "../core/pci.h"
#include "block_regs.h"
#include "media.h"

#define MEDIA_INFO_S		1
#define MEDIA_POLL_MIN_MS	1
#define MEDIA_POLL_MAX_MS	128

/* 0: ready; 1: not yet, for at most *@seconds since it was reset; or an error */
static int cxla_media_look(struct pci_dev *pdev, int dvsec,
			   unsigned int *seconds, u64 *capacity)
{
	struct cxl_dvsec_range ranges[CXLA_DVSEC_RANGES];
	int count = cxla_dvsec_sizes(pdev, dvsec, ranges, capacity);

	*seconds = MEDIA_INFO_S;
	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		if (!ranges[i].valid)
			return 1;
		if (ranges[i].active)
			continue;
		*seconds = ranges[i].active_timeout;
		return 1;
	}
	return 0;
}

/**
 * cxla_media_poll() - is memory ready, and how much is there
 * @cxlds: device state
 * @since: jiffies when it was reset
 * @capacity: as of cxla_media_await()
 *
 * For who can't wait. Return: 0; -EINPROGRESS: not yet; or as cxl_await_media_ready().
 */
int cxla_media_poll(struct cxl_dev_state *cxlds, unsigned long since,
		    u64 *capacity)
{
	/* before the look, so that the last one is when time is over */
	unsigned long now = jiffies;
	unsigned int seconds;
	int rc;

	if (!dev_is_pci(cxlds->dev) || !cxlds->cxl_dvsec)
		return -ENXIO;
	rc = cxla_media_look(to_pci_dev(cxlds->dev), cxlds->cxl_dvsec,
			     &seconds, capacity);
	if (rc <= 0)
		return rc;
	if (!time_after(now, since + secs_to_jiffies(seconds)))
		return -EINPROGRESS;
	dev_err(cxlds->dev, "the memory is not ready after %u s\n", seconds);
	return -ETIMEDOUT;
}
EXPORT_SYMBOL_NS_GPL(cxla_media_poll, "CXL");

/**
 * cxla_media_is_ready() - is it by now, if it was not when its driver looked
 * @cxlds: device state
 */
bool cxla_media_is_ready(struct cxl_dev_state *cxlds)
{
	unsigned int seconds;
	u64 capacity;

	if (!cxlds->media_ready && dev_is_pci(cxlds->dev) && cxlds->cxl_dvsec)
		cxlds->media_ready = !cxla_media_look(to_pci_dev(cxlds->dev),
						      cxlds->cxl_dvsec,
						      &seconds, &capacity);
	return cxlds->media_ready;
}

/**
 * cxla_media_await() - wait until memory is ready, and learn how much there is
 * @cxlds: device state
 * @capacity: result: bytes, by the DVSEC; meaningless after an error
 *
 * Context, return: as cxl_await_media_ready().
 */
int cxla_media_await(struct cxl_dev_state *cxlds, u64 *capacity)
{
	unsigned long start = jiffies;
	unsigned int ms = MEDIA_POLL_MIN_MS;

	for (;;) {
		int rc = cxla_media_poll(cxlds, start, capacity);

		if (rc != -EINPROGRESS)
			return rc;
		if (fatal_signal_pending(current))
			return -EINTR;
		msleep(ms);
		ms = min(2 * ms, MEDIA_POLL_MAX_MS);
	}
}
EXPORT_SYMBOL_NS_GPL(cxla_media_await, "CXL");

int cxl_await_media_ready(struct cxl_dev_state *cxlds)
{
	u64 capacity;

	return cxla_media_await(cxlds, &capacity);
}
EXPORT_SYMBOL_NS_GPL(cxl_await_media_ready, "CXL");
