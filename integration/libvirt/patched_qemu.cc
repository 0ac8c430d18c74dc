// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/patched_qemu.h"

#include <algorithm>

#include "integration/libvirt/key_file.h"
#include "src/lockdown/sandbox.h"
#include "src/machine/option_values.h"

namespace qsbx {
namespace {

Error wrong(const std::string& why) {
  return Error{ErrorCode::kUsage, "the guest's -sandbox option: " + why};
}

Result<Protection> protection_in(const OptionValues& values) {
  if (values.has("lockdown-profiles")) {
    return wrong("the host's administrator chooses the profiles; take lockdown-profiles= out");
  }
  const auto mode = mode_from_string(values.get("lockdown"));
  if (!mode) return wrong(mode.error().message);
  std::string features = values.get("lockdown-allow");
  std::ranges::replace(features, '+', ' ');
  return Protection{*mode, values.is_on("lockdown-roles"), words_of_list(features)};
}

}  // namespace

Result<std::optional<Protection>> lockdown_in(const std::vector<std::string>& arguments) {
  std::optional<Protection> found;
  for (size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] != "-sandbox" && arguments[i] != "--sandbox") continue;
    const auto values = OptionValues::parse(arguments[i + 1], "enable");
    if (!values) return wrong(values.error().message);
    if (!values->has("lockdown") || values->get("lockdown") == "off") continue;
    if (found) return wrong("lockdown= is there more than once; leave one");
    auto protection = protection_in(*values);
    if (!protection) return protection.error();
    found = std::move(protection).value();
  }
  return found;
}

}  // namespace qsbx
