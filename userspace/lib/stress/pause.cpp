// SPDX-License-Identifier: GPL-2.0-only
#include "stress/pause.h"

#include "sys/error.h"

namespace cxla
{

namespace
{

constexpr const char *pause_file = "/sys/kernel/debug/cxla/pause";

} // namespace

std::optional<PausePoint> parse_pause_point(std::string_view line)
{
	std::vector<std::string> words = split(trim(line), ' ');

	if (words.size() < 3 || words.size() > 4)
		return std::nullopt;

	auto passed = parse_number(words[2]);
	auto pid = words.size() == 4 ? parse_number(words[3]) : 0;

	if (words[1] != "idle" && words[1] != "armed" && words[1] != "held")
		return std::nullopt;
	if (!passed || !pid || (words[1] == "held") != (words.size() == 4))
		return std::nullopt;
	return PausePoint{words[0], words[1], static_cast<unsigned>(*passed),
			  static_cast<int>(*pid)};
}

std::string missing_for_pauses(const Root &root)
{
	if (root.exists(pause_file))
		return "";
	if (!root.exists("/sys/module/cxla_core"))
		return "cxla_core is not loaded";
	return std::string(pause_file) +
	       ": the modules have no pause points, or debugfs is not mounted";
}

PausePoint Pauses::find(const std::string &name) const
{
	for (auto &point : list())
		if (point.name == name)
			return point;
	throw Error("there is no pause point '" + name + "'", "`cxla pairs --list` lists them",
		    Exit::Usage);
}

std::vector<PausePoint> KernelPauses::list() const
{
	std::vector<PausePoint> points;

	for (const auto &line : split(root_.read(pause_file).value_or(""), '\n'))
		if (auto point = parse_pause_point(line))
			points.push_back(*point);
	return points;
}

void KernelPauses::arm(const std::string &name) const
{
	root_.write(pause_file, name);
}

void KernelPauses::release(const std::string &name) const
{
	root_.write(pause_file, "-" + name);
}

void KernelPauses::reset() const
{
	root_.write(pause_file, "reset");
}

} // namespace cxla
