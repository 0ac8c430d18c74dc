// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/trace_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "src/cli/report.h"
#include "src/errors/text.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

using Json = nlohmann::ordered_json;

std::string condition_text(const RuleCount& rule) {
  const Syscall* call = find_syscall(native_architecture(), rule.number);
  return call == nullptr ? "" : rule.grant->condition.to_string(*call, native_architecture());
}

// By text, not by value: the text is what is compared.
std::map<std::string, uint64_t> lines_of(const NamedCounts& call) {
  std::map<std::string, uint64_t> lines;
  for (const auto& [telling, count] : call.counts->values) {
    lines[text_of(native_architecture(), call.key.number, telling)] += count;
  }
  return lines;
}

std::string table_text(const char* mark, const CallTable& table) {
  std::string text;
  for (const NamedCounts& call : by_name(native_architecture(), table)) {
    const std::string begin =
        mark + phase_name(call.key.phase) + " " + call.key.role + " " + call.name;
    for (const auto& [arguments, count] : lines_of(call)) {
      text += begin + arguments + "  " + std::to_string(count) + "\n";
    }
    if (call.counts->of_more_values == 0) continue;
    text += begin + " and more values than are kept  " +
            std::to_string(call.counts->of_more_values) + "\n";
  }
  return text;
}

std::string command_text(const std::vector<std::string>& command) {
  std::string text;
  for (const std::string& word : command) text += (text.empty() ? "" : " ") + word;
  return printable(text);
}

// As they were written.
std::vector<RuleCount> by_origin(const TraceRecord& record) {
  std::vector<RuleCount> rules = record.rules();
  std::ranges::stable_sort(rules, {}, [](const RuleCount& rule) { return rule.grant->origin; });
  return rules;
}

std::string rules_text(const TraceRecord& record) {
  std::string text;
  for (const RuleCount& rule : by_origin(record)) {
    text += "rule " + rule.grant->origin.to_string() + " " +
            traced_call_name(native_architecture(), rule.number) + ": " + condition_text(rule) +
            "  " + std::to_string(rule.count()) +
            (rule.from_kernel ? "" : " (from records: " + rule.why_not_kernel + ")") + "\n";
  }
  return text;
}

Json rules_json(const TraceRecord& record) {
  Json list = Json::array();
  for (const RuleCount& rule : by_origin(record)) {
    Json one = {{"rule", rule.grant->origin.to_string()},
                {"syscall", traced_call_name(native_architecture(), rule.number)},
                {"condition", condition_text(rule)},
                {"count", rule.count()},
                {"counted-by", rule.from_kernel ? "kernel" : "records"}};
    if (!rule.from_kernel) one["because"] = rule.why_not_kernel;
    list.push_back(one);
  }
  return list;
}

}  // namespace

std::string trace_text(const TraceFile& file) {
  const Trace& trace = file.trace;
  std::string text = "# qsbx trace of " + command_text(trace.command) + "\n";
  text += "# lost: " + (trace.lost ? std::to_string(*trace.lost) : "not known") + "\n";
  text += table_text("", trace.calls);
  if (!file.has_policy) return text;
  return text + table_text("denied ", file.record.denied()) + rules_text(file.record);
}

std::string trace_json(const TraceFile& file) {
  Json json = trace_json(file.trace);
  if (file.has_policy) {
    json["denied"] = table_json(native_architecture(), file.record.denied());
    json["rules"] = rules_json(file.record);
  }
  return json_text(json);
}

}  // namespace qsbx
