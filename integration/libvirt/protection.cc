// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/protection.h"

#include "src/errors/text.h"
#include "src/lockdown/violation_report.h"

namespace qsbx {
namespace {

int strength(Mode mode) {
  switch (mode) {
    case Mode::kAudit:
      return 0;
    case Mode::kErrno:
      return 1;
    case Mode::kEnforce:
      return 2;
  }
  return 0;
}

Error beyond(const std::string& whose, const std::string& what, const Bounds& bounds,
             const std::string& key) {
  return Error{ErrorCode::kUsage,
               whose + " " + what + "; change that, or " + key + " in " + bounds.set_in};
}

std::vector<std::string> features_beyond(const Bounds& bounds, const Protection& protection) {
  std::vector<std::string> beyond;
  if (!bounds.allow_at_most) return beyond;
  for (const std::string& feature : protection.features) {
    if (!bounds.allow_at_most->contains(feature)) beyond.push_back(feature);
  }
  return beyond;
}

}  // namespace

bool weaker(Mode one, Mode other) { return strength(one) < strength(other); }

Status check_within(const Bounds& bounds, const Protection& protection, const std::string& whose) {
  if (weaker(protection.mode, bounds.least_mode)) {
    return beyond(whose,
                  "has mode " + std::string(mode_name(protection.mode)) +
                      ", but the least that this host allows is " +
                      std::string(mode_name(bounds.least_mode)),
                  bounds, "least-mode");
  }
  if (bounds.least_roles && !protection.roles) {
    return beyond(whose, "has roles off, but this host wants them on", bounds, "least-roles");
  }
  if (const auto features = features_beyond(bounds, protection); !features.empty()) {
    return beyond(whose, "allows " + joined(features) + ", which this host does not", bounds,
                  "allow-at-most");
  }
  return Done{};
}

Result<Protection> decide(const Protection& standard, const Bounds& bounds,
                          const std::optional<Declaration>& declared) {
  if (!declared) {
    if (Status within =
            check_within(bounds, standard, "what holds for guests that declare nothing");
        !within) {
      return within.error();
    }
    return standard;
  }
  const Protection protection = {declared->mode.value_or(standard.mode),
                                 declared->roles.value_or(standard.roles), declared->features};
  if (Status within = check_within(bounds, protection, "the guest's <qsbx:sandbox>"); !within) {
    return within.error();
  }
  return protection;
}

std::string to_string(const Protection& protection) {
  std::string text(mode_name(protection.mode));
  if (protection.roles) text += ", roles";
  if (!protection.features.empty()) {
    text += ", allowing " + joined({protection.features.begin(), protection.features.end()});
  }
  return text;
}

Result<bool> switch_from_string(const std::string& text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return Error{ErrorCode::kUsage, "'" + printable(text) + "' is neither on nor off"};
}

}  // namespace qsbx
