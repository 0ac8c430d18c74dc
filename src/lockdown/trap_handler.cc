// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The handler runs with all signals blocked, SIGSYS among them: should a call of its own be denied,
// the kernel ends the process at once, by the same signal. So nothing here can loop, and a
// violation in mode enforce is the end. An intruder who can already write this process's memory can
// make the handler return an errno instead; what the kernel does not let him do is run the call.
#include "src/lockdown/trap_handler.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "src/lockdown/thread_roles.h"

namespace qsbx {
namespace {

std::atomic<ViolationReport*> report_in_force = nullptr;

#if defined(__x86_64__)
void copy_arguments(const ucontext_t& context, struct seccomp_data& call) {
  const greg_t* registers = context.uc_mcontext.gregs;
  const int order[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
  for (int i = 0; i < 6; ++i) call.args[i] = static_cast<uint64_t>(registers[order[i]]);
}

void set_result(ucontext_t& context, int64_t result) {
  context.uc_mcontext.gregs[REG_RAX] = result;
}
#elif defined(__aarch64__)
void copy_arguments(const ucontext_t& context, struct seccomp_data& call) {
  for (int i = 0; i < 6; ++i) call.args[i] = context.uc_mcontext.regs[i];
}

void set_result(ucontext_t& context, int64_t result) {
  context.uc_mcontext.regs[0] = static_cast<uint64_t>(result);
}
#else
#error "libqsbx knows x86_64 and aarch64 only"
#endif

// Makes a call that no policy can grant. In mode enforce the filter answers it with KILL_PROCESS,
// in mode errno with a SIGSYS that is blocked here; either ends the process by SIGSYS.
// Nobody who calls it is sanitized: before a call that does not return, AddressSanitizer may read
// /proc/self/maps, which the policy may refuse.
[[noreturn]] [[gnu::no_sanitize_address]] void end_process() {
  constexpr long kNoCall = kX32Bit | 0x3fffffff;
  syscall(kNoCall);
  // No filter in force: somebody sent SIGSYS to a process that is just being locked down.
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  sigaction(SIGSYS, &standard, nullptr);
  sigset_t sigsys;
  sigemptyset(&sigsys);
  sigaddset(&sigsys, SIGSYS);
  sigprocmask(SIG_UNBLOCK, &sigsys, nullptr);
  raise(SIGSYS);
  _exit(128 + SIGSYS);
}

struct seccomp_data call_of(const siginfo_t& info, const ucontext_t& context) {
  struct seccomp_data call = {};
  call.nr = info.si_syscall;
  call.arch = static_cast<uint32_t>(info.si_arch);
  call.instruction_pointer = reinterpret_cast<uintptr_t>(info.si_call_addr);
  copy_arguments(context, call);
  return call;
}

void report_call(ViolationReport& report, const struct seccomp_data& call, int refused_with) {
  char name[16] = "";
  syscall(SYS_prctl, PR_GET_NAME, name, 0, 0, 0);
  report.violation(static_cast<pid_t>(syscall(SYS_gettid)), {name, strnlen(name, sizeof name)},
                   call, CallerMemory::of_this_thread(), refused_with);
}

[[gnu::no_sanitize_address]] void on_sigsys(int, siginfo_t* info, void* context_pointer) {
  constexpr int kSeccompTrap = 1;  // SYS_SECCOMP
  if (info->si_code == SI_TKILL && info->si_pid == getpid() && take_role_program()) return;
  ViolationReport* report = report_in_force.load();
  if (info->si_code != kSeccompTrap || report == nullptr) end_process();
  const int saved_errno = errno;
  ucontext_t& context = *static_cast<ucontext_t*>(context_pointer);
  report_call(*report, call_of(*info, context), info->si_errno);
  // The data of the filter's answer: the errno of a refusal that is reported
  // (src/policy/actions.h).
  const int refused_with = info->si_errno;
  if (refused_with == 0 && report->mode() != Mode::kErrno) {
    report->channel().send_rest_before_the_end();
    end_process();
  }
  set_result(context, refused_with != 0 ? -refused_with : -EPERM);
  errno = saved_errno;
}

}  // namespace

Result<TrapHandler> TrapHandler::set_up(ViolationReport& report) {
  TrapHandler handler;
  handler.previous_report_ = report_in_force.exchange(&report);
  struct sigaction action = {};
  action.sa_sigaction = on_sigsys;
  // A thread that has a signal stack may have little room elsewhere.
  // Calls that a thread is interrupted in to take its role's program go on afterwards.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  if (sigaction(SIGSYS, &action, &handler.previous_action_) == 0) return handler;
  const int error = errno;
  report_in_force = handler.previous_report_;
  return Error{ErrorCode::kKernel,
               std::string("cannot take over the signal SIGSYS: ") + strerror(error), error};
}

void TrapHandler::undo() {
  sigaction(SIGSYS, &previous_action_, nullptr);
  report_in_force = previous_report_;
}

}  // namespace qsbx
