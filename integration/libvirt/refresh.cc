// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/refresh.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "integration/libvirt/host_configuration.h"
#include "integration/libvirt/qemu_program.h"
#include "integration/libvirt/qemu_request.h"

namespace qsbx {
namespace {

Error failed(const std::string& what, const std::string& path) {
  return Error{ErrorCode::kUsage, "cannot " + what + " " + path + ": " + std::strerror(errno),
               errno};
}

// When its content or anything about it last changed. Links count as what they lead to.
Result<timespec> changed(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return failed("look at", path);
  return file.st_ctim;
}

bool is_launcher(const std::filesystem::path& path) {
  const std::string name = path.filename();
  return name.starts_with("qemu-system-") && name.ends_with(kLauncherEnding);
}

Result<std::vector<std::string>> launchers_in(const std::string& folder) {
  std::vector<std::string> launchers;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_launcher(entry->path())) launchers.push_back(entry->path());
  }
  if (error) {
    errno = error.value();
    return failed("read the folder", folder);
  }
  std::ranges::sort(launchers);
  return launchers;
}

}  // namespace

Result<std::string> qemu_behind(const std::string& launcher) {
  const auto host = read_host_configuration(kHostConfigurationFile);
  if (!host) return host.error();
  return find_qemu(*host, launcher);
}

Result<bool> is_stale(const std::string& launcher) {
  const auto qemu = qemu_behind(launcher);
  if (!qemu) return false;  // of an architecture that is not installed: nothing to go by
  const auto own = changed(launcher);
  const auto theirs = changed(*qemu);
  if (!own) return own.error();
  if (!theirs) return theirs.error();
  return std::pair(own->tv_sec, own->tv_nsec) < std::pair(theirs->tv_sec, theirs->tv_nsec);
}

Result<std::vector<std::string>> refresh_launchers(const std::string& folder) {
  auto launchers = launchers_in(folder);
  if (!launchers) return launchers;
  std::vector<std::string> touched;
  for (const std::string& launcher : *launchers) {
    const auto stale = is_stale(launcher);
    if (!stale) return stale.error();
    if (!*stale) continue;
    if (utimensat(AT_FDCWD, launcher.c_str(), nullptr, 0) != 0) return failed("touch", launcher);
    touched.push_back(launcher);
  }
  return touched;
}

}  // namespace qsbx
