// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the log that libvirt keeps of a guest (/var/log/libvirt/qemu/NAME.log) says of its last
// start. QEMU writes to it as well: a guest that has broken into its QEMU can write whatever it
// wants after its first violation, but takes nothing back.
#ifndef QSBX_INTEGRATION_LIBVIRT_GUEST_LOG_H_
#define QSBX_INTEGRATION_LIBVIRT_GUEST_LOG_H_

#include <optional>
#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

struct Violation {
  std::string line;   // as qsbx reported it
  std::string call;   // its name
  bool ends = false;  // whether QEMU ends by it
};

struct GuestLog {
  std::vector<std::string> command;   // QEMU's; empty when it was never started here
  std::vector<Violation> violations;  // of which qsbx has told, the oldest first
  std::string end;                    // "shutdown", "crashed", ...; empty while it runs

  // What ended the guest, when that was a violation. Only of a guest that does not run.
  const Violation* ended_by() const;
};

GuestLog guest_log_from(const std::string& text);

// Nothing but an empty log when there is no file; kUsage when it cannot be read.
Result<GuestLog> read_guest_log(const std::string& file);

// Nothing when the line tells of no violation.
std::optional<Violation> violation_in(const std::string& line);

}  // namespace qsbx

#endif
