// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where `qsbx virt watch` tells what it has seen.
#ifndef QSBX_INTEGRATION_LIBVIRT_WATCH_OUTPUT_H_
#define QSBX_INTEGRATION_LIBVIRT_WATCH_OUTPUT_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

struct WatchEvent {
  std::string guest;
  std::string uuid;            // empty where it is not known
  std::string event;           // "started", "stopped", "violation", "qmp", ...
  std::string reason = {};     // of a stop: "shutdown", "crashed", "violation", "unprotected", ...
  std::string syscall = {};    // of a violation
  std::string violation = {};  // its line
  std::string qmp = {};        // QEMU's name of an event, "RESET"
  std::string data = {};       // JSON, as QEMU has sent it; empty where it has none
  bool bad = false;            // whether the QMP event tells of something wrong
  std::optional<bool> locked_down = {};   // as declared; where that was looked at
  std::string wrong = {};                 // why it is not, or why nobody knows
  std::optional<size_t> violations = {};  // of its run so far; with the state of a guest
};

// What holds of a guest, for metrics.
struct GuestCounts {
  bool running = false;
  size_t violations = 0;  // told of since its last start
  bool stopped_by_violation = false;
  std::optional<bool> locked_down = {};  // as declared; of a guest that runs, where it is known
};
using AllCounts = std::map<std::string, GuestCounts>;  // by name

// One of both may be absent.
struct Output {
  std::function<Status(const WatchEvent&)> tell;
  std::function<Status(const AllCounts&)> tell_counts;
};
using Outputs = std::vector<Output>;

Output json_output();
Output journal_output();
Output metrics_output(const std::string& file);

}  // namespace qsbx

#endif
