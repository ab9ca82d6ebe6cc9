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

/* to @out; empty, or why not */
std::string run_tar(int out, const std::string &parent, const std::string &name)
{
	std::string program = tar, in = "-C", where = parent.empty() ? "." : parent, make = "-cz",
		    to = "-f", standard = "-", end = "--", what = name;
	char *arguments[] = {program.data(),  in.data(),  where.data(), make.data(), to.data(),
			     standard.data(), end.data(), what.data(),  nullptr};
	posix_spawn_file_actions_t actions;
	pid_t pid = 0;
	int status = 0;

	/* of somebody's, for what he calls by hand */
	::unsetenv("TAR_OPTIONS");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);

	int err = spawn_apart(pid, tar, actions, arguments);

	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return std::strerror(err);
	while (::waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return std::strerror(errno);
	if (WIFSIGNALED(status))
		return fmt::format("signal {} ended it", WTERMSIG(status));
	return status ? fmt::format("it ended with {}", WEXITSTATUS(status)) : "";
}

[[noreturn]] void wrong_name(const std::string &what)
{
	throw Error(what, "--archive another FILE.tar.gz", Exit::Usage);
}

} // namespace

Parcel::Parcel(const std::string &archive) : archive_(archive)
{
	if (!archive.ends_with(ending) || archive.size() == ending.size() ||
	    archive[archive.size() - ending.size() - 1] == '/')
		wrong_name(fmt::format("{} does not end with NAME{}", archive, ending));
	folder_ = archive.substr(0, archive.size() - ending.size());
	if (fs::exists(fs::symlink_status(archive)))
		wrong_name(archive + " is there already");
	if (::mkdir(folder_.c_str(), 0700) < 0) {
		if (errno == EEXIST)
			wrong_name(folder_ + " is there already: the folder of such an archive");
		fail("making", folder_, errno);
	}
	sync_folder(fs::path(folder_).parent_path().string());
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
	if (int err = try_write(name, text))
		fail("writing", path(name), err);
}

int Parcel::try_write(std::string_view name, std::string_view text) const
{
	Fd fd(::open(path(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	int err = fd ? write_kept(fd.get(), text) : errno;

	if (!err)
		sync_folder(folder_);
	return err;
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
	std::string parent = folder.parent_path().string();
	struct stat st = {};
	std::error_code error;
	/* a name that somebody has put there meanwhile, as a link to wherever, is not followed */
	Fd fd(::open(archive_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	std::string why =
		fd ? run_tar(fd.get(), parent, folder.filename().string()) : std::strerror(errno);

	if (why.empty() && (::fsync(fd.get()) < 0 || ::fstat(fd.get(), &st) < 0))
		why = std::strerror(errno);
	if (!why.empty()) {
		if (fd)
			::unlink(archive_.c_str());
		throw Error(fmt::format("making {} by {}: {}", archive_, tar, why),
			    fmt::format("all that is to be in it is in {}/", folder_),
			    Exit::Unwritten);
	}
	sync_folder(parent);
	closed_ = true;
	fs::remove_all(folder_, error);
	return static_cast<size_t>(st.st_size);
}

} // namespace cxla
