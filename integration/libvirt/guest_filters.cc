// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/guest_filters.h"

#include <linux/seccomp.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "integration/libvirt/expected_policy.h"
#include "integration/libvirt/guest_process.h"
#include "integration/libvirt/guest_threads.h"
#include "kernel/filter_dump.h"
#include "kernel/thread_state.h"
#include "src/policy/algebra.h"
#include "src/policy/program_stack.h"
#include "src/profile/call_words.h"
#include "src/verify/symbolic_execution.h"

namespace qsbx {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks(50);

Error not_locked_down(const std::string& why) { return Error{ErrorCode::kNotProven, why}; }

Error not_locked_down(const ThreadState& thread, const std::string& why) {
  return not_locked_down("thread " + std::to_string(thread.tid) + " (" + thread.name +
                         ") of the guest " + why);
}

Status check_has_filters(const ThreadState& thread, int others) {
  if (thread.seccomp_mode == SECCOMP_MODE_FILTER && thread.no_new_privs &&
      (thread.filters < 0 || thread.filters > others)) {
    return Done{};
  }
  return not_locked_down(thread, "has no filter of qsbx's");
}

uint32_t without_data(uint32_t action) { return action & SECCOMP_RET_ACTION_FULL; }

// A call to which all programs together give a looser answer than the policy.
struct LooserAnswer {
  seccomp_data call;
  bool runs;
};

Result<std::optional<LooserAnswer>> looser_answer(const std::vector<Program>& programs,
                                                  const Policy& policy, const Actions& actions) {
  ProgramStack stack(policy.architecture());
  DecisionDiagrams& diagrams = stack.diagrams();
  for (const Program& program : programs) {
    const auto node = diagram_of(diagrams, program);
    if (!node) return Error{ErrorCode::kPolicy, node.error().message};  // which proves nothing
    stack.add(*node);
  }
  const auto in_force = diagrams.image(stack.effective(), without_data);
  stack.add(diagrams.image(diagram_of(diagrams, policy, actions), without_data));
  // The stricter of both is what is in force, unless that is looser somewhere.
  const auto stricter = diagrams.image(stack.effective(), without_data);
  if (Status small = stack.check_size(); !small) return small.error();
  const auto call = diagrams.difference(stricter, in_force);
  if (!call) return std::optional<LooserAnswer>();
  return std::optional<LooserAnswer>({*call, lets_run(diagrams.evaluate(in_force, *call))});
}

bool same_program(const Program& one, const Program& other) {
  return one.size() == other.size() &&
         std::memcmp(one.data(), other.data(), one.size() * sizeof one.front()) == 0;
}

// Of the whole process, or of a role. Threads with the same programs need one look.
class ThreadChecker {
 public:
  ThreadChecker(Policy policy, Mode mode, const std::string& role = "")
      : policy_(std::move(policy)), actions_(actions_for(mode)), role_(role) {}

  Status check(const ThreadState& thread) {
    auto programs = filters_of_thread(thread.tid);
    if (!programs) return programs.error();
    if (is_checked(*programs)) return Done{};
    const auto looser = looser_answer(*programs, policy_, actions_);
    if (!looser) return looser.error();
    if (*looser) return not_locked_down(thread, text_of(**looser));
    checked_.push_back(std::move(programs).value());
    return Done{};
  }

 private:
  std::string text_of(const LooserAnswer& looser) const {
    const std::string name = call_name(looser.call.nr, policy_.architecture());
    if (!looser.runs) {
      return "has another mode than declared: what is denied is not ended, such as " + name;
    }
    return "may make calls that its " + (role_.empty() ? "policy" : "role (" + role_ + ")") +
           " does not grant, such as " + name;
  }

  bool is_checked(const std::vector<Program>& programs) const {
    return std::ranges::any_of(checked_, [&](const std::vector<Program>& checked) {
      return std::ranges::equal(checked, programs, same_program);
    });
  }

  Policy policy_;
  Actions actions_;
  std::string role_;
  std::vector<std::vector<Program>> checked_;
};

// Of a worker, which has nothing left to do. QEMU's first thread lasts as long as QEMU.
bool has_ended(pid_t qemu, pid_t thread) {
  const std::string task = "/proc/" + std::to_string(qemu) + "/task/" + std::to_string(thread);
  return thread != qemu && access(task.c_str(), F_OK) != 0;
}

Status check_unless_ended(ThreadChecker& checker, pid_t qemu, const ThreadState& thread) {
  Status within = checker.check(thread);
  return within || !has_ended(qemu, thread.tid) ? within : Status(Done{});
}

class RoleChecker {
 public:
  RoleChecker(pid_t qemu, const ExpectedPolicy& expected, Mode mode)
      : qemu_(qemu), expected_(expected), mode_(mode) {}

