// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what was made and is to be gone
 *
 * The shipped modules' own allocations and devices, by wrapping what they call.
 * After a schedule, with all torn down, each object that it made is freed, and
 * each device that was added was deleted, once. What devres or the kernel frees
 * is not followed.
 */
#include <linux/device.h>
#include <linux/hashtable.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "internal.h"

#define MAX_OBJECTS	4096

struct explore_object {
	struct hlist_node node;
	const void *address;
	unsigned long ip;
};

static DEFINE_SPINLOCK(explore_objects_lock);
static DEFINE_HASHTABLE(explore_objects, 10);
static struct explore_object explore_pool[MAX_OBJECTS];
static HLIST_HEAD(explore_free);
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

static void explore_object_made(const void *address, unsigned long ip)
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
	object->ip = ip;
	hash_add(explore_objects, &object->node, (unsigned long)address);
}

static void explore_object_gone(const void *address)
{
	struct explore_object *object;

	if (!explore_following || !address)
		return;
	guard(spinlock_irqsave)(&explore_objects_lock);
	object = explore_object_of(address);
	if (!object)
		return;
	hash_del(&object->node);
	hlist_add_head(&object->node, &explore_free);
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
	explore_object_gone(address);
	kfree(address);
}
EXPORT_SYMBOL(__wrap_kfree);

void *__wrap___kmalloc_noprof(size_t size, gfp_t flags);
void *__wrap___kmalloc_noprof(size_t size, gfp_t flags)
{
	void *address = __kmalloc_noprof(size, flags);

	explore_object_made(address, _RET_IP_);
	return address;
}
EXPORT_SYMBOL(__wrap___kmalloc_noprof);

void *__wrap___kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t flags,
				    size_t size);
void *__wrap___kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t flags,
				    size_t size)
{
	void *address = __kmalloc_cache_noprof(cache, flags, size);

	explore_object_made(address, _RET_IP_);
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
