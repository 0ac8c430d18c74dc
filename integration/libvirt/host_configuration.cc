// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/host_configuration.h"

#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <vector>

#include "integration/libvirt/key_file.h"
#include "src/errors/text.h"
#include "src/lockdown/sandbox.h"

namespace qsbx {
namespace {

constexpr char kGroup[] = "host";

using Features = std::set<std::string>;

// What one file says.
struct Settings {
  std::optional<Mode> mode, least_mode;
  std::optional<bool> roles, least_roles, require;
  std::optional<Features> allow, allow_at_most;
  std::optional<std::string> qemu, profiles;
};

Result<bool> yes_from_string(const std::string& text) {
  if (text == "yes") return true;
  if (text == "no") return false;
  return Error{ErrorCode::kUsage, "'" + printable(text) + "' is neither yes nor no"};
}

Result<Mode> mode_from_value(const std::string& text) { return mode_from_string(text); }

template <typename T>
Status take(KeyFile& file, const char* key, std::optional<T>& value,
            Result<T> (*read)(const std::string&)) {
  const auto text = file.take(kGroup, key);
  if (!text) return Done{};
  Result<T> found = read(*text);
  if (!found) {
    return Error{ErrorCode::kUsage, file.name() + ": [host] " + key + ": " + found.error().message};
  }
  value = *found;
  return Done{};
}

Result<Settings> settings_in(KeyFile& file) {
  Settings settings;
  for (const Status& taken : {take(file, "mode", settings.mode, mode_from_value),
                              take(file, "least-mode", settings.least_mode, mode_from_value),
                              take(file, "roles", settings.roles, switch_from_string),
                              take(file, "least-roles", settings.least_roles, switch_from_string),
                              take(file, "require", settings.require, yes_from_string)}) {
    if (!taken) return taken.error();
  }
  settings.allow = file.take_list(kGroup, "allow");
  settings.allow_at_most = file.take_list(kGroup, "allow-at-most");
  settings.qemu = file.take(kGroup, "qemu");
  settings.profiles = file.take(kGroup, "profiles");
  if (Status known = file.check_all_taken(); !known) return known.error();
  return settings;
}

// Nothing where there is no file.
Result<std::optional<Settings>> read_settings(const std::string& path) {
  auto file = KeyFile::read_if_there(path);
  if (!file) return file.error();
  if (!*file) return std::optional<Settings>();
  Result<Settings> settings = settings_in(**file);
  if (!settings) return settings.error();
  return std::optional<Settings>(std::move(settings).value());
}

Error weaker_than_host(const std::string& file, const std::string& key) {
  return Error{ErrorCode::kUsage, file + ": [host] " + key + " is weaker than " +
                                      kHostConfigurationFile +
                                      " has it; it can only be stricter here"};
}

bool includes(const Features& all, const Features& some) {
  return std::ranges::includes(all, some);
}

Status check_tightens(const HostConfiguration& host, const Settings& own, const std::string& file) {
  if (own.mode && weaker(*own.mode, host.standard.mode)) return weaker_than_host(file, "mode");
  if (own.roles && !*own.roles && host.standard.roles) return weaker_than_host(file, "roles");
  if (own.allow && !includes(host.standard.features, *own.allow)) {
    return weaker_than_host(file, "allow");
  }
  for (const auto& [key, there] :
       {std::pair{"qemu", own.qemu.has_value()}, std::pair{"profiles", own.profiles.has_value()},
        std::pair{"require", own.require.has_value()}}) {
    if (!there) continue;
    return Error{ErrorCode::kUsage, file + ": [host] " + key + " can only be set in " +
                                        kHostConfigurationFile + "; take it out here"};
  }
  return Done{};
}

Features common(const Features& one, const Features& other) {
  Features both;
  std::ranges::set_intersection(one, other, std::inserter(both, both.end()));
  return both;
}

void tighten_bounds(Bounds& bounds, const Settings& own) {
  if (own.least_mode && weaker(bounds.least_mode, *own.least_mode)) {
    bounds.least_mode = *own.least_mode;
  }
  bounds.least_roles |= own.least_roles.value_or(false);
  if (!own.allow_at_most) return;
  bounds.allow_at_most =
      bounds.allow_at_most ? common(*bounds.allow_at_most, *own.allow_at_most) : own.allow_at_most;
}

// So that bounds alone are enough in a file: what nobody declares follows them.
void bring_within(const Bounds& bounds, Protection& protection) {
  if (weaker(protection.mode, bounds.least_mode)) protection.mode = bounds.least_mode;
  protection.roles |= bounds.least_roles;
  if (bounds.allow_at_most) {
    protection.features = common(protection.features, *bounds.allow_at_most);
  }
}

}  // namespace

Result<HostConfiguration> read_host_configuration(const std::string& file) {
  const auto settings = read_settings(file);
  if (!settings) return settings.error();
  HostConfiguration host;
  host.bounds.set_in = file;
  if (!*settings) return host;
  const Settings& own = **settings;
  tighten_bounds(host.bounds, own);
  host.standard = {own.mode.value_or(Mode::kEnforce), own.roles.value_or(host.bounds.least_roles),
                   own.allow.value_or(Features())};
  host.qemu = own.qemu.value_or("");
  host.profiles = own.profiles.value_or("");
  host.require = own.require.value_or(false);
  if (Status within = check_within(host.bounds, host.standard, file + ": [host]"); !within) {
    return within.error();
  }
  return host;
}

Result<HostConfiguration> tightened_by(HostConfiguration host, const std::string& file) {
  const auto settings = read_settings(file);
  if (!settings) return settings.error();
  if (!*settings) return host;
  const Settings& own = **settings;
  if (Status tightens = check_tightens(host, own, file); !tightens) return tightens.error();
  tighten_bounds(host.bounds, own);
  host.bounds.set_in += " and " + file;
  if (own.mode) host.standard.mode = *own.mode;
  if (own.roles) host.standard.roles = *own.roles;
  if (own.allow) host.standard.features = *own.allow;
  bring_within(host.bounds, host.standard);
  return host;
}

std::string home_of(uid_t user) {
  std::vector<char> text(16384);
  passwd entry = {};
  passwd* found = nullptr;
  if (getpwuid_r(user, &entry, text.data(), text.size(), &found) != 0 || found == nullptr) {
    return "";
  }
  return found->pw_dir;
}

Result<HostConfiguration> configuration_for(uid_t user) {
  Result<HostConfiguration> host = read_host_configuration(kHostConfigurationFile);
  const std::string home = home_of(user);
  if (!host || home.empty()) return host;
  return tightened_by(std::move(host).value(), home + "/.config/qsbx/libvirt.conf");
}

}  // namespace qsbx
