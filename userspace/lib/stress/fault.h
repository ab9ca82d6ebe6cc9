// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's fault injection: the nth allocation, or copy from or to the user,
 * that a task asks for from now on fails, once (fail-nth of
 * Documentation/fault-injection).
 */
#pragma once

#include "stress/operation.h"
#include "sys/fd.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cxla
{

/* what is missing in this kernel; empty: nothing */
std::string missing_for_faults(const Root &root);

/* first byte, and the one after the last */
struct TextRange {
	unsigned long start = 0, end = 0;
};

/* of a function, in the kernel or a module; nothing: it isn't there. Reads kallsyms. */
std::optional<TextRange> text_of(const Root &root, const std::string &function,
				 const std::string &module = {});

/*
 * While one of these lives, fail-nth reaches every allocation, whatever its flags
 * or its cache, but for those of the leak detector, which does without.
 */
class FaultSettings
{
public:
	explicit FaultSettings(const Root &root);
	~FaultSettings();
	FaultSettings(const FaultSettings &) = delete;
	FaultSettings &operator=(const FaultSettings &) = delete;

	/* only what is called from there counts; nothing: everything does */
	void require(const std::optional<TextRange> &range) const;
	/* the kernel log gets the stack of each failure */
	void tell(bool loudly) const;

private:
	void set(const std::string &path, const std::string &value);

	Root root_;
	std::vector<std::pair<std::string, std::string>> before_;
};

/* a moment in which the nth allocation fails */
class FaultSpan : public OperationSpan
{
public:
	explicit FaultSpan(unsigned nth) : nth_(nth) {}

	/* how many it would have taken more; 0: one has failed */
	unsigned left() const { return left_; }

protected:
	unsigned nth_, left_ = 0;
};

/* of the calling thread */
class TaskFault : public FaultSpan
{
public:
	TaskFault(const Root &root, unsigned nth);
	void begin() override;
	void end() override;

private:
	Fd fd_;
};

/* of the kernel's workers that belong to no processor, each for itself */
class WorkerFault : public FaultSpan
{
public:
	/* @wait: returns when the workers have nothing of ours to do */
	WorkerFault(const Root &root, unsigned nth, std::function<void()> wait);
	void begin() override;
	void end() override;

private:
	std::vector<Fd> fds_;
	std::function<void()> wait_;
};

} // namespace cxla
