// SPDX-License-Identifier: GPL-2.0-only
/*
 * Those who act in a race. Each has a thread, a ring and a random sequence of its
 * own, and does one thing over and over until the race ends.
 */
#pragma once

#include "cxl/stack.h"
#include "stress/action.h"
#include "sys/range.h"
#include "sys/root.h"

#include <atomic>
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
	bool made = false;          /* its region may be one that its attach makes */
	std::vector<Range> memory;  /* any of these is its own; none: any is that is made */
};

/* a memory expander as it was before; its regions are not locked by an attach */
struct RaceExpander {
	std::string bdf;
	std::vector<Range> regions;
	unsigned committed = 0; /* decoders of its endpoint */
	bool unlocked = false;  /* any of its regions */
	bool idle = false;      /* userspace may describe regions of it */
};

/* a module of ours that is loaded, in the order of loading */
struct RaceModule {
	std::string name, file;
	std::string parameters; /* as they are, to be given to it again */
};

/* what a race acts upon */
struct Targets {
	Stack stack = our_stack();
	std::vector<RaceAccel> accelerators;
	std::vector<RaceExpander> expanders;
	std::vector<std::string> roots; /* ACPI0017:NN that are bound to us */
	std::string hmem;               /* hmem_platform.0, bound to us; empty: it is not */
	bool dax = false;               /* cxla_dax is loaded */
	std::vector<RaceModule> modules;

	const RaceAccel *by_serial(uint64_t serial) const;
	/* expanders that userspace may describe regions of */
	std::vector<std::string> idle() const;
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
	/* nobody stands there */
	void reset()
	{
		closed_ = false;
		standing_ = 0;
	}
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
struct RaceState {
	Root root;
	Targets targets;
	uint64_t seed = 0;
	Clock::time_point start = Clock::now();
	std::shared_ptr<Recorder> recorder;
	std::atomic<bool> stop = false;   /* the round is over, or the race */
	std::atomic<uint64_t> cycles = 0; /* accelerators bound */
	Gate gate;
	bool recommits = false; /* somebody would commit lost decoders again */
	std::atomic<bool> rest_wanted = false;
	/* told of each write before it begins */
	std::function<void(const FileOp &file)> written;
	bool files_vanish = false; /* somebody removes modules: any file may be missing */

	/* the first one counts, and ends the race */
	void report(Finding finding);
	std::optional<Finding> finding() const;

private:
	mutable std::mutex lock_; /* of finding_ */
	std::optional<Finding> finding_;
};

struct Operation {
	Action action{};
	FileOp file;
	std::string text; /* for people: the path as seen from inside, and the value */
};

struct LoggedOperation {
	double begun = 0, ended = 0; /* seconds since the start */
	std::string text, outcome;
};

struct ActorKind;

/* one thread of the race; functions without a comment are for that thread only */
class Actor
{
public:
	Actor(std::shared_ptr<RaceState> state, const ActorKind &kind, unsigned number,
	      Backend backend);

	/* until the round ends; no exception leaves it */
	void act();

	const ActorKind &kind() const { return kind_; }
	unsigned number() const { return number_; }
	RaceState &state() { return *state_; }
	const Root &root() const { return state_->root; }
	const Targets &targets() const { return state_->targets; }
	const Stack &stack() const { return state_->targets.stack; }
	/* that it is there for: it may be one of several */
	const RaceAccel &own_accelerator() const
	{
		return targets().accelerators[number_ % targets().accelerators.size()];
	}
	const RaceExpander &own_expander() const
	{
		return targets().expanders[number_ % targets().expanders.size()];
	}
	/* the round, or this step of it */
	bool stopping() const { return state_->stop || state_->gate.closed(); }

	/* 0 up to and without @count */
	unsigned pick(unsigned count) { return static_cast<unsigned>(random_() % count); }
	template <class T> const T &pick_of(const std::vector<T> &all)
	{
		return all[pick(static_cast<unsigned>(all.size()))];
	}
	/* up to so many microseconds */
	void pause(unsigned longest);

