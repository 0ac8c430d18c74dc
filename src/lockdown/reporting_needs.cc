// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/reporting_needs.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/lockdown/audit_listener.h"
#include "src/lockdown/caller_memory.h"
#include "src/lockdown/needs.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

Expression either_of_two(int argument, uint64_t one, uint64_t other) {
  const Operand operand = {argument, 32, false, ~uint64_t{0}};
  return Expression::in(operand, {{one, one}, {other, other}});
}

// A line goes to a descriptor that takes it at once (src/lockdown/line.cc).
void add_line(Needs& needs, int descriptor) {
  needs.call("write", argument_is(0, 32, static_cast<uint32_t>(descriptor)));
#if defined(SYS_poll)
  needs.call("poll", Expression::all_of({argument_is(1, 32, 1), argument_is(2, 32, 0)}));
#else
  needs.call("ppoll", argument_is(1, 32, 1));
#endif
}

// The signal handler: who am I, write the line, and back.
void add_trap_handler(Needs& needs) {
  needs.call("gettid", Expression::always());
  needs.call("prctl", argument_is(0, 32, PR_GET_NAME));
  needs.call("rt_sigreturn", Expression::always());
  needs.call("rt_sigprocmask", argument_is(0, 32, 0xffffffff));  // src/lockdown/caller_memory.cc
}

// The listener is a thread like any other, so the filter holds for it, too; and a call of its own
// that it would have to answer itself would never end. Its ioctl commands exist for nothing but
// listeners. The futex is the word by which it is handed the descriptor, and no other.
void add_listener(Needs& needs) {
  needs.call("ioctl", either_of_two(1, SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND));
  needs.call("futex",
             Expression::all_of({argument_is(0, 64, AuditListener::handover_address()),
                                 either_of_two(1, FUTEX_WAIT_PRIVATE, FUTEX_WAKE_PRIVATE)}));
  // Names of files, from the memory of who waits for an answer.
  needs.call("process_vm_readv", argument_is(1, 64, text_of_thread_vector_address()));
  needs.call("exit", Expression::always());
}

}  // namespace

Policy reporting_needs(Mode mode, Architecture architecture, int descriptor) {
  Needs needs(architecture);
  add_line(needs, descriptor);
  if (mode == Mode::kAudit) {
    add_listener(needs);
  } else {
    add_trap_handler(needs);
  }
  return std::move(needs).policy();
}

Policy unreported_refusals(const Policy& policy) {
  Needs needs(policy.architecture());
  const auto refuse = [&](std::string_view name, int error) {
    const Syscall* syscall = find_syscall(policy.architecture(), name);
    if (syscall == nullptr) return;
    const auto present = policy.calls().find(syscall->number);
    if (present != policy.calls().end() && present->second.refusal) return;
    needs.refuse(name, error);
  };
  for (const char* name : {"clone", "fork", "vfork"}) refuse(name, EPERM);
  refuse("clone3", ENOSYS);  // the C library goes on with clone, where threads may be granted
  return std::move(needs).policy();
}

}  // namespace qsbx
