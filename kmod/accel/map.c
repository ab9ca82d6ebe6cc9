// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: a range in userspace
 *
 * Pages are put in by the fault handler, between cxl_attach_enter() and
 * cxl_attach_exit(). Once the range is revoked that fails, for good, and the
 * mapping answers with SIGBUS; what had been put in is zapped by the driver's
 * revoke callback. A mapping belongs to one attach: the next one is mapped
 * anew.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "../pause/pause.h"
#include "accel.h"

struct cxla_map *cxla_map_create(struct cxl_memdev *cxlmd,
				 const struct range *range)
{
	struct cxla_map *map = kzalloc(sizeof(*map), GFP_KERNEL);

	if (!map)
		return NULL;
	kref_init(&map->kref);
	map->cxlmd = cxlmd;
	get_device(&cxlmd->dev);
	map->range = *range;
	return map;
}

static void cxla_map_release(struct kref *kref)
{
	struct cxla_map *map = container_of(kref, struct cxla_map, kref);

	put_device(&map->cxlmd->dev);
	kfree(map);
}

void cxla_map_put(struct cxla_map *map)
{
	kref_put(&map->kref, cxla_map_release);
}

static void cxla_vm_open(struct vm_area_struct *vma)
{
	struct cxla_map *map = vma->vm_private_data;

	kref_get(&map->kref);
}

static void cxla_vm_close(struct vm_area_struct *vma)
{
	cxla_map_put(vma->vm_private_data);
}

static vm_fault_t cxla_vm_fault(struct vm_fault *vmf)
{
	struct cxla_map *map = vmf->vma->vm_private_data;
	u64 pfn = PHYS_PFN(map->range.start) + vmf->pgoff;
	vm_fault_t ret;
	int token;

	if (pfn > PHYS_PFN(map->range.end))
		return VM_FAULT_SIGBUS;
	token = cxl_attach_enter(map->cxlmd);
	if (token < 0)
		return VM_FAULT_SIGBUS;
	cxla_pause(CXLA_PAUSE_FAULT_ENTERED);
	ret = vmf_insert_pfn(vmf->vma, vmf->address, pfn);
	cxl_attach_exit(map->cxlmd, token);
	return ret;
}

static const struct vm_operations_struct cxla_vm_ops = {
	.open = cxla_vm_open,
	.close = cxla_vm_close,
	.fault = cxla_vm_fault,
};

/*
 * mmap() of the range or a part of it, shared only. VM_SHARED is not there when
 * the file was opened for reading; that it could not be written to is no reason
 * to refuse a mapping that is only read. Nothing is executed from the range:
 * PROT_EXEC gets the error of a file system mounted noexec, now and from
 * mprotect() later.
 */
int cxla_map_mmap(struct cxla_map *map, struct vm_area_struct *vma)
{
	u64 pages = PHYS_PFN(range_len(&map->range));

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	if (vma->vm_pgoff >= pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;

	vm_flags_mod(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP,
		     VM_MAYEXEC);
	kref_get(&map->kref);
	vma->vm_private_data = map;
	vma->vm_ops = &cxla_vm_ops;
	return 0;
}
