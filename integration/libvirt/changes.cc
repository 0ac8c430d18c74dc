// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/changes.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace qsbx {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

int64_t nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

int64_t now(clockid_t clock) {
  timespec time = {};
  clock_gettime(clock, &time);
  return nanoseconds(time);
}

// Field 22 of /proc/PID/stat (proc(5)): clock ticks since the machine began. The second field is
// a name, which may have anything in it.
std::optional<int64_t> ticks_at_start_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const size_t name_end = text.rfind(')');
  if (name_end == text.npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  int64_t ticks = 0;
  if (!(fields >> ticks)) return std::nullopt;
  return ticks;
}

// On the clock that files have their times from.
std::optional<int64_t> start_of(pid_t process) {
  const auto ticks = ticks_at_start_of(process);
  if (!ticks) return std::nullopt;
  const int64_t since_boot = *ticks * (kSecond / sysconf(_SC_CLK_TCK));
  return now(CLOCK_REALTIME) - now(CLOCK_BOOTTIME) + since_boot;
}

// Of its content or of what it is: a package may set the former back.
bool changed_after(int64_t time, const std::string& path) {
  struct stat file = {};
  return lstat(path.c_str(), &file) == 0 && nanoseconds(file.st_ctim) > time;
}

}  // namespace

std::string changed_since_start_of(pid_t process, const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  const auto start = start_of(process);
  if (!start) return "";
  for (const std::string& path : paths) {
    if (changed_after(*start, path)) return path;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
      if (changed_after(*start, entry->path())) return entry->path();
    }
  }
  return "";
}

}  // namespace qsbx
