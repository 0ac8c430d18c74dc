// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/libvirt_daemon.h"

#include <charconv>
#include <filesystem>

#include "integration/libvirt/host_configuration.h"

namespace qsbx {
namespace {

bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

// Users who are logged in, and have a folder for libvirt's session daemon.
std::vector<uid_t> users_with_session() {
  std::vector<uid_t> users;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/run/user", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    uid_t user = 0;
    const auto [rest, bad] = std::from_chars(name.data(), name.data() + name.size(), user);
    const bool whole = bad == std::errc() && rest == name.data() + name.size() && user != 0;
    if (whole && is_folder(entry->path() / "libvirt")) users.push_back(user);
  }
  return users;
}

}  // namespace

LibvirtDaemon daemon_of(uid_t user) {
  if (user == 0) {
    return {0,
            "qemu:///system",
            "/run/libvirt/qemu/",
            "/etc/libvirt/qemu/",
            "/var/log/libvirt/qemu/",
            "/etc/libvirt/qemu.conf"};
  }
  const std::string runtime = "/run/user/" + std::to_string(user);
  const std::string home = home_of(user);
  return {user,
          "qemu:///session",
          (is_folder(runtime) ? runtime : home + "/.cache") + "/libvirt/qemu/run/",
          home + "/.config/libvirt/qemu/",
          home + "/.cache/libvirt/qemu/log/",
          home + "/.config/libvirt/qemu.conf"};
}

std::vector<LibvirtDaemon> daemons_seen_by(uid_t user) {
  std::vector<LibvirtDaemon> daemons = {daemon_of(user)};
  if (user != 0) return daemons;
  for (const uid_t other : users_with_session()) daemons.push_back(daemon_of(other));
  return daemons;
}

}  // namespace qsbx
