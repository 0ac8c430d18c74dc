// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/trace_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

using Json = nlohmann::ordered_json;

std::string phase_name(TracePhase phase) { return phase == TracePhase::kBoot ? "boot" : "run"; }

std::string condition_text(const RuleCount& rule) {
  const Syscall* call = find_syscall(native_architecture(), rule.number);
  return call == nullptr ? "" : rule.grant->condition.to_string(*call, native_architecture());
}

// In the order of names, which stays when numbers differ between architectures.
struct NamedCounts {
  CallKey key;
  std::string name;
  const CallCounts* counts;

  auto order() const { return std::tie(key.phase, key.role, name, key.number); }
};

std::vector<NamedCounts> by_name(const CallTable& table) {
  std::vector<NamedCounts> calls;
  for (const auto& [key, counts] : table) {
    calls.push_back({key, traced_call_name(key.number), &counts});
  }
  std::ranges::sort(calls, [](const auto& a, const auto& b) { return a.order() < b.order(); });
  return calls;
}

std::string text_of(const CallKey& key, const Arguments& telling) {
  std::string text;
  for (const auto& [name, value] : telling_arguments(native_architecture(), key.number, telling)) {
    text += " " + name + "=" + value;
  }
  return text;
}

// By text, not by value: the text is what is compared.
std::map<std::string, uint64_t> lines_of(const NamedCounts& call) {
  std::map<std::string, uint64_t> lines;
  for (const auto& [telling, count] : call.counts->values) {
    lines[text_of(call.key, telling)] += count;
  }
  return lines;
}

std::string table_text(const char* mark, const CallTable& table) {
  std::string text;
  for (const NamedCounts& call : by_name(table)) {
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
  std::ranges::replace(text, '\n', ' ');
  return text;
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
    text += "rule " + rule.grant->origin.to_string() + " " + traced_call_name(rule.number) + ": " +
            condition_text(rule) + "  " + std::to_string(rule.count()) +
            (rule.from_kernel ? "" : " (from records: " + rule.why_not_kernel + ")") + "\n";
  }
  return text;
}

Json table_json(const CallTable& table) {
  Json list = Json::array();
  for (const NamedCounts& call : by_name(table)) {
    Json values = Json::array();
    for (const auto& [telling, count] : call.counts->values) {
      Json arguments = Json::object();
      for (const auto& [name, value] :
           telling_arguments(native_architecture(), call.key.number, telling)) {
        arguments[name] = value;
      }
      values.push_back({{"arguments", arguments}, {"count", count}});
    }
    list.push_back({{"phase", phase_name(call.key.phase)},
                    {"role", call.key.role},
                    {"syscall", call.name},
                    {"nr", call.key.number},
                    {"count", call.counts->count},
                    {"values", values},
                    {"of-more-values", call.counts->of_more_values}});
  }
  return list;
}

Json rules_json(const TraceRecord& record) {
  Json list = Json::array();
  for (const RuleCount& rule : by_origin(record)) {
    Json one = {{"rule", rule.grant->origin.to_string()},
                {"syscall", traced_call_name(rule.number)},
                {"condition", condition_text(rule)},
                {"count", rule.count()},
                {"counted-by", rule.from_kernel ? "kernel" : "records"}};
    if (!rule.from_kernel) one["because"] = rule.why_not_kernel;
    list.push_back(one);
  }
  return list;
}

}  // namespace

std::string traced_call_name(int64_t number) {
  const Syscall* call = number < 0 || number > INT32_MAX
                            ? nullptr
                            : find_syscall(native_architecture(), static_cast<int>(number));
  return call == nullptr ? std::to_string(number) : std::string(call->name);
}

std::string trace_text(const TraceFile& file) {
  std::string text = "# qsbx trace of " + command_text(file.command) + "\n";
  text += "# lost: " + (file.lost ? std::to_string(*file.lost) : "not known") + "\n";
  text += table_text("", file.record.calls());
  if (!file.has_policy) return text;
  return text + table_text("denied ", file.record.denied()) + rules_text(file.record);
}

std::string trace_json(const TraceFile& file) {
  Json json = {{"command", file.command},
               {"arch", std::string(architecture_name(native_architecture()))},
               {"lost", nullptr},
               {"devices-ready", file.record.saw_devices_ready()},
               {"calls", table_json(file.record.calls())}};
  if (file.lost) json["lost"] = *file.lost;
  if (file.has_policy) {
    json["denied"] = table_json(file.record.denied());
    json["rules"] = rules_json(file.record);
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace qsbx
