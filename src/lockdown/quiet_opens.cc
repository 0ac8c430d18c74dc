// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/quiet_opens.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace qsbx {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Whose name QEMU gives in its message about a SIGTERM.
bool is_command_line_of_a_process(std::string_view path) {
  constexpr std::string_view kProcess = "/proc/";
  constexpr std::string_view kCommandLine = "/cmdline";
  if (!path.starts_with(kProcess) || !path.ends_with(kCommandLine)) return false;
  path.remove_prefix(kProcess.size());
  return path.size() > kCommandLine.size() &&
         is_number(path.substr(0, path.size() - kCommandLine.size()));
}

constexpr std::string_view kKnownLooks[] = {
    "/proc/sys/vm/overcommit_memory",  // malloc, before it gives memory back
    // malloc counts processors by one of these, and asks sched_getaffinity() where it can read
    // neither.
    "/sys/devices/system/cpu/online", "/proc/stat",
    "/etc/resolv.conf",  // user networking, which goes on with the name servers it knows
    "/etc/gai.conf",     // getaddrinfo(), which sorts addresses as it does without that file
    "/dev/urandom",      // GLib's random numbers, no secrets, begin with the clock instead
    "/dev/userfaultfd",  // QEMU goes on to the system call of that name
};

// GLib asks for it before it translates its first message.
constexpr std::string_view kNamesOfEncodings = "/charset.alias";

bool is_known_look(std::string_view path) {
  return std::find(std::begin(kKnownLooks), std::end(kKnownLooks), path) != std::end(kKnownLooks) ||
         path.ends_with(kNamesOfEncodings) || is_command_line_of_a_process(path);
}

}  // namespace

QuietOpens QuietOpens::of_process(pid_t process) {
  namespace fs = std::filesystem;
  QuietOpens opens;
  std::error_code error;
  const fs::path folder = "/proc/" + std::to_string(process);
  opens.folder_ = fs::read_symlink(folder / "cwd", error).string() + "/";
  for (fs::directory_iterator entry(folder / "fd", error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unreadable;
    const std::string target = fs::read_symlink(entry->path(), unreadable).string();
    if (!unreadable && target.starts_with("/") && !target.starts_with("/dev/")) {
      opens.files_.push_back(target);
    }
  }
  std::sort(opens.files_.begin(), opens.files_.end());
  return opens;
}

bool QuietOpens::contains(std::string_view path) const {
  if (is_known_look(path)) return true;
  if (path.starts_with("/")) return std::binary_search(files_.begin(), files_.end(), path);
  std::array<char, 512> room;
  if (path.empty() || folder_.size() + path.size() > room.size()) return false;
  folder_.copy(room.data(), folder_.size());
  path.copy(room.data() + folder_.size(), path.size());
  return std::binary_search(files_.begin(), files_.end(),
                            std::string_view(room.data(), folder_.size() + path.size()));
}

}  // namespace qsbx
