// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/qemu_sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "kernel/filter_dump.h"
#include "kernel/thread_state.h"
#include "src/machine/selection.h"
#include "src/policy/algebra.h"
#include "src/profile/profile.h"
#include "src/syscalls/syscall_table.h"
#include "src/verify/symbolic_execution.h"
#include "tests/support/source_tree.h"

namespace qsbx::bench {
namespace {

using Node = DecisionDiagrams::Node;

const std::string kRules = in_source_tree("bench/data/qemu-sandbox.profile");
constexpr Actions kOneDenial = {
    .deny = SECCOMP_RET_KILL_PROCESS, .refusals_allow = false, .foreign = SECCOMP_RET_KILL_PROCESS};
constexpr uint32_t kNoSuchCall = SECCOMP_RET_ERRNO | ENOSYS;

// In the child.
[[noreturn]] void run_qemu() {
  const int nothing = open("/dev/null", O_RDWR);
  for (int descriptor = 0; descriptor < 3; ++descriptor) dup2(nothing, descriptor);
  execlp("qemu-system-x86_64", "qemu-system-x86_64", "-machine", "none", "-nodefaults", "-display",
         "none", "-S", "-sandbox",
         "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny", nullptr);
  _exit(127);
}

// QEMU installs its filter while it reads its options.
bool wait_for_filter(pid_t pid) {
  for (int tries = 0; tries < 500; ++tries) {
    const auto threads = threads_of(pid);
    if (threads.ok() && !threads->empty() && threads->front().seccomp_mode == 2) return true;
    if (waitpid(pid, nullptr, WNOHANG) == pid) return false;
    usleep(10'000);
  }
  return false;
}

bool is_denial(const Instruction& instruction) {
  return instruction.code == (BPF_RET | BPF_K) && instruction.k != SECCOMP_RET_ALLOW &&
         instruction.k != kNoSuchCall;
}

Program with_one_denial(Program program) {
  for (Instruction& instruction : program) {
    if (is_denial(instruction)) instruction.k = SECCOMP_RET_KILL_PROCESS;
  }
  return program;
}

// The calls that are compared.
Node compared_calls(DecisionDiagrams& diagrams, Architecture architecture) {
  constexpr uint32_t kAllBits = UINT32_MAX;
  Node known = diagrams.falsehood();
  for (const Syscall& call : syscalls(architecture)) {
    const uint32_t number = static_cast<uint32_t>(call.number);
    Node one = diagrams.word_equals(kNumberOffset, kAllBits, number);
    if (call.name == "sched_setscheduler") {
      one = diagrams.both(one, diagrams.word_equals(argument_offset(1, true), kAllBits, 0));
    }
    known = diagrams.either(known, one);
  }
  return diagrams.both(
      known, diagrams.word_equals(kArchitectureOffset, kAllBits, audit_architecture(architecture)));
}

}  // namespace

Result<Policy> qemu_sandbox_policy() {
  std::ifstream file(kRules);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Result<Profile> rules = parse_profile(text, kRules, Architecture::kX86_64, true);
  if (!rules.ok()) return rules.error();
  Selection selection;
  selection.add(*rules, "the benchmark");
  return compose(selection, {}, Architecture::kX86_64);
}

Result<Program> qemu_sandbox_program() {
  const pid_t pid = fork();
  if (pid == 0) run_qemu();
  Result<std::vector<Program>> filters =
      wait_for_filter(pid) ? filters_of_thread(pid)
                           : Error{ErrorCode::kKernel, "QEMU does not start with -sandbox"};
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  if (!filters.ok()) return filters.error();
  if (filters->size() == 1) return std::move(filters->front());
  return Error{ErrorCode::kKernel,
               "QEMU has " + std::to_string(filters->size()) + " filters, not one"};
}

Result<std::optional<struct seccomp_data>> find_difference_in_real_calls(const Program& qemus,
                                                                         const Policy& ours) {
  DecisionDiagrams diagrams;
  const Result<Node> theirs = diagram_of(diagrams, with_one_denial(qemus));
  if (!theirs.ok()) return theirs.error();
  const Node wanted = diagram_of(diagrams, ours, kOneDenial);
  const Node compared = compared_calls(diagrams, ours.architecture());
  const Node nothing = diagrams.terminal(SECCOMP_RET_ALLOW);
  const auto difference = diagrams.difference(diagrams.if_then_else(compared, *theirs, nothing),
                                              diagrams.if_then_else(compared, wanted, nothing));
  if (diagrams.overflowed()) return Error{ErrorCode::kNotProven, "too large to compare"};
  return difference;
}

}  // namespace qsbx::bench
