// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/proof/live_kernel.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "kernel/kernel.h"
#include "tests/support/this_machine.h"

namespace qsbx {
namespace {

// Refused calls must not look like allowed ones, which fail with ENOSYS.
constexpr int kRefused = EPROTO;

constexpr uint32_t kI386 = 0x40000003;      // AUDIT_ARCH_I386
constexpr uint32_t kFirstFreeOfI386 = 601;  // no call is near

volatile sig_atomic_t trapped_with;
constexpr int kNotTrapped = -1;

void note_trap(int, siginfo_t* info, void*) { trapped_with = info->si_errno; }

[[noreturn]] void fail(const char* what) {
  fprintf(stderr, "%s\n", what);
  abort();
}

void install(const Program& program) {
  struct sock_fprog filter = {static_cast<unsigned short>(program.size()),
                              const_cast<Instruction*>(program.data())};
  struct sigaction action = {};
  action.sa_sigaction = note_trap;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSYS, &action, nullptr);
  if (running_kernel().set_no_new_privs() != 0) fail("no_new_privs cannot be set");
  if (running_kernel().seccomp(SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) {
    fail("the kernel does not take the program");
  }
}

// As syscall(2) gives it.
long int80([[maybe_unused]] const struct seccomp_data& call) {
#ifdef __x86_64__
  long result;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(call.nr), "b"(call.args[0]), "c"(call.args[1]), "d"(call.args[2]),
                 "S"(call.args[3]), "D"(call.args[4])
               : "memory", "r8", "r9", "r10", "r11");
  const bool failed = result < 0 && result >= -4095;
  if (failed) errno = static_cast<int>(-result);
  return failed ? -1 : result;
#else
  abort();
#endif
}

long make(const struct seccomp_data& call) {
  if (call.arch == kI386) return int80(call);
  return syscall(call.nr, call.args[0], call.args[1], call.args[2], call.args[3], call.args[4],
                 call.args[5]);
}

uint32_t answer_to(const struct seccomp_data& call) {
  trapped_with = kNotTrapped;
  const long result = make(call);
  const int error = errno;
  if (trapped_with != kNotTrapped) {
    return SECCOMP_RET_TRAP | (static_cast<uint32_t>(trapped_with) & SECCOMP_RET_DATA);
  }
  if (result == 0) return SECCOMP_RET_ERRNO;
  if (result != -1) fail("a call that does not exist has succeeded");
  return error == ENOSYS ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | static_cast<uint32_t>(error);
}

int exit_group_number(Architecture architecture) {
  return find_syscall(architecture, "exit_group")->number;
}

bool is_unassigned(uint32_t number) {
  return number >= static_cast<uint32_t>(kFirstUnassigned) &&
         number <= static_cast<uint32_t>(kLastUnassigned);
}

}  // namespace

Policy with_unassigned_numbers(const Policy& policy) {
  Policy moved(policy.architecture());
  int number = kFirstUnassigned;
  for (const auto& [unused, call] : policy.calls()) {
    for (const Grant& grant : call.grants) moved.grant(number, grant);
    if (call.refusal) {
      (void)moved.refuse(number, {kRefused, call.refusal->origin, call.refusal->reported});
    }
    if (number++ == kLastUnassigned) break;
  }
  moved.grant(exit_group_number(policy.architecture()), {Expression::always(), {}});
  moved.grant(find_syscall(policy.architecture(), "rt_sigreturn")->number,
              {Expression::always(), {}});
  return moved;
}

bool can_be_made(const struct seccomp_data& call) {
  const uint32_t number = static_cast<uint32_t>(call.nr);
  if (call.arch == audit_architecture(native_architecture())) {
    return is_unassigned(number & ~kX32Bit);
  }
  // Registers of 32 bits, of which the sixth is the frame pointer.
  const auto fits = [](uint64_t argument) { return argument <= UINT32_MAX; };
  return call.arch == kI386 && number >= kFirstFreeOfI386 && number < kX32Bit &&
         std::all_of(call.args, call.args + 5, fits) && call.args[5] == 0 &&
         testing::takes_i386_calls();
}

std::vector<uint32_t> answers_of_kernel(const Program& program,
                                        const std::vector<struct seccomp_data>& calls) {
  const size_t bytes = std::max<size_t>(calls.size(), 1) * sizeof(uint32_t);
  void* shared = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail("no memory");
  uint32_t* answers = static_cast<uint32_t*>(shared);
  std::fill_n(answers, calls.size(), SECCOMP_RET_KILL_PROCESS);
  const pid_t child = fork();
  if (child == 0) {
    install(program);
    for (size_t i = 0; i < calls.size(); ++i) answers[i] = answer_to(calls[i]);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) fail("no child");
  const std::vector<uint32_t> result(answers, answers + calls.size());
  munmap(shared, bytes);
  if (!WIFEXITED(status) && WTERMSIG(status) != SIGSYS)
    fail("the child has died of something else");
  return result;
}

}  // namespace qsbx
