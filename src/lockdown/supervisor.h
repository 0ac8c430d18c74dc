// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Decides the calls that a filter hands over, from another process than the one that is filtered:
//
//   class Numbers : public Judge {
//     ByRegisters by_registers(const Notification&) override { return Value{42}; }
//     ByMemory by_memory(const Notification&, const WaitingCaller&) override { return Fail{EPERM};
//     }
//   };
//   Numbers numbers;
//   supervise(listener, numbers);  // until the last filtered process is gone
//
// A caller can change its memory after it was read, so a decision that read memory cannot let the
// call run: ByMemory has no such answer. When the supervisor dies the kernel has every call that is
// handed over fail with ENOSYS.
#ifndef QSBX_LOCKDOWN_SUPERVISOR_H_
#define QSBX_LOCKDOWN_SUPERVISOR_H_

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "kernel/notification.h"
#include "src/errors/result.h"

namespace qsbx {

struct LetRun {};
struct LookAtMemory {};
struct Fail {
  int error;
};
struct Value {
  int64_t value;
};
// A duplicate goes to the caller, which gets its number; `descriptor` is closed here.
struct PassIn {
  int descriptor;
  bool close_on_exec;
};

using ByRegisters = std::variant<Fail, Value, LetRun, LookAtMemory>;
using ByMemory = std::variant<Fail, Value, PassIn>;

// A caller that waits for its answer.
class WaitingCaller {
 public:
  WaitingCaller(int listener, const Notification& notification)
      : listener_(listener), id_(notification.id), tid_(notification.tid) {}

  // The text at `address`, which ends within `room`; nullopt where it does not, cannot be read, or
  // the caller is gone, so that what was read may be another's.
  std::optional<std::string_view> text(uint64_t address, char* room, size_t size) const;

  // `size` bytes at `address`; false where they cannot be read, or the caller is gone.
  bool copy(uint64_t address, void* room, size_t size) const;

  // Where its relative paths begin; nullopt where that cannot be read, or the caller is gone.
  std::optional<std::string> current_folder() const;

 private:
  int listener_;
  uint64_t id_;
  pid_t tid_;
};

class Judge {
 public:
  virtual ~Judge() = default;
  virtual ByRegisters by_registers(const Notification& notification) = 0;
  // Asked where by_registers() said LookAtMemory.
  virtual ByMemory by_memory(const Notification& notification, const WaitingCaller& caller) = 0;
  // The process that supervise() was told of has ended. Others may still call.
  virtual void process_ended() {}
};

// Answers until nobody is under the filter any more. kKernel, with errno, when the listener cannot
// be read; it is the caller's to close.
//
// Before Linux 6.11 a process that has ended is under its filter until its parent has waited for
// it. So what that parent may wait for first has to be let go when the process ends, which
// `process`, a pidfd, tells; -1: nobody asks.
Status supervise(int listener, Judge& judge, int process = -1);

}  // namespace qsbx

#endif
