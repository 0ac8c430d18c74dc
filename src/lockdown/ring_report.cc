// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/ring_report.h"

#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

constexpr char kLetThrough[] =
    "what is submitted there is not seen by the filter, such as opening and removing files, making "
    "and connecting sockets, and closing descriptors that rules are bound to";

bool may_enter(const Policy& policy, Mode mode) {
  if (mode == Mode::kAudit) return true;
  const Syscall* enter = find_syscall(policy.architecture(), "io_uring_enter");
  if (enter == nullptr) return false;
  const auto found = policy.calls().find(enter->number);
  return found != policy.calls().end() && !found->second.grants.empty();
}

std::string reason(const IoUringState& state, const Policy& policy, Mode mode) {
  if (state.polled()) {
    return std::string(kLetThrough) + ", since a kernel thread polls, whatever the policy says";
  }
  if (mode == Mode::kAudit) return std::string(kLetThrough) + ", and is not reported";
  if (may_enter(policy, mode)) {
    return std::string(kLetThrough) + ", since the policy grants io_uring_enter";
  }
  return "nothing can be submitted there any more, since the policy does not grant io_uring_enter";
}

}  // namespace

bool rings_pass_filter(const IoUringState& state, const Policy& policy, Mode mode) {
  return !state.empty() && (state.polled() || may_enter(policy, mode));
}

std::string ring_report(const IoUringState& state, const Policy& policy, Mode mode) {
  if (state.empty()) return "";
  return std::string("qsbx: ") + (rings_pass_filter(state, policy, mode) ? "warning" : "note") +
         ": this process has " + to_string(state) + ": " + reason(state, policy, mode);
}

}  // namespace qsbx
