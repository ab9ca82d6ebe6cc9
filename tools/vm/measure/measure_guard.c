// SPDX-License-Identifier: GPL-2.0-only
/*
 * What cxl_attach_enter() and cxl_attach_exit() cost, beside the empty SRCU read
 * section that they contain. Attaches to a device, runs each of the two ROUNDS
 * times with interrupts off, and tells in the log what a round took.
 *
 * In a machine whose time counts instructions (tools/vm/run --icount) a cycle
 * of the time stamp counter is an instruction.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/range.h>
#include <linux/srcu.h>
#include <linux/timex.h>

#include <cxl/cxl.h>
#include <cxl/pci.h>

#define ROUNDS	10000

static ulong capacity = SZ_512M;
module_param(capacity, ulong, 0444);
MODULE_PARM_DESC(capacity, "bytes of device memory");

struct measure {
	struct cxl_dev_state cxlds;		/* has to come first */
};

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
	struct cxl_memdev *cxlmd;
	struct measure *measured;
	struct range range;
	u16 dvsec;
	int token;
	int rc;

	rc = pcim_enable_device(pdev);
	if (rc)
		return rc;
	dvsec = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_CXL,
					  PCI_DVSEC_CXL_DEVICE);
	measured = devm_cxl_dev_state_create(&pdev->dev, CXL_DEVTYPE_DEVMEM,
					     pci_get_dsn(pdev), dvsec,
					     struct measure, cxlds, false);
	if (!measured)
		return -ENOMEM;
	rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT,
				&measured->cxlds.reg_map);
	if (rc)
		return rc;
	measured->cxlds.media_ready = true;
	rc = cxl_set_capacity(&measured->cxlds, capacity);
	if (rc)
		return rc;
	cxlmd = devm_cxl_probe_mem(&measured->cxlds, &range);
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
