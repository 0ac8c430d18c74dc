// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/backends.h"

#include <nlohmann/json.hpp>

#include "kernel/bitmask.h"
#include "src/cli/program_text.h"
#include "src/cli/report.h"
#include "src/errors/text.h"
#include "src/policy/strict_policy.h"

namespace qsbx {
namespace {

int granted_calls(const Policy& policy) {
  int granted = 0;
  for (const auto& [number, call] : policy.calls()) granted += call.grants.empty() ? 0 : 1;
  return granted;
}

nlohmann::ordered_json json_of(const ChangedRule& rule, Architecture architecture) {
  return {{"syscall", call_name(rule.number, architecture)},
          {"file", rule.grant.origin.file},
          {"line", rule.grant.origin.line},
          {"now", rule.relaxed ? "whole" : "nothing"}};
}

std::vector<std::string> names_of(const std::vector<int>& numbers, Architecture architecture) {
  std::vector<std::string> names;
  for (const int number : numbers) names.push_back(call_name(number, architecture));
  return names;
}

std::string strict_json(Architecture architecture, const std::vector<std::string>& beyond) {
  nlohmann::ordered_json calls = nlohmann::ordered_json::array();
  const Policy strict = strict_policy(architecture);
  for (const auto& [number, call] : strict.calls()) {
    calls.push_back({{"syscall", call_name(number, architecture)}, {"number", number}});
  }
  const nlohmann::ordered_json answer = {{"backend", "strict"},
                                         {"architecture", architecture_name(architecture)},
                                         {"calls", calls},
                                         {"beyond_policy", beyond}};
  return answer.dump() + "\n";
}

std::string strict_text(Architecture architecture) {
  std::string text =
      "The policy fits strict mode (seccomp mode 1), which has no program. It lets through:\n";
  const Policy strict = strict_policy(architecture);
  for (const auto& [number, call] : strict.calls()) {
    text += "  " + call_name(number, architecture) + " (" + std::to_string(number) + ")\n";
  }
  return text + "Any other call ends the thread that makes it by SIGKILL.\n";
}

Error only_enforces() {
  return {
      ErrorCode::kUsage,
      "strict mode can only kill: it has no --mode errno and no --mode audit, which are for the "
      "backends bitmask and filter"};
}

}  // namespace

void say_bitmask(const PolicyByNumber& numbers, const Program& program) {
  const Architecture architecture = numbers.policy.architecture();
  for (const ChangedRule& rule : numbers.changed) {
    say("changed: " + rule.to_string(architecture));
  }
  say("bitmask: of " + std::to_string(granted_calls(numbers.policy)) +
      " granted calls the kernel's bitmap answers " +
      std::to_string(count_cached_calls(program, numbers.policy)) +
      " without a run of the program (since Linux 5.11)");
}

std::string bitmask_json(const PolicyByNumber& numbers, const Program& program) {
  const Architecture architecture = numbers.policy.architecture();
  nlohmann::ordered_json changed = nlohmann::ordered_json::array();
  for (const ChangedRule& rule : numbers.changed) changed.push_back(json_of(rule, architecture));
  const nlohmann::ordered_json answer = {
      {"backend", "bitmask"},
      {"architecture", architecture_name(architecture)},
      {"granted_calls", granted_calls(numbers.policy)},
      {"cached_calls", count_cached_calls(program, numbers.policy)},
      {"changed_rules", changed},
      {"program", json_of(program)}};
  return answer.dump() + "\n";
}

Result<std::string> strict_answer(const Policy& policy, Mode mode, bool json) {
  if (mode != Mode::kEnforce) return only_enforces();
  if (const Status fits = check_strict(policy); !fits) return fits.error();
  const Result<std::vector<int>> only_strict = granted_only_by_strict(policy);
  if (!only_strict) return only_strict.error();
  const std::vector<std::string> beyond = names_of(*only_strict, policy.architecture());
  if (!beyond.empty()) {
    say("warning: strict mode lets through what this policy does not grant, or not for all "
        "arguments: " +
        joined(beyond));
  }
  return json ? strict_json(policy.architecture(), beyond) : strict_text(policy.architecture());
}

}  // namespace qsbx
