// SPDX-License-Identifier: GPL-2.0-only
/* A capture as a file, and back. Who reads one trusts nothing of it. */
#include "report/capture.h"

#include "sys/error.h"
#include "sys/fd.h"
#include "sys/whole_number.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace cxla
{

namespace
{

using Document = nlohmann::json;

constexpr const char *format_name = "cxla-capture";
constexpr size_t largest_document = 256 << 20;
constexpr const char *take_another =
	"`cxla capture FILE`, as root on the machine in question, takes a new one";

[[noreturn]] void bad(const std::string &path, const std::string &why)
{
	throw Error(fmt::format("{}: {}", path, why), take_another);
}

/* printable as it is: UTF-8, and no control character but those of lines */
bool is_text(const std::string &content)
{
	for (unsigned char c : content)
		if (c >= 0x7f || (c < 0x20 && c != '\n' && c != '\t'))
			return false;
	return true;
}

std::string to_hex(const std::string &content)
{
	std::string hex;

	hex.reserve(2 * content.size());
	for (unsigned char c : content)
		hex += fmt::format("{:02x}", c);
	return hex;
}

int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string from_hex(const std::string &hex)
{
	std::string content;

	if (hex.size() % 2)
		throw Error("an odd number of hexadecimal digits");
	content.reserve(hex.size() / 2);
	for (size_t i = 0; i < hex.size(); i += 2) {
		int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);

		if (high < 0 || low < 0)
			throw Error("what is no hexadecimal digit");
		content += static_cast<char>(high << 4 | low);
	}
	return content;
}

nlohmann::ordered_json entry_json(const std::string &path, const TreeEntry &entry)
{
	nlohmann::ordered_json out = {{"path", path}};

	switch (entry.kind) {
	case TreeEntry::Kind::Folder:
		out["folder"] = true;
		break;
	case TreeEntry::Kind::Link:
		out["link"] = entry.content;
		break;
	case TreeEntry::Kind::File:
		if (is_text(entry.content))
			out["text"] = entry.content;
		else
			out["hex"] = to_hex(entry.content);
		break;
	}
	return out;
}

TreeEntry parse_entry(const Document &in)
{
	if (in.contains("folder"))
		return {TreeEntry::Kind::Folder, {}};
	if (in.contains("link"))
		return {TreeEntry::Kind::Link, in.at("link").get<std::string>()};
	if (in.contains("text"))
		return {TreeEntry::Kind::File, in.at("text").get<std::string>()};
	return {TreeEntry::Kind::File, from_hex(in.at("hex").get<std::string>())};
}

nlohmann::ordered_json modules_json(const ModuleSet &set)
{
	nlohmann::ordered_json files = nlohmann::ordered_json::array();

	for (const auto &file : set.files)
		files.push_back({{"name", file.name},
				 {"path", file.path},
				 {"vermagic", file.vermagic},
				 {"signed", file.is_signed},
				 {"depends", file.depends}});
	return {{"searched", set.searched}, {"files", files}};
}

ModuleSet parse_modules(const Document &in)
{
	ModuleSet set;

	set.searched = in.at("searched").get<std::vector<std::string>>();
	for (const auto &file : in.at("files"))
		set.files.push_back(
			{file.at("name").get<std::string>(), file.at("path").get<std::string>(),
			 file.at("vermagic").get<std::string>(), file.at("signed").get<bool>(),
			 file.at("depends").get<std::vector<std::string>>()});
	return set;
}

struct Gz {
	explicit Gz(gzFile file) : file(file) {}
	~Gz()
	{
		if (file)
			gzclose(file);
	}
	Gz(const Gz &) = delete;
	Gz &operator=(const Gz &) = delete;

	gzFile file;
};

/* all of a file in gzip, whose checksum is right */
std::string unpack(const std::string &path)
{
	Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));

	if (!fd)
		throw Error(fmt::format("opening {}: {}", path, std::strerror(errno)),
			    take_another);

	unsigned char magic[2] = {};

	if (::pread(fd.get(), magic, 2, 0) != 2 || magic[0] != 0x1f || magic[1] != 0x8b)
		bad(path, "no capture: not in gzip");

	Gz gz(gzdopen(dup(fd.get()), "rb"));
	std::string text;
	char buffer[65536];

	if (!gz.file)
		bad(path, std::strerror(errno));
	for (;;) {
		int n = gzread(gz.file, buffer, sizeof(buffer));
		int error = 0;

		if (n < 0)
			bad(path, fmt::format("damaged: {}", gzerror(gz.file, &error)));
		if (n == 0)
			break;
		text.append(buffer, static_cast<size_t>(n));
		if (text.size() > largest_document)
			bad(path, "larger than any capture");
	}

	int error = Z_OK;
	const char *why = gzerror(gz.file, &error);

	/* a file that was cut short ends like one that was not, but for this */
	if (error != Z_OK && error != Z_STREAM_END)
		bad(path, error == Z_BUF_ERROR ? "cut short" : fmt::format("damaged: {}", why));
	return text;
}

/* a distinct serial number for each */
class Serials
{
public:
	uint64_t operator()(uint64_t serial)
	{
		if (!serial || serial == UINT64_MAX)
			return serial;
		return map_.emplace(serial, first | map_.size()).first->second;
	}

private:
	static constexpr uint64_t first = 0xc0ffee0000000000;
	std::map<uint64_t, uint64_t> map_;
};

