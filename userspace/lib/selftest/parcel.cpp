// SPDX-License-Identifier: GPL-2.0-only
#include "selftest/parcel.h"

#include "sys/error.h"
#include "sys/output.h"
#include "sys/spawn.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cxla
{

namespace
{

namespace fs = std::filesystem;

constexpr std::string_view ending = ".tar.gz";
constexpr const char *tar = "/bin/tar";

[[noreturn]] void fail(const std::string &what, const std::string &path, int err)
{
	throw Error(fmt::format("{} {}: {}", what, path, std::strerror(err)),
		    "--archive FILE.tar.gz, where there is room for it");
}

/* names in a folder are on the disk when the folder is */
void sync_folder(const std::string &path)
{
	Fd fd(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (fd)
		(void)::fsync(fd.get());
}

/* 0, or what a process ended with that could not be begun or failed */
int run_tar(const std::string &archive, const std::string &parent, const std::string &name)
{
	std::string program = tar, in = "-C", where = parent.empty() ? "." : parent, make = "-czf",
		    to = std::filesystem::absolute(archive).string(), what = name;
	char *arguments[] = {program.data(), in.data(),   where.data(), make.data(),
			     to.data(),      what.data(), nullptr};
	posix_spawn_file_actions_t actions;
	pid_t pid = 0;
	int status = 0;

	posix_spawn_file_actions_init(&actions);

	int err = spawn_apart(pid, tar, actions, arguments);

	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return err;
	while (::waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return status ? EIO : 0;
}

} // namespace

Parcel::Parcel(const std::string &archive) : archive_(archive)
{
	if (!archive.ends_with(ending) || archive.size() == ending.size() ||
	    archive[archive.size() - ending.size() - 1] == '/')
		throw Error(fmt::format("{} does not end with NAME{}", archive, ending),
			    "--archive FILE.tar.gz", Exit::Usage);
	folder_ = archive.substr(0, archive.size() - ending.size());
	if (fs::exists(archive))
		throw Error(archive + " is there already", "--archive another FILE.tar.gz",
			    Exit::Usage);
	if (::mkdir(folder_.c_str(), 0700) < 0)
		fail("making", folder_, errno);
}

Parcel::~Parcel()
{
	std::error_code ignored;

	if (!closed_)
		fs::remove(folder_, ignored);
}

std::string Parcel::path(std::string_view name) const
{
	return fmt::format("{}/{}", folder_, name);
}

void Parcel::write(std::string_view name, std::string_view text) const
{
	std::string file = path(name);
	Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));

	if (!fd)
		fail("making", file, errno);
	if (int err = write_kept(fd.get(), text))
		fail("writing", file, err);
	sync_folder(folder_);
}

void Parcel::add_line(std::string_view name, std::string_view line) const
{
	Fd fd(::open(path(name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));

	if (fd)
		(void)write_kept(fd.get(), fmt::format("{}\n", line));
}

size_t Parcel::close()
{
	fs::path folder = folder_;
	std::string temporary = archive_ + ".new", parent = folder.parent_path().string();
	struct stat st = {};
	std::error_code error;

	if (int err = run_tar(temporary, parent, folder.filename().string())) {
		::unlink(temporary.c_str());
		throw Error(
			fmt::format("{} could not make {} ({})", tar, archive_, std::strerror(err)),
			fmt::format("all that is to be in it is in {}/", folder_), Exit::Unwritten);
	}

	Fd fd(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));

	if (!fd || ::fsync(fd.get()) < 0 || ::fstat(fd.get(), &st) < 0 ||
	    ::rename(temporary.c_str(), archive_.c_str()) < 0) {
		int err = errno;

		::unlink(temporary.c_str());
		fail("making", archive_, err);
	}
	sync_folder(parent);
	closed_ = true;
	fs::remove_all(folder_, error);
	return static_cast<size_t>(st.st_size);
}

} // namespace cxla
