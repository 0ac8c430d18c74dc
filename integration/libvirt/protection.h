// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a guest runs under: what its owner declares, within what its host allows.
#ifndef QSBX_INTEGRATION_LIBVIRT_PROTECTION_H_
#define QSBX_INTEGRATION_LIBVIRT_PROTECTION_H_

#include <optional>
#include <set>
#include <string>

#include "src/errors/result.h"
#include "src/policy/actions.h"

namespace qsbx {

struct Protection {
  Mode mode = Mode::kEnforce;
  bool roles = false;
  std::set<std::string> features;  // what a manager may do later
};

// The guest's metadata. What it leaves out is as the host has it, but for features: a guest that
// declares none gets none.
struct Declaration {
  std::optional<Mode> mode;
  std::optional<bool> roles;
  std::set<std::string> features;
};

struct Bounds {
  Mode least_mode = Mode::kAudit;
  bool least_roles = false;
  std::optional<std::set<std::string>> allow_at_most;  // absent: every feature
  std::string set_in;                                  // the files, for messages
};

// Whether `one` denies less than `other`: audit < errno < enforce.
bool weaker(Mode one, Mode other);

// kUsage, with what has to be changed, when `protection` is beyond the bounds. `whose` begins the
// message, such as "the guest".
Status check_within(const Bounds& bounds, const Protection& protection, const std::string& whose);

// Of `standard` for a guest that declares nothing. A declaration beyond the bounds is an error and
// never tightened in silence: its owner would believe in a feature that is not there.
Result<Protection> decide(const Protection& standard, const Bounds& bounds,
                          const std::optional<Declaration>& declared);

// "enforce, roles, allowing hotplug-disk, migration"
std::string to_string(const Protection& protection);

Result<bool> switch_from_string(const std::string& text);  // "on" or "off"

}  // namespace qsbx

#endif
