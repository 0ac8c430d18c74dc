// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/qmp_event.h"

#include <algorithm>
#include <string_view>

namespace qsbx {
namespace {

struct QmpEvent {
  std::string_view name;
  bool bad;
};

constexpr QmpEvent kEvents[] = {{"BLOCK_IMAGE_CORRUPTED", true},
                                {"BLOCK_IO_ERROR", true},
                                {"BLOCK_JOB_CANCELLED", false},
                                {"BLOCK_JOB_COMPLETED", false},
                                {"BLOCK_JOB_ERROR", true},
                                {"DEVICE_DELETED", false},
                                {"DEVICE_UNPLUG_GUEST_ERROR", true},
                                {"GUEST_CRASHLOADED", true},
                                {"GUEST_PANICKED", true},
                                {"MEMORY_DEVICE_SIZE_CHANGE", false},
                                {"MEMORY_FAILURE", true},
                                {"MIGRATION", false},
                                {"POWERDOWN", false},
                                {"RESET", false},
                                {"RESUME", false},
                                {"SHUTDOWN", false},
                                {"STOP", false},
                                {"SUSPEND", false},
                                {"SUSPEND_DISK", false},
                                {"WAKEUP", false},
                                {"WATCHDOG", true}};

}  // namespace

std::string qmp_event_pattern() {
  std::string names;
  for (const QmpEvent& event : kEvents) {
    names += (names.empty() ? "" : "|") + std::string(event.name);
  }
  return "^(" + names + ")$";
}

bool is_bad_qmp_event(const std::string& name) {
  return std::ranges::any_of(
      kEvents, [&](const QmpEvent& event) { return event.bad && event.name == name; });
}

}  // namespace qsbx
