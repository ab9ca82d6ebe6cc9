// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what was made and is to be gone
 *
 * The shipped modules' own allocations and devices, by wrapping what they call.
 * After a schedule, with all torn down, each object that it made is freed, and
 * each device that was added was deleted, once. What devres or the kernel frees
 * is not followed.
 *
 * What the modules free is poisoned and kept until the schedule has ended, so
 * that whoever accesses it is caught, in a kernel without KASAN and sixty times
 * as fast.
 */
#include <linux/device.h>
#include <linux/hashtable.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "internal.h"

#define MAX_OBJECTS	4096

#define POISON	0x6b

/* made, and later freed, at @ip and @freed_ip */
struct explore_object {
	struct hlist_node node;
	const void *address;
	size_t size;
	unsigned long ip;
	unsigned long freed_ip;
};

static DEFINE_SPINLOCK(explore_objects_lock);
static DEFINE_HASHTABLE(explore_objects, 10);
static struct explore_object explore_pool[MAX_OBJECTS];
static HLIST_HEAD(explore_free);
/* freed by the modules, kept to the end of the schedule */
static HLIST_HEAD(explore_kept);
/* which of 64 KiB have any of it: most accesses need not look further */
static DECLARE_BITMAP(explore_kept_lines, 1024);
static bool explore_following;

static struct explore_object *explore_object_of(const void *address)
{
	struct explore_object *object;

	hash_for_each_possible(explore_objects, object, node,
			       (unsigned long)address)
		if (object->address == address)
			return object;
	return NULL;
}

static void explore_object_made(const void *address, size_t size,
				unsigned long ip)
{
	struct explore_object *object;

	if (!explore_following || ZERO_OR_NULL_PTR(address))
		return;
	guard(spinlock_irqsave)(&explore_objects_lock);
	object = hlist_entry_safe(explore_free.first, struct explore_object,
				  node);
	if (!object)
		return;
	hlist_del(&object->node);
	object->address = address;
	object->size = size;
	object->ip = ip;
	hash_add(explore_objects, &object->node, (unsigned long)address);
}

static unsigned int explore_line_of(const void *address)
{
	return (unsigned long)address / 64 % 1024;
}

/* true: it is kept, and not to be freed now */
static bool explore_object_gone(const void *address, unsigned long ip)
{
	struct explore_object *object;

	if (!explore_following || !address)
		return false;
	guard(spinlock_irqsave)(&explore_objects_lock);
	object = explore_object_of(address);
	if (!object)
		return false;
	hash_del(&object->node);
	hlist_add_head(&object->node, &explore_kept);
	object->freed_ip = ip;
	memset((void *)address, POISON, object->size);
	for (size_t at = 0; at < object->size + 63; at += 64)
		__set_bit(explore_line_of(address + at), explore_kept_lines);
	return true;
}

/**
 * explore_check() - is what is accessed still there
 * @address: of the access
 * @ip: who
 *
 * Context: any.
 */
void explore_check(const volatile void *address, unsigned long ip)
{
	const void *at = (const void *)address;
	struct explore_object *object;

	if (!test_bit(explore_line_of(at), explore_kept_lines))
		return;
	guard(spinlock_irqsave)(&explore_objects_lock);
	hlist_for_each_entry(object, &explore_kept, node)
		if (at >= object->address && at < object->address + object->size)
			explore_fail("use after free: %ps accesses what %ps freed (at %lu of %zu)",
				     (void *)ip, (void *)object->freed_ip,
				     (unsigned long)(at - object->address),
				     object->size);
}

/* now they are freed, unless somebody wrote to one */
static void explore_free_kept(void)
{
	struct explore_object *object;
	struct hlist_node *next;

	bitmap_zero(explore_kept_lines, 1024);
	hlist_for_each_entry_safe(object, next, &explore_kept, node) {
		const void *odd = memchr_inv(object->address, POISON,
					     object->size);

		if (odd)
			explore_fail("use after free: byte %lu of %zu that %ps freed was written",
				     (unsigned long)(odd - object->address),
				     object->size, (void *)object->freed_ip);
		kfree(object->address);
		hlist_del(&object->node);
		hlist_add_head(&object->node, &explore_free);
	}
}

/* ------------------------------ devices ---------------------------- */

#define MAX_DEVICES	128

struct explore_device {
	const struct device *dev;
	char name[32];
	bool deleted;
};

static struct explore_device explore_devices[MAX_DEVICES];

static struct explore_device *explore_device_of(const struct device *dev)
{
	for (int i = 0; i < MAX_DEVICES; i++)
		if (explore_devices[i].dev == dev)
			return &explore_devices[i];
	return NULL;
}

