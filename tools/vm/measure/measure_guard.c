// SPDX-License-Identifier: GPL-2.0-only
/*
 * What cxl_attach_enter() and cxl_attach_exit() cost, beside the empty SRCU read
 * section that they contain. Attaches to a device, runs each of the two ROUNDS
 * times with interrupts off, and tells in the log what a round took.
 *
 * In a machine whose time counts instructions (tools/vm/run --icount) a cycle
 * of the time stamp counter is an instruction.
 */
#include <linux/srcu.h>
#include <linux/timex.h>

#include <attached.h>

#define ROUNDS	10000

DEFINE_STATIC_SRCU(measure_srcu);

static void run_nothing(struct cxl_memdev *cxlmd)
{
	for (int i = 0; i < ROUNDS; i++)
		barrier();
}

static void run_srcu(struct cxl_memdev *cxlmd)
{
	for (int i = 0; i < ROUNDS; i++) {
		int token = srcu_read_lock(&measure_srcu);

		barrier();
		srcu_read_unlock(&measure_srcu, token);
	}
}

static void run_guard(struct cxl_memdev *cxlmd)
{
	for (int i = 0; i < ROUNDS; i++) {
		int token = cxl_attach_enter(cxlmd);

		if (token < 0)
			break;
		cxl_attach_exit(cxlmd, token);
	}
}

static u64 cycles_of(void (*run)(struct cxl_memdev *cxlmd),
		     struct cxl_memdev *cxlmd)
{
	unsigned long flags;
	u64 start, end;

	local_irq_save(flags);
	start = get_cycles();
	run(cxlmd);
	end = get_cycles();
	local_irq_restore(flags);
	return end - start;
}

static void measure(struct device *dev, struct cxl_memdev *cxlmd)
{
	/* the first one of each pays for what is not translated yet */
	for (int i = 0; i < 3; i++) {
		u64 nothing = cycles_of(run_nothing, cxlmd);
		u64 srcu = cycles_of(run_srcu, cxlmd);
		u64 guard = cycles_of(run_guard, cxlmd);

		if (i)
			dev_info(dev, "%d rounds: loop %llu srcu %llu guard %llu\n",
				 ROUNDS, nothing, srcu, guard);
	}
}

static int measure_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct cxl_memdev *cxlmd = attach(pdev);
	int token;

	if (IS_ERR(cxlmd))
		return PTR_ERR(cxlmd);

	/* of one that is refused nothing can be learnt */
	token = cxl_attach_enter(cxlmd);
	if (token < 0)
		return token;
	cxl_attach_exit(cxlmd, token);
	measure(&pdev->dev, cxlmd);
	return 0;
}

static struct pci_driver measure_driver = {
	.name = KBUILD_MODNAME,
	.probe = measure_probe,
};
module_pci_driver(measure_driver);

MODULE_DESCRIPTION("the cost of cxl_attach_enter()");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
