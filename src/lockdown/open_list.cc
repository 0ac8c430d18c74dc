// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/open_list.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

namespace qsbx {
namespace {

namespace fs = std::filesystem;

static_assert(OpenList::kRefusal == EACCES);

// The kernel's own, which the C library defines as 0 where it is always on.
#if defined(__aarch64__)
constexpr uint64_t kLargeFile = 0400000;
#else
constexpr uint64_t kLargeFile = 0100000;
#endif

constexpr uint64_t kHarmless = O_ACCMODE | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_DIRECT | O_SYNC |
                               O_DSYNC | O_NOATIME | O_NOFOLLOW | kLargeFile;
constexpr uint64_t kChanging = O_CREAT | O_EXCL | O_TRUNC | O_APPEND;
constexpr uint64_t kPermissions = 0777;

Error usage(std::string message, int error = 0) {
  if (error != 0) message += std::string(": ") + strerror(error);
  return Error{ErrorCode::kUsage, "--open " + std::move(message), error};
}

// Absolute, with single slashes and without "."; nullopt for what goes up, whose meaning depends on
// links.
std::optional<std::string> normal(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::string result;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    if (part == "..") return std::nullopt;
    if (!part.empty() && part != ".") result.append("/").append(part);
  }
  return result;
}

// What is left of `path` below `folder`.
std::optional<std::string_view> below(std::string_view path, const std::string& folder) {
  if (path.size() <= folder.size() + 1 || !path.starts_with(folder)) return std::nullopt;
  if (path[folder.size()] != '/') return std::nullopt;
  return path.substr(folder.size() + 1);
}

bool changes(uint64_t flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & kChanging) != 0; }

// Folders are no use without openat(2), which has its own rules; a pipe or socket leads to another
// process.
bool is_file_or_device(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return false;
  return S_ISREG(status.st_mode) || S_ISBLK(status.st_mode) || S_ISCHR(status.st_mode);
}

int open_below(int folder, const std::string& name, const struct open_how& how) {
  constexpr int kTries = 16;  // EAGAIN: somebody renamed a folder on the way meanwhile
  for (int i = 0; i < kTries; ++i) {
    const long result = syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how);
    if (result >= 0) return static_cast<int>(result);
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return -errno;
}

void set_blocking(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags >= 0) (void)fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
}

Opened refuse(std::string why) { return {-1, OpenList::kRefusal, std::move(why)}; }

Opened open_granted(int folder, const std::string& name, const OpenRequest& request,
                    uint64_t resolve) {
  // A pipe that nobody writes to, or a line without a carrier, must not keep the others waiting.
  struct open_how how = {};
  how.flags = (request.flags & (kHarmless | kChanging)) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  if (request.flags & O_CREAT) how.mode = request.mode & kPermissions;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | resolve;
  const int descriptor = open_below(folder, name, how);
  if (descriptor == -ELOOP) return refuse("a symbolic link is in the way");
  if (descriptor == -EXDEV) return refuse("another file system is mounted in the way");
  if (descriptor < 0) return {-1, -descriptor};
  if (!is_file_or_device(descriptor)) {
    close(descriptor);
    return refuse("it is neither a file nor a device");
  }
  if (!(request.flags & O_NONBLOCK)) set_blocking(descriptor);
  return {descriptor};
}

}  // namespace

OpenList::~OpenList() {
  for (const Entry& entry : entries_) close(entry.folder);
}

OpenList::OpenList(OpenList&& other) noexcept : entries_(std::move(other.entries_)) {
  other.entries_.clear();
}

Status OpenList::add(std::string_view text) {
  const bool may_write = text.ends_with(":rw");
  if (may_write || text.ends_with(":ro")) text.remove_suffix(3);
  if (text.empty()) return usage("needs a path, as in --open /srv/images/disk.qcow2:rw");
  const std::string path(text);
  return path.ends_with('/') ? add_folder(path, may_write) : add_file(path, may_write);
}

Status OpenList::add_folder(const std::string& path, bool may_write) {
  std::error_code error;
  const std::string real = fs::canonical(path, error).string();
  if (error) return usage(path + " is no folder that can be found", error.value());
  if (real == "/") return usage("/ would be every file of this machine; name folders");
  return add_entry({path, real, "", -1, may_write}, real);
}

Status OpenList::add_file(const std::string& path, bool may_write) {
  std::error_code error;
  const bool is_there = fs::exists(path, error);
  if (is_there && fs::is_directory(path, error)) {
    return usage(path + " is a folder; write " + path + "/ for every file below it");
  }
  if (!is_there && fs::is_symlink(path, error)) {
    return usage(path + " is a symbolic link to a file that is not there; name that file");
  }
  const fs::path absolute = fs::absolute(path, error);
  const fs::path folder = fs::canonical(
      is_there ? fs::canonical(absolute, error).parent_path() : absolute.parent_path(), error);
  if (error) return usage("the folder of " + path + " cannot be found", error.value());
  const fs::path real = is_there ? fs::canonical(absolute, error) : folder / absolute.filename();
  return add_entry({path, real.string(), real.filename().string(), -1, may_write}, folder.string());
}

// Files of processes mean those of who opens them: the broker itself.
Status OpenList::add_entry(Entry entry, const std::string& folder) {
  std::error_code error;
  const std::string absolute = fs::absolute(entry.written, error).string();
  entry.written = normal(absolute).value_or(entry.real);
  entry.folder = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (entry.folder < 0) return usage("cannot open the folder " + folder, errno);
  struct statfs status;
  if (fstatfs(entry.folder, &status) != 0 || status.f_type == PROC_SUPER_MAGIC) {
    close(entry.folder);
    return usage(entry.real + " is in /proc, where it would be the broker's own; leave it out");
  }
  entries_.push_back(std::move(entry));
  return Done{};
}

std::optional<std::string> OpenList::Entry::name_of(const std::string& path) const {
  if (is_file()) return path == written || path == real ? std::optional(name) : std::nullopt;
  for (const std::string& spelling : {written, real}) {
    if (const auto rest = below(path, spelling)) return std::string(*rest);
  }
  return std::nullopt;
}

bool OpenList::Entry::is_nearer_than(const Entry& other) const {
  return std::pair(is_file(), real.size()) > std::pair(other.is_file(), other.real.size());
}

Opened OpenList::open(const OpenRequest& request) const {
  const auto path = normal(request.path);
  if (!path) return refuse("the path does not begin with a slash, or goes up by '..'");
  if ((request.flags & ~(kHarmless | kChanging)) != 0 || (request.flags & O_ACCMODE) == O_ACCMODE) {
    return refuse("a broker does not open with these flags");
  }
  const Entry* best = nullptr;
  bool only_for_reading = false;
  for (const Entry& entry : entries_) {
    if (!entry.name_of(*path)) continue;
    const bool grants = entry.may_write || !changes(request.flags);
    if (!grants) only_for_reading = true;
    if (grants && (best == nullptr || entry.is_nearer_than(*best))) best = &entry;
  }
  if (best == nullptr) {
    return refuse(only_for_reading ? "--open lets it be read only; add :rw" : "no --open names it");
  }
  const uint64_t resolve = best->is_file() ? 0 : RESOLVE_NO_XDEV;
  return open_granted(best->folder, *best->name_of(*path), request, resolve);
}

std::vector<int> OpenList::descriptors() const {
  std::vector<int> all;
  for (const Entry& entry : entries_) all.push_back(entry.folder);
  return all;
}

}  // namespace qsbx