void redact_config(std::string &config, Serials &serials)
{
	auto dword = [&](size_t at) {
		uint32_t value = 0;

		std::memcpy(&value, config.data() + at, 4);
		return value;
	};

	for (size_t at = 0x100, steps = 0; at >= 0x100 && at + 12 <= config.size() && steps < 512;
	     steps++) {
		uint32_t header = dword(at);

		if ((header & 0xffff) == 3) {
			uint64_t serial =
				serials(dword(at + 4) | static_cast<uint64_t>(dword(at + 8)) << 32);

			std::memcpy(config.data() + at + 4, &serial, 8);
		}
		at = header >> 20 & ~3U;
	}
}

void replace_all(std::string &text, const std::string &what, const std::string &by)
{
	for (size_t at = 0; !what.empty() && (at = text.find(what, at)) != std::string::npos;
	     at += by.size())
		text.replace(at, what.size(), by);
}

} // namespace

nlohmann::ordered_json capture_json(const Capture &capture)
{
	nlohmann::ordered_json entries = nlohmann::ordered_json::array(),
			       missing = nlohmann::ordered_json::array();

	for (const auto &one : capture.missing)
		missing.push_back({{"what", one.what}, {"why", one.why}});
	for (const auto &[path, entry] : capture.tree.entries())
		entries.push_back(entry_json(path, entry));
	return {{"format", format_name},      {"version", capture_version},
		{"program", capture.program}, {"kernel", capture.kernel},
		{"by_root", capture.by_root}, {"redacted", capture.redacted},
		{"missing", missing},         {"modules", modules_json(capture.modules)},
		{"entries", entries}};
}

Capture parse_capture(const nlohmann::json &document)
{
	Capture capture;

	if (!document.is_object() || document.value("format", Document()) != format_name)
		throw Error("no capture of this program");

	auto version = whole_number<uint64_t>(document.at("version"));

	if (version != capture_version)
		throw Error(
			fmt::format("a capture of version {}, and this program reads version {}",
				    version, capture_version));
	capture.program = document.at("program").get<std::string>();
	capture.kernel = document.at("kernel").get<std::string>();
	capture.by_root = document.at("by_root").get<bool>();
	capture.redacted = document.at("redacted").get<bool>();
	for (const auto &one : document.at("missing"))
		capture.missing.push_back(
			{one.at("what").get<std::string>(), one.at("why").get<std::string>()});
	capture.modules = parse_modules(document.at("modules"));
	for (const auto &entry : document.at("entries"))
		capture.tree.insert(entry.at("path").get<std::string>(), parse_entry(entry));
	return capture;
}

void redact(Capture &capture, const std::string &host_name)
{
	Serials serials;

	for (auto &[path, entry] : capture.tree.entries()) {
		if (entry.kind != TreeEntry::Kind::File)
			continue;
		if (path.starts_with("/sys/devices/") && path.ends_with("/config"))
			redact_config(entry.content, serials);
	}
	for (auto &[path, entry] : capture.tree.entries()) {
		if (entry.kind != TreeEntry::Kind::File)
			continue;
		if (path.ends_with("/serial"))
			if (auto serial = parse_number(trim(entry.content)))
				entry.content = fmt::format("{:#x}\n", serials(*serial));
		/* a name of one letter would be everywhere */
		if (host_name.size() > 1 && is_text(entry.content))
			replace_all(entry.content, host_name, "redacted");
	}
	capture.redacted = true;
}

size_t write_capture(const Capture &capture, const std::string &path)
{
	/* names of folders may be in any encoding, and JSON is in UTF-8 */
	std::string text = capture_json(capture).dump(
			    1, ' ', false, nlohmann::ordered_json::error_handler_t::replace),
		    temporary = path + ".XXXXXX";
	const char *hint = "FILE is written beside itself first: is there room in its folder, and "
			   "may you write there?";
	auto give_up = [&](const std::string &why) {
		::unlink(temporary.c_str());
		throw Error(fmt::format("writing {}: {}", path, why), hint);
	};
	/* a name of its own: what a killed capture left is in nobody's way */
	Fd file(::mkostemp(temporary.data(), O_CLOEXEC));

	if (!file)
		throw Error(fmt::format("making a file beside {}: {}", path, std::strerror(errno)),
			    hint);

	int fd = ::fcntl(file.get(), F_DUPFD_CLOEXEC, 0);
	gzFile gz = fd < 0 ? nullptr : gzdopen(fd, "wb9");

	if (!gz) {
		if (fd >= 0)
			::close(fd);
		give_up("no memory");
	}

	bool written = gzwrite(gz, text.data(), static_cast<unsigned>(text.size())) ==
		       static_cast<int>(text.size());
	int error = written ? 0 : errno;

	if (gzclose(gz) != Z_OK && !error)
		error = errno ? errno : EIO;
	/* the name is not to lead to a file that a crash of the machine leaves empty */
	if (!error && ::fsync(file.get()) < 0)
		error = errno;
	if (error)
		give_up(std::strerror(error));

	struct stat st{};

	if (::fstat(file.get(), &st) < 0 || ::rename(temporary.c_str(), path.c_str()) < 0)
		give_up(std::strerror(errno));
	return static_cast<size_t>(st.st_size);
}

Capture read_capture(const std::string &path)
{
	Document document = Document::parse(unpack(path), nullptr, false);

	if (document.is_discarded())
		bad(path, "no capture: not in JSON");
	try {
		return parse_capture(document);
	} catch (const nlohmann::json::exception &) {
		bad(path, "a capture that lacks a part, or has one of the wrong kind");
	} catch (const Error &error) {
		bad(path, error.what());
	}
}

CapturedRoot::CapturedRoot(const std::string &path)
    : capture_(read_capture(path)), root_(folder_.path())
{
	capture_.tree.unpack(folder_.path());
	/* what it did not see as another user is not there, and not hidden */
	if (capture_.by_root)
		root_.read_by_root();
}

} // namespace cxla
