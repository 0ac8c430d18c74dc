// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is known of a guest: what it declares, what is in force, and what has happened.
#ifndef QSBX_INTEGRATION_LIBVIRT_GUEST_STATUS_H_
#define QSBX_INTEGRATION_LIBVIRT_GUEST_STATUS_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "integration/libvirt/guest_check.h"
#include "integration/libvirt/guests.h"

namespace qsbx {

struct GuestStatus {
  Guest guest;
  GuestCheck check;
  std::optional<int> filters;      // of the thread that has the least
  std::optional<size_t> callable;  // calls that its main thread can make

  // Not as it was declared, or ended by a violation.
  bool is_bad() const;
};

GuestStatus status_of(Guest guest);

// "running", "paused", "shut off", "stopped by a violation", "unknown"
std::string state_text(const Guest& guest);

std::string status_table(const std::vector<GuestStatus>& guests);
nlohmann::ordered_json status_json(const std::vector<GuestStatus>& guests);

}  // namespace qsbx

#endif
