// SPDX-License-Identifier: GPL-2.0-only
/*
 * Those who act in a race. Each has a thread, a ring and a random sequence of its
 * own, and does one thing over and over until the race ends.
 */
#pragma once

#include "deed.h"
#include "range.h"
#include "root.h"

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <random>

namespace cxla
{

using Clock = std::chrono::steady_clock;

/* an accelerator as it was before */
struct RaceAccel {
	std::string bdf;
	std::string accel; /* accelN */
	std::string on_loss;
	uint64_t serial = 0;
	std::optional<Range> range; /* nothing: it was not attached */
	std::vector<Range> memory;  /* any of these is its own */
};

/* a memory expander as it was before; its regions are not locked by an attach */
struct RaceExpander {
	std::string bdf;
	std::vector<Range> regions;
	unsigned committed = 0; /* decoders of its endpoint */
	bool unlocked = false;  /* any of its regions */
};

/* what a race acts upon */
struct Targets {
	std::vector<RaceAccel> accelerators;
	std::vector<RaceExpander> expanders;
	std::vector<std::string> roots; /* ACPI0017:NN that are bound to us */

	const RaceAccel *by_serial(uint64_t serial) const;
};

struct Finding {
	std::string actor; /* empty: found from outside */
	std::string what;
};

/* while it is closed actors stand still, each before its next step */
class Gate
{
public:
	void close() { closed_ = true; }
	/* returns when nobody stands there any more */
	void open(const std::atomic<bool> &stop);
	bool closed() const { return closed_; }
	unsigned standing() const { return standing_; }
	/* of an actor: waits until it is open, or @stop */
	void pass(const std::atomic<bool> &stop);

private:
	std::atomic<bool> closed_ = false;
	std::atomic<unsigned> standing_ = 0;
};

/* what all actors share */
struct Arena {
	Root root;
	Targets targets;
	uint64_t seed = 0;
	Clock::time_point start = Clock::now();
	std::shared_ptr<InFlight> in_flight = std::make_shared<InFlight>();
	std::atomic<bool> stop = false;
	std::atomic<uint64_t> cycles = 0; /* accelerators bound */
	Gate gate;
	bool recommits = false; /* somebody would commit lost decoders again */
	std::atomic<bool> rest_wanted = false;

	/* the first one counts, and ends the race */
	void report(Finding finding);
	std::optional<Finding> finding() const;

private:
	mutable std::mutex lock_; /* of finding_ */
	std::optional<Finding> finding_;
};

struct Operation {
	Deed deed{};
	FileOp file;
	std::string text; /* for people: the path as seen from inside, and the value */
};

struct LoggedOperation {
	double begun = 0, ended = 0; /* seconds since the start */
	std::string text, outcome;
};

struct ActorKind;

/* one thread's hand in the race; functions without a comment are for that thread only */
class Actor
{
public:
	Actor(std::shared_ptr<Arena> arena, const ActorKind &kind, unsigned number,
	      Backend backend);

	/* until the race ends; no exception leaves it */
	void act();

	const ActorKind &kind() const { return kind_; }
	unsigned number() const { return number_; }
	Arena &arena() { return *arena_; }
	const Root &root() const { return arena_->root; }
	const Targets &targets() const { return arena_->targets; }
	/* the race, or this step of it */
	bool stopping() const { return arena_->stop || arena_->gate.closed(); }

	/* 0 up to and without @count */
	unsigned pick(unsigned count) { return static_cast<unsigned>(random_() % count); }
	template <class T> const T &pick_of(const std::vector<T> &all)
	{
		return all[pick(static_cast<unsigned>(all.size()))];
	}
	/* up to so many microseconds */
	void pause(unsigned longest);

	/* paths as seen from inside */
	static Operation write(Deed deed, const std::string &path, const std::string &value);
	static Operation read(const std::string &path);
	/* begins them together; judges and notes what came of each */
	std::vector<FileResult> run(std::vector<Operation> operations);
	/* one that was done without the ring */
	void note(Deed deed, const std::string &text, Clock::time_point begun, bool opened,
		  int err);
	void report(const std::string &what);
	/* it came out so: shown in the summary, e.g. the reasons of attaches */
	void count(const std::string &outcome);
	/*
	 * Devices of the bus with this prefix and a number; now and then those of
	 * an earlier look, which may be gone.
	 */
	std::vector<std::string> bus_devices(const std::string &prefix);

	/* from any thread */
	std::map<Deed, Outcomes> outcomes() const;
	std::map<std::string, uint64_t> counts() const;
	std::vector<LoggedOperation> last_operations() const;
	/* the last one that was begun */
	LoggedOperation latest() const;
	/* how long the operations that it waits for have lasted */
	double waiting() const;
	bool ended() const { return ended_; }

private:
	double now() const;
	void leave_time_to_others(Clock::duration worked);
	void log(LoggedOperation operation);

	std::shared_ptr<Arena> arena_;
	const ActorKind &kind_;
	unsigned number_;
	Backend backend_;
	std::unique_ptr<Batch> batch_;
	std::mt19937_64 random_;
	std::map<std::string, std::vector<std::string>> earlier_;
	std::atomic<bool> ended_ = false;

	mutable std::mutex lock_; /* of what follows */
	std::map<Deed, Outcomes> outcomes_;
	std::map<std::string, uint64_t> counts_;
	std::deque<LoggedOperation> log_;
	std::vector<LoggedOperation> pending_;
};

struct ActorKind {
	/* as many as there are of those, or so many */
	static constexpr unsigned each_accelerator = 0, each_expander = ~0U;

	const char *name;
	const char *does;
	unsigned instances;
	unsigned pause; /* microseconds between two steps, at most */
	/*
	 * Pauses are longer, up to so many times what a step took: where all is
	 * slow, those who only disturb would leave no time to who is disturbed.
	 */
	unsigned modesty;
	void (*step)(Actor &actor);
	/* it resets decoders of regions that nobody is attached to */
	bool resets_decoders;

	unsigned count(const Targets &targets) const;
};

const std::vector<ActorKind> &actor_kinds();
const ActorKind *find_actor(std::string_view name);

/* actors of regions that delete and uncommit them: actor_regions.cpp */
void delete_regions(Actor &actor);
void commit_regions(Actor &actor);
void act_on_expander(Actor &actor);

/* actor of /dev/cxla/accelN: node_actor.cpp */
void act_on_node(Actor &actor);

} // namespace cxla
