// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole machine whose files say something else: a capture is laid down, some of its files are
 * changed, and everything that `status`, `ledger` and `watch` say of it is said.
 */
#include "fuzz.h"

#include "draw/map.h"
#include "draw/pages.h"
#include "made_up_root.h"
#include "report/capture.h"
#include "report/facts.h"
#include "report/status.h"
#include "sys/error.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace
{

using namespace cxla;
using cxla::fuzz::Input;
using cxla::fuzz::require;

/* one whose stack is loaded, in different states, and some that others took before that */
constexpr const char *captures[] = {"", "everything-odd", "interleaved", "two-windows",
				    "dvsec-ranges"};

void make_up(test::MadeUpRoot &made)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(4);
	made.refuse(1, "no-window");
	made.make_expander(2);
	made.add_hmem("cxla_hmem");
	made.add_dax("dax0.0", "hmem.0", 0x690000000, "kmem");
	made.add_ledger("0x690000000-0x6afffffff accelerator owned attached 0000:0d:00.0 5.208664\n"
			"0x6b0000000-0x6cfffffff none free too-small - 5.208701\n");
}

struct Base {
	explicit Base(const std::string &name)
	{
		if (name.empty()) {
			make_up(made);
			root = made.root();
			root.read_by_root();
			capture = take_capture(root, "1", "/made/up");
		} else {
			captured = std::make_unique<CapturedRoot>(CXLA_TOP "/kunit/captures/" +
								  name + ".capture");
			root = captured->root();
			capture = captured->capture();
		}
		for (const auto &[path, entry] : capture.tree.entries())
			if (entry.kind == TreeEntry::Kind::File &&
			    ::access(root.host(path).c_str(), W_OK) == 0)
				files.push_back(path);
	}

	test::MadeUpRoot made;
	std::unique_ptr<CapturedRoot> captured;
	Root root;
	Capture capture;
	std::vector<std::string> files;
};

void overwrite(const std::string &path, const std::string &content)
{
	Fd fd(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_CREAT, 0600));

	require(fd && ::write(fd.get(), content.data(), content.size()) ==
				static_cast<ssize_t>(content.size()),
		"a file is written");
}

/* changed, and as it was when this goes */
class Changed
{
public:
	Changed(const Base &machine, Input &in)
	{
		const auto &tree = machine.capture.tree.entries();
		const std::string name = machine.files[in.take<uint16_t>() % machine.files.size()];
		const unsigned how = in.byte();

		old_ = tree.at(name).content;
		path_ = machine.root.host(name);

		std::string now = old_;

		switch (how & 3) {
		case 0: /* some bytes in the middle of it */
			for (size_t at = in.take<uint16_t>(), n = how >> 2; n-- && at < now.size();
			     at++)
				now[at] = static_cast<char>(in.byte());
			break;
		case 1: /* other content */
			now.clear();
			for (size_t n = how >> 2; n--;)
				now += static_cast<char>(in.byte());
			break;
		case 2: /* as much of it as there is */
			now.resize(std::min<size_t>(now.size(), in.take<uint16_t>()));
			break;
		default: /* what another one says */
			now = tree.at(machine.files[in.take<uint16_t>() % machine.files.size()])
				      .content;
		}
		overwrite(path_, now);
	}
	~Changed()
	{
		/* what is not as it was would be found in the next input */
		try {
			overwrite(path_, old_);
		} catch (...) {
			std::abort();
		}
	}
	Changed(const Changed &) = delete;
	Changed &operator=(const Changed &) = delete;

private:
	std::string path_, old_;
};

} // namespace

CXLA_FUZZ(machine)
{
	static std::array<std::unique_ptr<Base>, std::size(captures)> machines;
	const unsigned which = in.below(std::size(captures));
	auto &machine = machines[which];

	if (!machine)
		machine = std::make_unique<Base>(captures[which]);

	const Root &root = machine->root;
	std::vector<std::unique_ptr<Changed>> changes;

	while (in.left() && changes.size() < 4)
		changes.push_back(std::make_unique<Changed>(*machine, in));
	/* the last one that was changed is the first to be put back */
	const auto put_back = [&] {
		while (!changes.empty())
			changes.pop_back();
	};

	try {
		const Status status = read_status(root, machine->capture.modules);
		const auto json = status_json(status);

		for (const auto &text :
		     {machine_text(status), ranges_text(status.machine),
		      topology_text(status.machine), accelerators_text(status.machine),
		      wrong_text(status.machine), problems_text(status.machine),
		      ledger_text(status.machine)})
			require(text.size() < 1 << 20, "a machine is described in few words");
		require(!json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
					.empty() &&
				!ledger_json(status.machine)
					 .dump(1, ' ', false,
					       nlohmann::ordered_json::error_handler_t::replace)
					 .empty(),
			"a machine is JSON");
		require(page_of("status", "1", json).ends_with("</html>\n"), "a machine is a page");
		require(!map_text(map_of(json), {}).empty(), "a machine is a map");

		const Facts facts = facts_of(status.machine);

		require(changes_between(facts, facts).empty(), "what is the same has not changed");
	} catch (const Error &error) {
		require(*error.what(), "what is wrong is said");
	} catch (...) {
		put_back();
		throw;
	}
	put_back();
}
