// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: programming one decoder
 *
 * Decoders of a port are committed in order and uncommitted in reverse, CXL 3.1
 * section 8.2.4.20.12, so that one behind which another is committed can't be
 * taken back. One that is locked by hardware is never written.
 */
#include <linux/device.h>
#include <linux/io.h>
#include <linux/iopoll.h>

#include "access.h"
#include "program.h"

/* CXL 3.1 section 8.2.4.20.12: a commit takes no longer than 10 ms */
#define HDM_COMMIT_TIMEOUT_US	(20 * USEC_PER_MSEC)
#define HDM_COMMIT_POLL_US	100

static void __iomem *cxla_decoder_ctrl(const struct cxl_decoder *cxld)
{
	return cxld_to_port(cxld)->hdm + CXL_HDM_DECODER(cxld->id) +
	       CXL_HDM_CTRL;
}

/* flags say what hardware says */
static void cxla_decoder_note(struct cxl_decoder *cxld, u32 ctrl)
{
	if (ctrl & CXL_HDM_CTRL_COMMITTED)
		cxld->flags |= CXL_DECODER_F_ENABLE;
	else
		cxld->flags &= ~CXL_DECODER_F_ENABLE;
	if (ctrl & CXL_HDM_CTRL_LOCK)
		cxld->flags |= CXL_DECODER_F_LOCK;
}

/* -ETIMEDOUT: neither happened; -ENXIO: the device does not answer */
static int cxla_decoder_wait(struct cxl_decoder *cxld, bool committed)
{
	u32 ctrl;
	int rc;

	rc = read_poll_timeout(cxla_readl, ctrl,
			       ctrl & CXL_HDM_CTRL_ERROR ||
			       !!(ctrl & CXL_HDM_CTRL_COMMITTED) == committed,
			       HDM_COMMIT_POLL_US, HDM_COMMIT_TIMEOUT_US, false,
			       cxla_decoder_ctrl(cxld));
	if (PCI_POSSIBLE_ERROR(ctrl))
		return -ENXIO;
	cxla_decoder_note(cxld, ctrl);
	if (rc)
		return rc;
	return !!(ctrl & CXL_HDM_CTRL_COMMITTED) == committed ? 0 : -EIO;
}

/**
 * cxla_decoder_reset() - have a decoder decode no longer
 * @cxld: switch or endpoint decoder
 *
 * Context: cxl_rwsem.region is held for writing.
 * Return: 0; -EBUSY: hardware has it locked; -ENXIO: the device does not
 * answer; -EIO, -ETIMEDOUT: hardware did not comply.
 */
int cxla_decoder_reset(struct cxl_decoder *cxld)
{
	u32 ctrl = cxla_readl(cxla_decoder_ctrl(cxld));

	if (PCI_POSSIBLE_ERROR(ctrl))
		return -ENXIO;
	/* hardware may know of a lock that was not there when it was read */
	if (ctrl & CXL_HDM_CTRL_LOCK) {
		cxla_decoder_note(cxld, ctrl);
		return -EBUSY;
	}
	cxla_writel(ctrl & ~CXL_HDM_CTRL_COMMIT, cxla_decoder_ctrl(cxld));
	return cxla_decoder_wait(cxld, false);
}

/**
 * cxla_decoder_commit() - have a decoder decode again
 * @cxld: switch or endpoint decoder, in turn
 *
 * Context: cxl_rwsem.region is held for writing.
 * Return: as cxla_decoder_reset().
 */
int cxla_decoder_commit(struct cxl_decoder *cxld)
{
	u32 ctrl = cxla_readl(cxla_decoder_ctrl(cxld));
	int rc;

	if (PCI_POSSIBLE_ERROR(ctrl))
		return -ENXIO;
	if (ctrl & CXL_HDM_CTRL_LOCK) {
		cxla_decoder_note(cxld, ctrl);
		return ctrl & CXL_HDM_CTRL_COMMITTED ? 0 : -EBUSY;
	}
	cxla_writel(ctrl | CXL_HDM_CTRL_COMMIT, cxla_decoder_ctrl(cxld));
	rc = cxla_decoder_wait(cxld, true);
	if (rc && rc != -ENXIO) {
		/* a commit begins when COMMIT is set: the next one has to set it */
		cxla_writel(ctrl & ~CXL_HDM_CTRL_COMMIT,
			    cxla_decoder_ctrl(cxld));
		cxla_decoder_wait(cxld, false);
	}
	return rc;
}

/**
 * cxla_decoder_in_turn() - may a decoder change now
 * @cxld: switch or endpoint decoder
 * @commit: to be committed, so that all in front of it are; or reset, so that
 *	none behind it is
 */
bool cxla_decoder_in_turn(const struct cxl_decoder *cxld, bool commit)
{
	const struct cxl_port *port = cxld_to_port(cxld);

	for (int i = 0; i < port->nr_decoders; i++) {
		const struct cxl_decoder *other = port->decoders[i];
		bool committed = other && other->flags & CXL_DECODER_F_ENABLE;

		if (commit ? i < cxld->id && !committed :
			     i > cxld->id && committed)
			return false;
	}
	return true;
}
