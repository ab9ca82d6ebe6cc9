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
#include "decoder.h"

/* CXL 3.1 section 8.2.4.20.12: a commit takes no longer than 10 ms */
#define HDM_COMMIT_TIMEOUT_US	(20 * USEC_PER_MSEC)
#define HDM_COMMIT_POLL_US	100

static void __iomem *cxla_decoder_at(const struct cxl_decoder *cxld)
{
	return cxld_to_port(cxld)->hdm + CXL_HDM_DECODER(cxld->id);
}

static void __iomem *cxla_decoder_ctrl(const struct cxl_decoder *cxld)
{
	return cxla_decoder_at(cxld) + CXL_HDM_CTRL;
}

/**
 * cxla_hdm_wait() - until a decoder is committed, or is not
 * @decoder: its registers
 * @committed: which
 * @ctrl: its control, as read last
 *
 * Context: sleeps.
 * Return: 0; -EIO: it ended with an error; -ETIMEDOUT: neither happened in
 * twice the time of CXL 3.1 section 8.2.4.20.12; -ENXIO: no answer.
 */
int cxla_hdm_wait(void __iomem *decoder, bool committed, u32 *ctrl)
{
	u32 value;
	int rc;

	rc = read_poll_timeout(cxla_readl, value,
			       value & CXL_HDM_CTRL_ERROR ||
			       !!(value & CXL_HDM_CTRL_COMMITTED) == committed,
			       HDM_COMMIT_POLL_US, HDM_COMMIT_TIMEOUT_US, false,
			       decoder + CXL_HDM_CTRL);
	*ctrl = value;
	if (PCI_POSSIBLE_ERROR(value))
		return -ENXIO;
	if (rc)
		return rc;
	return !!(value & CXL_HDM_CTRL_COMMITTED) == committed ? 0 : -EIO;
}

/**
 * cxla_hdm_write() - write a decoder, and begin to commit it
 * @decoder: its registers; it is idle
 * @regs: all of it
 * @ctrl: its control as it is, of which what is reserved stays
 */
void cxla_hdm_write(void __iomem *decoder, const struct cxl_hdm_regs *regs,
		    u32 ctrl)
{
	cxla_writel(regs->base_low, decoder + CXL_HDM_BASE_LOW);
	cxla_writel(regs->base_high, decoder + CXL_HDM_BASE_HIGH);
	cxla_writel(regs->size_low, decoder + CXL_HDM_SIZE_LOW);
	cxla_writel(regs->size_high, decoder + CXL_HDM_SIZE_HIGH);
	cxla_writel(regs->tl_low, decoder + CXL_HDM_TL_LOW);
	cxla_writel(regs->tl_high, decoder + CXL_HDM_TL_HIGH);
	ctrl &= ~(CXL_HDM_CTRL_VALUES | CXL_HDM_CTRL_COMMITTED |
		  CXL_HDM_CTRL_ERROR);
	cxla_writel(ctrl | regs->ctrl | CXL_HDM_CTRL_COMMIT,
		    decoder + CXL_HDM_CTRL);
}

/* flags say what hardware says */
static void cxla_decoder_note(struct cxl_decoder *cxld, u32 ctrl)
{
	cxld->regs.ctrl = ctrl;
	cxld->flags &= ~(CXL_DECODER_F_ENABLE | CXL_DECODER_F_LOCK);
	if (ctrl & CXL_HDM_CTRL_COMMITTED)
		cxld->flags |= CXL_DECODER_F_ENABLE;
	else
		cxld->flags &= ~CXL_DECODER_F_BROKEN;
	if (ctrl & CXL_HDM_CTRL_LOCK)
		cxld->flags |= CXL_DECODER_F_LOCK;
}

/* as cxla_hdm_wait() */
static int cxla_decoder_wait(struct cxl_decoder *cxld, bool committed)
{
	u32 ctrl;
	int rc = cxla_hdm_wait(cxla_decoder_at(cxld), committed, &ctrl);

	if (rc != -ENXIO)
		cxla_decoder_note(cxld, ctrl);
	return rc;
}

/**
 * cxla_decoder_in_turn() - may a decoder change now
 * @cxld: switch or endpoint decoder
 * @commit: to be committed, so that all in front of it are; or reset, so that
 *	none behind it is
 *
 * Asks hardware. What it says of other decoders is not noted: who depends on
 * those is told by cxla_hdm_reread(), once.
 *
 * Return: 0; -EBUSY: no; -ENXIO: the device does not answer.
 */
int cxla_decoder_in_turn(const struct cxl_decoder *cxld, bool commit)
{
	const struct cxl_port *port = cxld_to_port(cxld);
	int first = commit ? 0 : cxld->id + 1;
	int end = commit ? cxld->id : port->nr_decoders;

	for (int i = first; i < end; i++) {
		u32 ctrl = cxla_readl(port->hdm + CXL_HDM_DECODER(i) +
				      CXL_HDM_CTRL);

		if (PCI_POSSIBLE_ERROR(ctrl))
			return -ENXIO;
		if (!!(ctrl & CXL_HDM_CTRL_COMMITTED) != commit) {
			dev_dbg(&cxld->dev, "decoder %d is %s\n", i,
				commit ? "idle" : "committed");
			return -EBUSY;
		}
	}
	return 0;
}

