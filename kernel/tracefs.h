// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The kernel's trace events as files: /sys/kernel/tracing. Only read.
#ifndef QSBX_KERNEL_TRACEFS_H_
#define QSBX_KERNEL_TRACEFS_H_

#include <string>

#include "src/errors/result.h"
#include "src/syscalls/event_format.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {

// Every call of a process, with its number and its arguments as the caller left them.
inline constexpr char kEveryCallEvent[] = "raw_syscalls/sys_enter";

class Tracefs {
 public:
  // kKernel, with the way out, where it is not mounted or may not be read.
  static Result<Tracefs> find();
  // One at another place.
  explicit Tracefs(std::string folder) : folder_(std::move(folder)) {}

  // Of "raw_syscalls/sys_enter". kKernel where there is no such event.
  Result<EventFormat> event(const std::string& name) const;

  // Of the call's own sys_enter_* event.
  Result<EventFormat> event_of(const Syscall& call) const;

 private:
  std::string folder_;
};

}  // namespace qsbx

#endif
