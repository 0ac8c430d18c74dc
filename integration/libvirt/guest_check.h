// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether a guest that runs is locked down as it was declared.
#ifndef QSBX_INTEGRATION_LIBVIRT_GUEST_CHECK_H_
#define QSBX_INTEGRATION_LIBVIRT_GUEST_CHECK_H_

#include <chrono>
#include <optional>
#include <string>

#include "integration/libvirt/guest_filters.h"
#include "integration/libvirt/guests.h"
#include "integration/libvirt/protection.h"
#include "src/errors/result.h"
#include "src/profile/profile.h"

namespace qsbx {

struct GuestCheck {
  bool runs = false;                     // as far as was seen
  std::optional<Protection> protection;  // nothing where nothing locks it down
  std::optional<Error> wrong;            // why it is not as declared, or why nobody knows
  Phase phase = Phase::kRun;             // what it was held against
  bool read_back = false;                // not only counted

  // In mode audit nothing is in force before a guest runs, and nothing is held against anything.
  bool is_open() const {
    return protection && protection->mode == Mode::kAudit && phase == Phase::kBoot && !wrong;
  }
  bool locked_down() const { return runs && protection && !wrong && !is_open(); }
  // By another look: a policy not yet in force, a thread that could not be looked at.
  bool may_change() const { return wrong && wrong->code != ErrorCode::kUsage; }
  // Proven: a thread may do more.
  bool is_unprotected() const { return wrong && wrong->code == ErrorCode::kNotProven; }
};

// Of one that does not run, only its protection. `patience`: as check_guest_filters() has it.
// Nothing is proven against a guest that is older than the profiles or the host's configuration.
GuestCheck check_guest(const Guest& guest, Phase phase,
                       std::chrono::milliseconds patience = kPatienceWithRoles);
// A paused guest is held against what it runs under, and if that does not hold, and nothing shows
// that it has ever run, against phase boot.
GuestCheck check_guest(const Guest& guest, std::chrono::milliseconds patience = kPatienceWithRoles);

}  // namespace qsbx

#endif
