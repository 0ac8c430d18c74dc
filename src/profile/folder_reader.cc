// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/folder_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace qsbx {
namespace {

// What tells one state of a file from another. Folders have their identity only: that something
// else than a profile appeared in one does not matter.
struct Stamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  int64_t modified = 0;  // nanoseconds
  int64_t changed = 0;

  bool operator==(const Stamp&) const = default;
};

int64_t nanoseconds(const struct timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Stamp stamp_of(const struct stat& status) {
  if (S_ISDIR(status.st_mode)) return {.device = status.st_dev, .inode = status.st_ino};
  return {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

Error failure(const std::string& what, const std::string& path, int error) {
  return {ErrorCode::kProfileSet, "cannot " + what + " " + path + ": " + strerror(error), error};
}

using Listing = std::map<std::string, Stamp>;

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }

 private:
  int number_;
};

class FolderReader {
 public:
  FolderReader(const std::string& directory, std::string_view suffix, const ParseLimits& limits)
      : directory_(directory), suffix_(suffix), limits_(limits) {}

  Result<std::map<std::string, std::string>> read(const std::function<void()>& before_check) const {
    const Result<Listing> before = list();
    if (!before.ok()) return before.error();
    std::map<std::string, std::string> texts;
    for (const auto& [path, stamp] : *before) {
      if (path.ends_with('/')) continue;
      Result<std::string> text = read_file(path, stamp);
      if (!text.ok()) return text.error();
      texts.emplace(path, std::move(*text));
    }
    if (before_check) before_check();
    const Result<Listing> after = list();
    if (!after.ok()) return after.error();
    if (*before != *after) return changed();
    return texts;
  }

 private:
  // Folders have a slash at the end.
  Result<Listing> list() const {
    Listing listing;
    const Status status = list_folder("", limits_.folder_depth, listing);
    if (!status.ok()) return status.error();
    return listing;
  }

  Status list_folder(const std::string& below, int depth_left, Listing& listing) const {
    const std::string path = full_path(below);
    if (depth_left < 0) return limit_error(path, limits_.folder_depth, "folders inside each other");
    const std::unique_ptr<DIR, CloseDirectory> folder(opendir(path.c_str()));
    if (!folder) return failure("read the profile folder", path, errno);
    errno = 0;
    while (const dirent* entry = readdir(folder.get())) {
      if (Status status = list_entry(below + entry->d_name, entry->d_name, depth_left, listing);
          !status.ok()) {
        return status;
      }
      errno = 0;
    }
    if (errno != 0) return failure("read the profile folder", path, errno);
    return Done{};
  }

  Status list_entry(const std::string& below, std::string_view name, int depth_left,
                    Listing& listing) const {
    if (name.starts_with('.')) return Done{};
    const std::string path = full_path(below);
    struct stat status;
    if (lstat(path.c_str(), &status) != 0) return vanished_or_failed(path);
    if (S_ISDIR(status.st_mode)) {
      listing[below + "/"] = stamp_of(status);
      return list_folder(below + "/", depth_left - 1, listing);
    }
    if (!name.ends_with(suffix_)) return Done{};
    if (S_ISLNK(status.st_mode) && stat(path.c_str(), &status) != 0) {
      return vanished_or_failed(path);
    }
    if (!S_ISREG(status.st_mode)) {
      return Error{ErrorCode::kProfileSet, path + " is no regular file; take it out of the folder"};
    }
    listing[below] = stamp_of(status);
    if (listing.size() <= static_cast<size_t>(limits_.files)) return Done{};
    return limit_error(directory_, limits_.files, "files and folders");
  }

  // A link that leads nowhere is there, and was meant to be read.
  Status vanished_or_failed(const std::string& path) const {
    const int error = errno;
    struct stat status;
    if (error == ENOENT && lstat(path.c_str(), &status) != 0) return changed();
    return failure("read", path, error);
  }

  // O_NONBLOCK: a pipe that has taken the file's place must not keep us waiting.
  Result<std::string> read_file(const std::string& below, const Stamp& stamp) const {
    const std::string path = full_path(below);
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.number() < 0) {
      if (errno == ENOENT) return changed();
      return failure("read", path, errno);
    }
    if (!still_is(file, stamp)) return changed();
    Result<std::string> text = read_all(file, path, stamp);
    if (text.ok() && !still_is(file, stamp)) return changed();
    return text;
  }

  static bool still_is(const Descriptor& file, const Stamp& stamp) {
    struct stat status;
    return fstat(file.number(), &status) == 0 && stamp_of(status) == stamp;
  }

  // So much of it as the listing says that there is, and no more than is read at all.
  Result<std::string> read_all(const Descriptor& file, const std::string& path,
                               const Stamp& stamp) const {
    const size_t most =
        std::min(static_cast<size_t>(stamp.size), static_cast<size_t>(limits_.file_bytes) + 1);
    std::string text(most, '\0');
    size_t had = 0;
    while (had < most) {
      const ssize_t got = ::read(file.number(), text.data() + had, most - had);
      if (got < 0 && errno != EINTR) return failure("read", path, errno);
      if (got == 0) break;
      had += static_cast<size_t>(std::max<ssize_t>(got, 0));
    }
    text.resize(had);
    return text;
  }

  Error changed() const {
    return {ErrorCode::kProfileSet, "the profiles in " + directory_ +
                                        " changed while they were being read; try again when "
                                        "nothing writes to them"};
  }

  static Error limit_error(const std::string& path, int limit, const std::string& what) {
    return {ErrorCode::kProfileSet, path + " has more than " + std::to_string(limit) + " " + what +
                                        "; is it a profile folder?"};
  }

  std::string full_path(const std::string& below) const {
    return below.empty() ? directory_ : directory_ + "/" + below;
  }

  const std::string& directory_;
  std::string_view suffix_;
  const ParseLimits& limits_;
};

}  // namespace

Result<std::map<std::string, std::string>> read_folder(const std::string& directory,
                                                       std::string_view suffix,
                                                       const ParseLimits& limits,
                                                       const std::function<void()>& before_check) {
  return FolderReader(directory, suffix, limits).read(before_check);
}

}  // namespace qsbx