int __wrap_device_add(struct device *dev);
int __wrap_device_add(struct device *dev)
{
	struct explore_device *entry;
	int rc;

	explore_at(_RET_IP_, "device_add", dev);
	entry = explore_following ? explore_device_of(dev) ?:
				    explore_device_of(NULL) : NULL;
	if (entry) {
		*entry = (struct explore_device) { .dev = dev };
		strscpy(entry->name, dev_name(dev));
	}
	rc = device_add(dev);
	if (rc && entry)
		entry->dev = NULL;
	explore_at(_RET_IP_, "device_add (done)", dev);
	return rc;
}
EXPORT_SYMBOL(__wrap_device_add);

static void explore_device_ends(const struct device *dev)
{
	struct explore_device *entry;

	entry = explore_following ? explore_device_of(dev) : NULL;
	if (!entry)
		return;
	if (entry->deleted)
		explore_fail("%s is unregistered twice", entry->name);
	entry->deleted = true;
}

void __wrap_device_del(struct device *dev);
void __wrap_device_del(struct device *dev)
{
	explore_at(_RET_IP_, "device_del", dev);
	explore_device_ends(dev);
	device_del(dev);
	explore_at(_RET_IP_, "device_del (done)", dev);
}
EXPORT_SYMBOL(__wrap_device_del);

void __wrap_device_unregister(struct device *dev);
void __wrap_device_unregister(struct device *dev)
{
	explore_at(_RET_IP_, "device_unregister", dev);
	explore_device_ends(dev);
	device_unregister(dev);
	explore_at(_RET_IP_, "device_unregister (done)", dev);
}
EXPORT_SYMBOL(__wrap_device_unregister);

/* the devices of the modules are the first in what contains them */
static void explore_device_freed(const void *address)
{
	struct explore_device *entry;

	entry = explore_following && address ? explore_device_of(address) : NULL;
	if (!entry)
		return;
	if (!entry->deleted)
		explore_fail("%s is freed and still registered", entry->name);
	entry->dev = NULL;
}

/* ---------------------------- allocations -------------------------- */

void __wrap_kfree(const void *address);
void __wrap_kfree(const void *address)
{
	explore_at(_RET_IP_, "kfree", address);
	explore_device_freed(address);
	explore_check(address, _RET_IP_);
	if (!explore_object_gone(address, _RET_IP_))
		kfree(address);
}
EXPORT_SYMBOL(__wrap_kfree);

void *__wrap___kmalloc_noprof(size_t size, gfp_t flags);
void *__wrap___kmalloc_noprof(size_t size, gfp_t flags)
{
	void *address = __kmalloc_noprof(size, flags);

	explore_object_made(address, size, _RET_IP_);
	return address;
}
EXPORT_SYMBOL(__wrap___kmalloc_noprof);

void *__wrap___kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t flags,
				    size_t size);
void *__wrap___kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t flags,
				    size_t size)
{
	void *address = __kmalloc_cache_noprof(cache, flags, size);

	explore_object_made(address, size, _RET_IP_);
	return address;
}
EXPORT_SYMBOL(__wrap___kmalloc_cache_noprof);

int __wrap_remove_resource(struct resource *res);
int __wrap_remove_resource(struct resource *res)
{
	char name[32];
	int rc;

	explore_at(_RET_IP_, "remove_resource", res);
	strscpy(name, res->name ?: "-");
	rc = remove_resource(res);
	if (rc)
		explore_fail("%s was not in the iomem tree when it was removed",
			     name);
	return rc;
}
EXPORT_SYMBOL(__wrap_remove_resource);

/* ------------------------------ a schedule ------------------------- */

void explore_objects_begin(void)
{
	static bool filled;

	if (!filled)
		for (int i = 0; i < MAX_OBJECTS; i++)
			hlist_add_head(&explore_pool[i].node, &explore_free);
	filled = true;
	memset(explore_devices, 0, sizeof(explore_devices));
	explore_following = true;
}

void explore_objects_end(void)
{
	struct explore_object *object;
	struct hlist_node *next;
	int bucket;

	explore_following = false;
	explore_free_kept();
	for (int i = 0; i < MAX_DEVICES; i++)
		if (explore_devices[i].dev)
			explore_fail("%s is %s", explore_devices[i].name,
				     explore_devices[i].deleted ?
				     "still referenced" : "still registered");
	hash_for_each_safe(explore_objects, bucket, next, object, node) {
		explore_fail("what was allocated at %ps is not freed",
			     (void *)object->ip);
		hash_del(&object->node);
		hlist_add_head(&object->node, &explore_free);
	}
}
