// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine for measurements: a made-up root that reacts to what is written, and a
 * clock that goes on by what each write costs.
 */
#pragma once

#include "bench/bench_machine.h"
#include "made_up_root.h"

#include <functional>
#include <map>
#include <mutex>
#include <set>

namespace cxla::test
{

class FakeMachine : public BenchMachine
{
public:
	/* @count devices attached, as MadeUpRoot::add_attached() has them */
	explicit FakeMachine(MadeUpRoot &made, unsigned count);

	uint64_t now() override;
	void fall_out_of_step() override { steps++; }
	std::optional<uint64_t> idle() override;
	void write(const std::string &path, const std::string &value) override;
	cxla_accel_info info(const std::string &accel) override;
	std::unique_ptr<Listener> listen_to(const std::string &accel, uint32_t last) override;
	std::unique_ptr<Listener> listen_to_next(uint32_t last) override;
	std::shared_ptr<void> populate(const std::string &accel, unsigned pages) override;

	static std::string bdf_of(unsigned index);
	void make_expander(unsigned index);
	/* all that a measurement must not change, as text */
	std::string state() const;

	/* of the next write, in nanoseconds; it goes to the clock */
	std::function<uint64_t(const std::string &path)> cost = [](const std::string &) {
		return 1000;
	};
	/* of what a write costs, how many nanoseconds nobody works; nothing: not counted */
	std::function<uint64_t(const std::string &path)> waiting;
	/* the one with this number, from 1, fails; 0: none */
	unsigned failing_write = 0;
	std::vector<std::string> writes; /* "PATH VALUE", those that failed included */
	/* of each attach from now on */
	cxla_attach_record record{};
	std::function<void(cxla_accel_info &)> change_info;
	std::function<void(std::vector<cxla_event> &)> change_events;
	unsigned steps = 0;
	std::vector<unsigned> populated; /* pages, each time */
	/* of those that are bound from now on */
	std::string state_of_new = "attached";
	std::string appears; /* instead of the node of the device that was bound */
	/* on_loss of a device that is bound anew */
	std::string default_on_loss = "reattach";

	std::vector<cxla_event> &events_of(const std::string &bdf) { return events_[bdf]; }
	std::string bdf_of_accel(const std::string &accel) const;

private:
	void react(const std::string &path, const std::string &value, uint64_t start);
	void attach(const std::string &bdf, uint64_t time);
	void detach(const std::string &bdf, uint64_t time);
	void set_region(unsigned index, bool there);
	void assemble(const std::string &bdf);
	void event(const std::string &bdf, uint32_t type, uint64_t time);

	MadeUpRoot &made_;
	unsigned count_;
	uint64_t clock_ = 1000000, idle_ = 0;
	std::mutex lock_;
	std::map<std::string, std::vector<cxla_event>> events_;
	std::map<std::string, std::string> ranges_;
};

} // namespace cxla::test