/**
 * cxla_decoder_reset() - have a decoder decode no longer
 * @cxld: switch or endpoint decoder, in turn
 *
 * Context: cxl_rwsem.region is held for writing.
 * Return: 0; -EBUSY: hardware has it locked; -ENXIO: the device does not
 * answer; -EIO, -ETIMEDOUT: hardware did not comply.
 */
int cxla_decoder_reset(struct cxl_decoder *cxld)
{
	u32 ctrl;

	lockdep_assert_held_write(&cxl_rwsem.region);
	if (cxld_to_port(cxld)->emulated)
		return -EBUSY;
	ctrl = cxla_readl(cxla_decoder_ctrl(cxld));
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

/*
 * Read all registers: 1: hardware decodes what @cxld says; 0: it decodes
 * something else, or nothing; -ENXIO: it does not answer.
 */
static int cxla_decoder_compare(struct cxl_decoder *cxld,
				struct cxl_hdm_regs *regs)
{
	struct cxl_hdm_decoded wanted, d;

	cxla_decoder_values(cxld, &wanted);
	cxla_hdm_read(cxld_to_port(cxld), cxld->id, regs, &d);
	if (d.fault == CXL_HDM_ALL_ONES)
		return -ENXIO;
	cxld->regs = *regs;
	return d.committed && d.size && d.fault == CXL_HDM_OK &&
	       cxl_hdm_same(&wanted, &d);
}

/**
 * cxla_decoder_read_back() - does hardware decode what a decoder says
 * @cxld: switch or endpoint decoder
 *
 * Context: cxl_rwsem.region is held.
 * Return: 0; -EIO: no; -ENXIO: the device does not answer.
 */
int cxla_decoder_read_back(struct cxl_decoder *cxld)
{
	struct cxl_hdm_regs regs;
	int rc = cxla_decoder_compare(cxld, &regs);

	return rc < 0 ? rc : rc ? 0 : -EIO;
}

/* 0: committed, and all registers say what @cxld says */
static int cxla_decoder_program(struct cxl_decoder *cxld,
				const struct cxl_hdm_regs *wanted, u32 ctrl)
{
	struct cxl_hdm_regs found;
	int rc;

	cxla_hdm_write(cxla_decoder_at(cxld), wanted,
		       ctrl & ~CXL_HDM_CTRL_COMMIT);
	rc = cxla_decoder_wait(cxld, true);
	if (rc)
		return rc;
	rc = cxla_decoder_compare(cxld, &found);
	if (rc < 0)
		return rc;
	if (!rc) {
		dev_err(&cxld->dev,
			"wrote base %#010x%08x size %#010x%08x control %#010x targets %#010x%08x, reads base %#010x%08x size %#010x%08x control %#010x targets %#010x%08x\n",
			wanted->base_high, wanted->base_low, wanted->size_high,
			wanted->size_low, wanted->ctrl, wanted->tl_high,
			wanted->tl_low, found.base_high, found.base_low,
			found.size_high, found.size_low, found.ctrl,
			found.tl_high, found.tl_low);
		cxld->flags |= CXL_DECODER_F_BROKEN;
		return -EIO;
	}
	cxld->flags &= ~CXL_DECODER_F_BROKEN;
	return cxla_hdm_enable(cxld_to_port(cxld));
}

/**
 * cxla_decoder_commit() - have a decoder decode again
 * @cxld: switch or endpoint decoder
 *
 * Hardware is asked: what decodes already is left as it is. Otherwise the whole
 * decoder is written, since a reset may have cleared it, and read back.
 *
 * Context: cxl_rwsem.region is held for writing.
 * Return: 0; -EBUSY: hardware has it locked, or committed for something else, or
 * it is not in turn; -EINVAL: it never decoded anything; -ENXIO: the device does
 * not answer; -EIO, -ETIMEDOUT: hardware did not comply, and it decodes nothing.
 */
int cxla_decoder_commit(struct cxl_decoder *cxld)
{
	struct cxl_hdm_decoded values;
	struct cxl_hdm_regs wanted, regs;
	int rc;

	lockdep_assert_held_write(&cxl_rwsem.region);
	rc = cxla_decoder_compare(cxld, &regs);
	if (rc < 0)
		return rc;
	if (rc) {
		cxla_decoder_note(cxld, regs.ctrl);
		cxld->flags &= ~CXL_DECODER_F_BROKEN;
		return cxla_hdm_enable(cxld_to_port(cxld));
	}
	/* of what it decodes for somebody else nothing is noted but the lock */
	if (regs.ctrl & CXL_HDM_CTRL_LOCK) {
		cxld->flags |= CXL_DECODER_F_LOCK;
		return -EBUSY;
	}
	cxla_decoder_values(cxld, &values);
	rc = cxl_hdm_encode(&values, cxla_port_kind(cxld_to_port(cxld)),
			    &wanted);
	if (rc)
		return rc;
	rc = cxla_decoder_in_turn(cxld, true);
	if (rc)
		return rc;

	/* what it decodes instead is not ours to take */
	if (regs.ctrl & CXL_HDM_CTRL_COMMITTED)
		return -EBUSY;
	/* a commit begins when COMMIT is set, so that it must not be */
	if (regs.ctrl & CXL_HDM_CTRL_COMMIT) {
		rc = cxla_decoder_reset(cxld);
		if (rc)
			return rc;
	}
	rc = cxla_decoder_program(cxld, &wanted, regs.ctrl);
	if (rc && rc != -ENXIO)
		cxla_decoder_reset(cxld);
	return rc;
}
