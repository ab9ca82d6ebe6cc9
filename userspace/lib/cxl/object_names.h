// SPDX-License-Identifier: GPL-2.0-only
/* Names, at this moment, of the objects that belong to a PCI device of ours; empty: none. */
#pragma once

#include "sys/root.h"

namespace cxla
{

inline constexpr const char *bus_devices = "/sys/bus/cxla/devices";

std::string pci_device(const std::string &bdf);  /* its folder */
std::string bus_device(const std::string &name); /* its folder */
std::string memdev_of(const Root &root, const std::string &bdf);
std::string endpoint_of(const Root &root, const std::string &bdf);
/* decoder2.0, and not the file decoders_committed */
bool names_decoder(const std::string &name);
/* of its endpoint, in order */
std::vector<std::string> decoders_of(const Root &root, const std::string &bdf);
/* the first that its endpoint has a decoder in */
std::string region_of(const Root &root, const std::string &bdf);
/* what an object of the bus is a child of */
std::string parent_of(const Root &root, const std::string &name);

} // namespace cxla
