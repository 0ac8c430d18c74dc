// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What concerns us of a libvirt guest's description (domain XML).
#ifndef QSBX_INTEGRATION_LIBVIRT_DOMAIN_H_
#define QSBX_INTEGRATION_LIBVIRT_DOMAIN_H_

#include <optional>
#include <string>
#include <vector>

#include "integration/libvirt/protection.h"
#include "src/errors/result.h"

namespace qsbx {

inline constexpr char kDomainNamespace[] = "urn:qsbx:libvirt:domain:1";

struct Domain {
  std::string name;
  std::string uuid;      // lower case; empty where libvirt is to choose one
  std::string emulator;  // empty: libvirt's choice
  std::optional<Declaration> declaration;
  std::vector<std::string> arguments;  // of <qemu:commandline>
  std::vector<std::string> variables;  // their names

  // Whether its emulator is our launcher, by its name.
  bool has_launcher() const;
};

// kUsage when the text is no domain XML, or its <qsbx:sandbox> is not as sandbox.rng has it, with
// the line.
Result<Domain> read_domain(const std::string& xml);

// Whether code that the variable names may run in QEMU, or another QEMU instead: of LD_PRELOAD,
// QEMU_MODULE_DIR, GIO_EXTRA_MODULES and many more. Those of which it is known that they do not, by
// which owners choose sound and screens, are few.
bool may_load_code(const std::string& variable);

// Of an argument of <qemu:commandline>.
bool is_plugin_option(const std::string& argument);

// Whether the guest is paused, by the state that libvirt's daemon keeps of it ("<domstatus
// state='paused' ...>").
Result<bool> is_paused(const std::string& status_xml);

// The schema of what a guest declares, as it is installed.
const char* sandbox_schema();

}  // namespace qsbx

#endif
