// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A guest's definition, changed so that it starts under lockdown, or no longer does.
#ifndef QSBX_INTEGRATION_LIBVIRT_DEFINITION_H_
#define QSBX_INTEGRATION_LIBVIRT_DEFINITION_H_

#include <optional>
#include <set>
#include <string>

#include "src/errors/result.h"

namespace qsbx {

// What is absent stays as it is, and what is empty becomes as the host has it.
struct DeclarationChange {
  std::optional<std::string> mode;
  std::optional<std::string> roles;  // "on" or "off"
  std::optional<std::set<std::string>> features;
};

struct ChangedDefinition {
  std::string before;  // as `after` is written, so that the two can be compared
  std::string after;

  bool differs() const { return before != after; }
};

// The emulator becomes `launcher`, and the metadata declare what is asked for.
Result<ChangedDefinition> enabled(const std::string& xml, const std::string& launcher,
                                  const DeclarationChange& change);

// The emulator becomes `qemu` unless that is empty, and nothing of qsbx's is left in the metadata,
// whatever version of qsbx it is for.
Result<ChangedDefinition> disabled(const std::string& xml, const std::string& qemu);

// What `diff -u` shows; kKernel where it is not installed.
Result<std::string> difference(const ChangedDefinition& change, const std::string& name);

}  // namespace qsbx

#endif