	/* paths as seen from inside */
	static Operation write(Action action, const std::string &path, const std::string &value);
	static Operation read(const std::string &path);
	/* so often in a row */
	static Operation repeated(Operation operation, unsigned times);
	/* begins them together; judges and notes what came of each */
	std::vector<FileResult> run(std::vector<Operation> operations);
	/*
	 * Ends something and brings it back: @apart - 1 of @apart times one after the other,
	 * with a pause of up to so many microseconds; else both at once, and @then once more
	 * what brings it back, as nobody knows who was first.
	 */
	void end_and_return(const Operation &end, const Operation &back, unsigned apart,
			    unsigned longest, bool then = true);
	/* one that goes without the ring; @act gives 0 or an errno, which is returned */
	int perform(Action action, const std::string &text, const std::function<int()> &act);
	/* one that somebody else has done for this actor */
	void note(Action action, const std::string &text, Clock::time_point begun, bool opened,
		  int err);
	/* for whoever tells the recorder by himself: a name for what he does */
	uint64_t next_operation();
	/* while something lasts that is waited for */
	void begin_waiting(const std::string &text);
	void end_waiting();
	void report(const std::string &what);
	/* it came out so: shown in the summary, e.g. the reasons of attaches */
	void count(const std::string &outcome);
	/*
	 * Devices of the bus with this prefix and a number; now and then those of
	 * an earlier look, which may be gone.
	 */
	std::vector<std::string> bus_devices(const std::string &prefix);

	/* from any thread */
	std::map<Action, Outcomes> outcomes() const;
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
	void judge(const Operation &operation, const FileResult &result, double begun);
	void look_at(Action action, const std::string &text, bool opened, int err);

	std::shared_ptr<RaceState> state_;
	const ActorKind &kind_;
	unsigned number_;
	Backend backend_;
	std::unique_ptr<Batch> batch_;
	std::mt19937_64 random_;
	std::map<std::string, std::vector<std::string>> earlier_;
	std::atomic<bool> ended_ = false;

	mutable std::mutex lock_; /* of what follows */
	std::map<Action, Outcomes> outcomes_;
	std::map<std::string, uint64_t> counts_;
	std::deque<LoggedOperation> log_;
	std::vector<LoggedOperation> pending_;
};

struct ActorKind {
	const char *name;
	const char *does;
	/* how many there are to be; 0: there is nothing here for it to act upon */
	unsigned (*count)(const Targets &targets);
	unsigned pause; /* microseconds between two steps, at most */
	/*
	 * Pauses are longer, up to so many times what a step took: where all is
	 * slow, those who only disturb would leave no time to who is disturbed.
	 */
	unsigned modesty;
	void (*step)(Actor &actor);
	/* it resets decoders of regions that nobody is attached to */
	bool resets_decoders = false;
	/* it removes modules, and with them files that others expect */
	bool removes_files = false;
};

const std::vector<ActorKind> &actor_kinds();
/* the recorder calls it by its place among them */
size_t place_of(const ActorKind &kind);
const ActorKind *find_actor(std::string_view name);

/* actors of regions that delete and uncommit them: actor_regions.cpp */
void delete_regions(Actor &actor);
void commit_regions(Actor &actor);
void act_on_expander(Actor &actor);
void make_regions(Actor &actor);

/* actors of what is below and around it all: actor_surroundings.cpp */
void act_on_modules(Actor &actor);
void act_on_pci(Actor &actor);
void act_on_hmem(Actor &actor);
void act_on_dax(Actor &actor);

/* an actor in a process of its own that is killed: killed_actor.cpp */
void act_and_be_killed(Actor &actor);

/* actor of /dev/cxla/accelN: node_actor.cpp */
void act_on_node(Actor &actor);

} // namespace cxla
