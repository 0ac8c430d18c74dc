// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is known of a guest: what it declares, what is in force, and what has happened.
#ifndef QSBX_INTEGRATION_LIBVIRT_GUEST_STATUS_H_
#define QSBX_INTEGRATION_LIBVIRT_GUEST_STATUS_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "integration/libvirt/guests.h"
#include "integration/libvirt/protection.h"

namespace qsbx {

struct GuestStatus {
  Guest guest;
  std::optional<Protection> protection;  // nothing where nothing locks it down
  std::optional<int> filters;            // of the thread that has the least
  std::optional<size_t> callable;        // calls that its main thread can make
  std::string wrong;  // why it is not locked down as it was declared, or why nobody knows

  bool locked_down() const { return guest.runs() && protection && wrong.empty(); }
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
