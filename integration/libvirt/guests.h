// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The guests of a libvirt daemon, by the files that it keeps of them.
#ifndef QSBX_INTEGRATION_LIBVIRT_GUESTS_H_
#define QSBX_INTEGRATION_LIBVIRT_GUESTS_H_

#include <optional>
#include <string>
#include <vector>

#include "integration/libvirt/domain.h"
#include "integration/libvirt/guest_log.h"
#include "integration/libvirt/libvirt_daemon.h"
#include "integration/libvirt/protection.h"
#include "src/errors/result.h"

namespace qsbx {

struct Guest {
  LibvirtDaemon daemon;
  std::string name;
  std::string xml;  // its description: as it runs, or else as it is defined; empty where only
                    // its log is left
  std::string definition;  // what it is started by the next time
  bool defined = false;
  pid_t process = 0;  // 0: it does not run
  bool paused = false;
  GuestLog log;
  std::optional<Error> unreadable;  // why nothing more is known of it

  bool runs() const { return process != 0; }
  // It runs, as far as libvirt has it, and its process says that it is something else.
  bool hides() const { return unreadable && unreadable->code == ErrorCode::kNotProven; }
  // What ended it, when that was a violation.
  const Violation* ended_by() const { return runs() ? nullptr : log.ended_by(); }
};

// By name. Of guests that are gone, those that a violation ended are among them. One whose files
// cannot be read, which for root may be another user's, is no reason not to see the others.
Result<std::vector<Guest>> find_guests(const LibvirtDaemon& daemon);

// kUsage when there is none of the name.
Result<Guest> find_guest(const LibvirtDaemon& daemon, const std::string& name);

// What it has to run under by its description; nothing where nothing locks it down.
Result<std::optional<Protection>> protection_of(const Guest& guest);

// Whether a guest that runs was enabled or disabled since it was started, which goes for its next
// start: what it has to run under then. Nothing where that is as it runs.
std::optional<std::optional<Protection>> changed_protection(const Guest& guest);

}  // namespace qsbx

#endif
