// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets of fuzzing: each gives bytes that nobody vouches for to one parser and holds what
 * comes out against rules. libFuzzer calls a target with inputs of its own (main.cpp,
 * tools/fuzz); the tests call each with the inputs that are kept in corpora/.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace cxla::fuzz
{

/* a rule that does not hold; no std::exception, so that no parser takes it for one of its own */
struct Broken {
	std::string what;
};

inline void require(bool holds, const char *what)
{
	if (!holds) [[unlikely]]
		throw Broken{what};
}

inline void require(bool holds, const char *what, const std::string &which)
{
	if (!holds) [[unlikely]]
		throw Broken{std::string(what) + ": " + which};
}

/* the bytes of one input, taken one after the other; behind the end all is zero */
class Input
{
public:
	Input(const uint8_t *data, size_t size) : data_(data), left_(size) {}

	size_t left() const { return left_; }

	template <class T> T take()
	{
		T value{};
		size_t size = left_ < sizeof(T) ? left_ : sizeof(T);

		if (size)
			std::memcpy(&value, data_, size);
		data_ += size;
		left_ -= size;
		return value;
	}
	uint8_t byte() { return take<uint8_t>(); }
	/* less than @limit, which is not 0 */
	unsigned below(unsigned limit) { return byte() % limit; }
	template <class T, size_t N> T one_of(const T (&values)[N])
	{
		return values[below(static_cast<unsigned>(N))];
	}
	/* an address or size: any, or such a one as hardware has, by the first byte */
	uint64_t address()
	{
		uint8_t shape = byte();

		switch (shape & 3) {
		case 0:
			return take<uint64_t>();
		case 1: /* a multiple of 256 MiB, up to 2^52 */
			return static_cast<uint64_t>(take<uint32_t>() & 0xffffff) << 28;
		case 2: /* around a power of two */
			return (1ULL << (shape >> 2)) +
			       static_cast<uint64_t>(int64_t{take<int8_t>()});
		default: /* few of them */
			return static_cast<uint64_t>(shape >> 2) << 28;
		}
	}
	std::string_view rest()
	{
		std::string_view all(reinterpret_cast<const char *>(data_), left_);

		data_ += left_;
		left_ = 0;
		return all;
	}

private:
	const uint8_t *data_;
	size_t left_;
};

using Target = void (*)(Input &in);

/* all that this program was linked with, by name */
inline std::map<std::string, Target> &targets()
{
	static std::map<std::string, Target> all;

	return all;
}

struct Registered {
	Registered(const char *name, Target target) { targets().emplace(name, target); }
};

} // namespace cxla::fuzz

/* CXLA_FUZZ(name) { what is done with `in` } */
#define CXLA_FUZZ(name)                                                                            \
	static void fuzz_##name(cxla::fuzz::Input &in);                                            \
	static const cxla::fuzz::Registered registered_##name(#name, fuzz_##name);                 \
	static void fuzz_##name(cxla::fuzz::Input &in)
