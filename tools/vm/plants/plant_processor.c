// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may become of a processor, number 1, from insertion on: "sleep", the
 * interrupt of its timer is lost, as an emulator may lose it; or "spin", with
 * interrupts off, as a bug of a kernel may. tools/vm/selftest shows that one is
 * told from the other.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <asm/apicdef.h>

#define PLANT_CPU	1
#define PLANT_VECTOR	0xe0	/* nobody has it */

static char *what = "";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "sleep or spin");

static void __iomem *lapic;

static bool is_pending(unsigned int vector)
{
	return readl(lapic + APIC_IRR + 0x10 * (vector / 32)) & BIT(vector % 32);
}

/* The timer interrupts with a vector that the kernel knows nothing of. */
static void lose_timer(void *unused)
{
	u32 lvt = readl(lapic + APIC_LVTT);

	writel((lvt & ~APIC_VECTOR_MASK) | PLANT_VECTOR, lapic + APIC_LVTT);
	writel(1, lapic + APIC_TMICT);
	while (!is_pending(PLANT_VECTOR))
		cpu_relax();
	writel(lvt, lapic + APIC_LVTT);
}

static int sleeps(void *unused)
{
	/* whatever else wakes it sets the timer again */
	for (;;) {
		smp_call_function_single(PLANT_CPU, lose_timer, NULL, true);
		msleep(1000);
	}
	return 0;
}

/* A grace period can't end, so that the thread that ends them is missed. */
static int reads(void *unused)
{
	rcu_read_lock();
	mdelay(1000);
	rcu_read_unlock();
	return 0;
}

static int spins(void *unused)
{
	start_poll_synchronize_rcu();
	msleep(300);
	local_irq_disable();
	for (;;)
		cpu_relax();
	return 0;
}

static int start(int (*function)(void *), unsigned int cpu)
{
	struct task_struct *task = kthread_create(function, NULL, "plant_processor");

	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, cpu);
	wake_up_process(task);
	return 0;
}

static int __init plant_processor_init(void)
{
	if (!strcmp(what, "spin"))
		return start(spins, PLANT_CPU) ?: start(reads, 0);
	if (strcmp(what, "sleep"))
		return -EINVAL;
	lapic = ioremap(APIC_DEFAULT_PHYS_BASE, PAGE_SIZE);
	if (!lapic)
		return -ENOMEM;
	return start(sleeps, 0);
}
module_init(plant_processor_init);

/* no exit: neither ends */

MODULE_DESCRIPTION("Test module: a processor that sleeps or spins for ever");
MODULE_LICENSE("GPL");
