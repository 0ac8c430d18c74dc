// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/qemu/ride_along/settings.h"

#include <nlohmann/json.hpp>

namespace qsbx {
namespace {

using Json = nlohmann::json;

template <typename T>
bool read(const Json& object, const char* key, T& value) {
  auto found = object.find(key);
  if (found == object.end()) return false;
  if constexpr (std::is_same_v<T, int>) {
    if (!found->is_number_integer()) return false;
  } else {
    if (!found->is_string()) return false;
  }
  value = found->get<T>();
  return true;
}

bool read(const Json& object, const char* key, std::vector<std::string>& values) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return false;
  for (const Json& value : *found) {
    if (!value.is_string()) return false;
    values.push_back(value.get<std::string>());
  }
  return true;
}

}  // namespace

std::string to_text(const RideAlongSettings& settings) {
  Json object = {{"mode", settings.mode},
                 {"features", settings.features},
                 {"report", settings.report_file},
                 {"profiles", settings.profiles},
                 {"preload", settings.preload},
                 {"roles", settings.roles},
                 {"wall", settings.wall},
                 {"added-arguments", settings.added_arguments},
                 {"qemu-socket", settings.qemu_socket},
                 {"promised-socket", settings.promised_socket},
                 {"own-socket", settings.own_socket},
                 {"monitor-config", settings.monitor_config},
                 {"broker-socket", settings.broker_socket},
                 {"broker-process", settings.broker_process}};
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<RideAlongSettings> ride_along_settings_from(const std::string& text) {
  RideAlongSettings settings;
  const Json object = Json::parse(text, nullptr, false);
  const bool complete =
      object.is_object() && read(object, "mode", settings.mode) &&
      read(object, "features", settings.features) && read(object, "report", settings.report_file) &&
      read(object, "profiles", settings.profiles) && read(object, "preload", settings.preload) &&
      read(object, "roles", settings.roles) && read(object, "wall", settings.wall) &&
      read(object, "added-arguments", settings.added_arguments) &&
      read(object, "qemu-socket", settings.qemu_socket) &&
      read(object, "promised-socket", settings.promised_socket) &&
      read(object, "own-socket", settings.own_socket) &&
      read(object, "monitor-config", settings.monitor_config) &&
      read(object, "broker-socket", settings.broker_socket) &&
      read(object, "broker-process", settings.broker_process);
  if (complete) return settings;
  return Error{ErrorCode::kUsage, std::string(kRideAlongVariable) +
                                      " is not what this version of 'qsbx run' sets; use the "
                                      "launcher and the library of one installation"};
}

}  // namespace qsbx
