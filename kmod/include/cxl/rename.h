/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names a driver writes are mainline's; the names the modules export carry
 * a prefix, because an in-tree CXL core that is built in owns the plain ones
 * and the module loader refuses a second owner.
 */
#ifndef __CXLA_RENAME_H__
#define __CXLA_RENAME_H__

#define _devm_cxl_dev_state_create	cxla_devm_cxl_dev_state_create
#define cxl_pci_setup_regs		cxla_cxl_pci_setup_regs
#define cxl_set_capacity		cxla_cxl_set_capacity
#define cxl_await_media_ready		cxla_cxl_await_media_ready
#define devm_cxl_probe_mem		cxla_devm_cxl_probe_mem
#define devm_cxl_add_memdev		cxla_devm_cxl_add_memdev
#define devm_cxl_add_endpoint		cxla_devm_cxl_add_endpoint
#define devm_cxl_del_memdev		cxla_devm_cxl_del_memdev
#define devm_cxl_attach_retry		cxla_devm_cxl_attach_retry
#define cxl_memdev_attach_region	cxla_cxl_memdev_attach_region
#define cxl_reset_begin			cxla_cxl_reset_begin
#define cxl_reset_end			cxla_cxl_reset_end
#define cxl_attach_enter		cxla_cxl_attach_enter
#define cxl_attach_exit			cxla_cxl_attach_exit
#define cxl_attach_reason_str		cxla_cxl_attach_reason_str

#endif /* __CXLA_RENAME_H__ */
