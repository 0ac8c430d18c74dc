// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What this kernel can do.
#ifndef QSBX_KERNEL_PROBE_H_
#define QSBX_KERNEL_PROBE_H_

#include <functional>
#include <string>
#include <vector>

#include "kernel/filter_dump.h"
#include "kernel/kernel.h"
#include "kernel/tracefs.h"

namespace qsbx {

struct Capability {
  std::string name;  // "filter", "tsync", "landlock", ...
  bool present;
  bool required;        // lockdown cannot work without
  std::string use;      // what it is for
  std::string since;    // the Linux that brings it
  std::string without;  // what is done where it is missing
  std::string here;     // what was found, such as the errno; may be empty

  // All of it: "USE: SINCE; here: HERE; without it WITHOUT".
  std::string detail() const;
};

// What is asked beside the calls of Kernel.
struct ProbeSources {
  Result<Tracefs> tracefs = Tracefs::find();
  std::string sysctls = "/proc/sys";
  std::function<Result<std::vector<Program>>(pid_t)> read_filters = filters_of_thread;
};

// Changes nothing: what only a filter can tell is asked in child processes.
std::vector<Capability> probe(Kernel& kernel, const ProbeSources& sources = {});

}  // namespace qsbx

#endif
