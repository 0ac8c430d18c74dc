// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/qemu/ride_along/lockdown_report.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "kernel/thread_state.h"

namespace qsbx {
namespace {

int64_t total(const LockdownTimings& timings) {
  return timings.read + timings.compose + timings.compile + timings.verify + timings.install;
}

// Null when it is not known whether there are any.
nlohmann::json rings_to_json(const std::optional<IoUringState>& state) {
  if (!state) return nullptr;
  nlohmann::json rings = nlohmann::json::array();
  for (const IoUringRing& ring : state->rings) {
    rings.push_back({{"descriptor", ring.descriptor}, {"polled", ring.polled}});
  }
  return {{"rings", rings}, {"polling-threads", state->polling_threads}};
}

// Null when there is no wall.
nlohmann::json wall_to_json(const std::string& wall) {
  return wall.empty() ? nlohmann::json(nullptr) : nlohmann::json(wall);
}

nlohmann::json parts_to_json(const Machine& machine) {
  nlohmann::json parts = nlohmann::json::array();
  for (const Part& part : machine.parts) {
    parts.push_back({{"kind", part.kind}, {"name", part.name}});
  }
  return parts;
}

nlohmann::json timings_to_json(const LockdownTimings& timings) {
  return {{"read", timings.read},     {"compose", timings.compose}, {"compile", timings.compile},
          {"verify", timings.verify}, {"install", timings.install}, {"total", total(timings)}};
}

}  // namespace

size_t count_threads() {
  auto threads = threads_of(getpid());
  return threads ? threads->size() : 0;
}

std::string lockdown_announcement(const Sandbox& sandbox, size_t threads) {
  char rest[80];
  std::snprintf(rest, sizeof rest, ", %zu threads, locked down in %.1f ms", threads,
                static_cast<double>(total(sandbox.timings())) / 1000);
  return "qsbx: " + sandbox.describe() + rest;
}

Result<int> open_lockdown_report(const std::string& path) {
  if (path.empty()) return -1;
  const int report = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (report >= 0) return report;
  return Error{ErrorCode::kUsage, "cannot write the report " + path + ": " + std::strerror(errno),
               errno};
}

bool write_lockdown_report(int report, const RideAlongSettings& settings, const Sandbox& sandbox,
                           size_t threads) {
  const nlohmann::json json = {{"mode", settings.mode},
                               {"roles", settings.roles == kRolesOn},
                               {"description", sandbox.describe()},
                               {"granted-calls", sandbox.granted_calls()},
                               {"parts", parts_to_json(sandbox.machine())},
                               {"features", sandbox.machine().features},
                               {"threads", threads},
                               {"io-uring", rings_to_json(sandbox.rings())},
                               {"landlock", wall_to_json(settings.wall)},
                               {"microseconds", timings_to_json(sandbox.timings())}};
  const std::string text =
      json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return write(report, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace qsbx