  Status check(std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      Status all = look_at_all();
      if (all || std::chrono::steady_clock::now() > until) return all;
      std::this_thread::sleep_for(kBetweenLooks);
    }
  }

 private:
  Status look_at_all() {
    const auto threads = threads_of(qemu_);
    if (!threads) return threads.error();
    const auto of_roles = threads_of_roles(qemu_, *threads);
    // A guest that runs has a processor.
    if (std::ranges::find(of_roles, "vcpu", &ThreadOfRole::role) == of_roles.end()) {
      return not_locked_down(
          "the threads of the guest have no names that tell their roles, as "
          "with '-name debug-threads=off', so that none is known to have its own");
    }
    for (const auto& [thread, role] : of_roles) {
      auto checker = checker_for(role);
      if (!checker) return checker.error();
      if (Status within = check_unless_ended(**checker, qemu_, thread); !within) return within;
    }
    return Done{};
  }

  Result<ThreadChecker*> checker_for(const std::string& role) {
    const auto known = checkers_.find(role);
    if (known != checkers_.end()) return &known->second;
    auto policy = expected_.run(role);
    if (!policy) return policy.error();
    const auto added = checkers_.try_emplace(role, std::move(policy).value(), mode_, role).first;
    return &added->second;
  }

  pid_t qemu_;
  const ExpectedPolicy& expected_;
  Mode mode_;
  std::map<std::string, ThreadChecker> checkers_;
};

// libvirt says "-sandbox off" where qemu.conf has seccomp_sandbox = 0.
bool switches_off(const std::string& sandbox) {
  return sandbox == "off" || sandbox.starts_with("off,") ||
         sandbox.find("enable=off") != sandbox.npos;
}

int own_filters(const std::vector<std::string>& command) {
  int filters = 0;
  for (size_t i = 0; i + 1 < command.size(); ++i) {
    if (command[i] == "-sandbox" && !switches_off(command[i + 1])) ++filters;
  }
  return filters;
}

Status check_threads_have_filters(pid_t qemu, const std::vector<ThreadState>& threads) {
  const auto command = command_of_guest(qemu);
  if (!command) return command.error();
  const int others = own_filters(*command);
  for (const ThreadState& thread : threads) {
    if (Status filtered = check_has_filters(thread, others); !filtered) return filtered;
  }
  return Done{};
}

Status check_process(pid_t qemu, const std::vector<ThreadState>& threads, Result<Policy> policy,
                     Mode mode) {
  if (!policy) return policy.error();
  ThreadChecker checker(std::move(policy).value(), mode);
  for (const ThreadState& thread : threads) {
    if (Status within = check_unless_ended(checker, qemu, thread); !within) return within;
  }
  return Done{};
}

// In phase boot there are none, and mode audit observes none.
bool are_roles_in_force(const Protection& protection, Phase phase) {
  return protection.roles && phase == Phase::kRun && protection.mode != Mode::kAudit;
}

}  // namespace

bool has_more_than_boot(pid_t qemu) {
  const auto threads = threads_of(qemu);
  const auto command = command_of_guest(qemu);
  if (!threads || !command) return false;
  const int under_boot = own_filters(*command) + 1;
  return std::ranges::any_of(
      *threads, [&](const ThreadState& thread) { return thread.filters > under_boot; });
}

bool reads_filters_back() { return geteuid() == 0; }

Status check_guest_filters(pid_t qemu, const Protection& protection, const std::string& profiles,
                           Phase phase, const std::string& xml,
                           std::chrono::milliseconds patience) {
  if (phase == Phase::kBoot && protection.mode == Mode::kAudit) return Done{};
  const auto threads = threads_of(qemu);
  if (!threads) return threads.error();
  if (Status filtered = check_threads_have_filters(qemu, *threads); !filtered) return filtered;
  if (!reads_filters_back()) return Done{};
  const auto expected = ExpectedPolicy::read(qemu, protection, profiles, xml);
  if (!expected) return expected.error();
  auto policy = phase == Phase::kBoot ? expected->boot() : expected->run();
  Status within = check_process(qemu, *threads, std::move(policy), protection.mode);
  if (!within || !are_roles_in_force(protection, phase)) return within;
  return RoleChecker(qemu, *expected, protection.mode).check(patience);
}

}  // namespace qsbx
