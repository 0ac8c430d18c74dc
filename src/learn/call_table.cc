// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/call_table.h"

namespace qsbx {

void CallCounts::add(const TellingArguments& telling, uint64_t times) {
  const auto found = values.find(telling);
  if (found == values.end() && values.size() >= kMostValues) return add_of_more_values(times);
  count += times;
  values[telling] += times;
}

void CallCounts::add(const CallCounts& other) {
  for (const auto& [telling, times] : other.values) add(telling, times);
  add_of_more_values(other.of_more_values);
}

void CallCounts::add_of_more_values(uint64_t times) {
  count += times;
  of_more_values += times;
}

std::string phase_name(Phase phase) { return phase == Phase::kBoot ? "boot" : "run"; }

std::string traced_call_name(Architecture architecture, int64_t number) {
  const Syscall* call = find_traced_call(architecture, number);
  return call == nullptr ? std::to_string(number) : std::string(call->name);
}

std::string role_in_force(Architecture architecture, const CallKey& key) {
  const std::string name = traced_call_name(architecture, key.number);
  const bool is_birth = name == "set_robust_list" || name == "rseq";
  return is_birth ? "main" : key.role;
}

}  // namespace qsbx
