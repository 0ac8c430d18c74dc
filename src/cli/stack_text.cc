// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/stack_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "src/bpf/program.h"
#include "src/cli/report.h"
#include "src/lockdown/call_text.h"
#include "src/policy/algebra.h"
#include "src/profile/call_words.h"
#include "src/syscalls/beyond_filters.h"

namespace qsbx {
namespace {

using Json = nlohmann::ordered_json;

std::string condition_text(const Grant& grant, int number, Architecture architecture) {
  const Syscall* call = find_syscall(architecture, number);
  return call == nullptr || grant.condition.is_always()
             ? "always"
             : grant.condition.to_string(*call, architecture);
}

// "TRAP by 1": people count programs from 1.
std::string answer_text(const StackAnswer& answer) {
  const std::string action = action_name(answer.action);
  return lets_run(answer.action) ? action : action + " by " + std::to_string(answer.program + 1);
}

std::string rules_text(const Grant& grant) {
  std::string text = grant.origin.to_string();
  for (const Origin& other : grant.also) text += ", " + other.to_string();
  return text;
}

const std::vector<Grant>& grants_of(const StackReport& report, int number) {
  static const std::vector<Grant> none;
  if (!report.granted_by_each) return none;
  const auto entry = report.granted_by_each->calls().find(number);
  return entry == report.granted_by_each->calls().end() ? none : entry->second.grants;
}

bool runs(const StackedCall& call) {
  return std::ranges::any_of(call.answers,
                             [](const StackAnswer& answer) { return lets_run(answer.action); });
}

std::set<uint32_t> actions_of(const std::vector<StackAnswer>& answers) {
  std::set<uint32_t> actions;
  for (const StackAnswer& answer : answers) actions.insert(answer.action);
  return actions;
}

// What is not said already by the answer to numbers that no call has.
bool is_worth_a_line(const StackReport& report, const StackedCall& call) {
  return actions_of(call.answers) != actions_of(report.to_unknown);
}

void print_in_vain(std::ostream& out, const StackReport& report) {
  if (report.in_vain.empty()) {
    out << "each program grants only what the earlier ones do\n";
    return;
  }
  out << "granted in vain\n";
  for (const auto& [program, useless] : report.in_vain) {
    out << "  " << call_text(report.architecture, to_seccomp_data(useless.instead.example))
        << "\n    granted by " << program + 1;
    if (useless.grant != nullptr) {
      out << ", " << useless.grant->origin.to_string() << "  "
          << condition_text(*useless.grant, useless.number, report.architecture);
    }
    out << (useless.all ? "" : "  (in part)") << "\n    " << answer_text(useless.instead) << "\n";
  }
}

void print_answers(std::ostream& out, const StackReport& report, const StackedCall& call) {
  for (const StackAnswer& answer : call.answers) {
    out << "  " << answer_text(answer);
    if (call.answers.size() > 1) {
      out << ", as " << call_text(report.architecture, to_seccomp_data(answer.example));
    }
    out << "\n";
    if (!lets_run(answer.action)) continue;
    for (const Grant& grant : grants_of(report, call.number)) {
      out << "    " << condition_text(grant, call.number, report.architecture) << "  "
          << rules_text(grant) << "\n";
    }
  }
}

void print_all_answers(std::ostream& out, const char* to, const std::vector<StackAnswer>& answers) {
  out << to << "\n";
  for (const StackAnswer& answer : answers) out << "  " << answer_text(answer) << "\n";
}

std::vector<std::string> left_out(Architecture architecture) {
  std::vector<std::string> calls;
  for (const int number : unfiltered_calls(architecture)) {
    calls.push_back(call_name(number, architecture));
  }
  return calls;
}

Json example_json(const StackAnswer& answer, Architecture architecture) {
  return {{"action", action_name(answer.action)},
          {"program", answer.program + 1},
          {"args", answer.example.arguments},
          {"call", call_text(architecture, to_seccomp_data(answer.example))}};
}

Json answers_json(const std::vector<StackAnswer>& answers, Architecture architecture) {
  Json list = Json::array();
  for (const StackAnswer& answer : answers) list.push_back(example_json(answer, architecture));
  return list;
}

Json actions_json(const std::vector<StackAnswer>& answers) {
  Json list = Json::array();
  for (const StackAnswer& answer : answers) list.push_back(action_name(answer.action));
  return list;
}

Json grants_json(const StackReport& report, int number) {
  Json list = Json::array();
  for (const Grant& grant : grants_of(report, number)) {
    Json rules = Json::array({grant.origin.to_string()});
    for (const Origin& other : grant.also) rules.push_back(other.to_string());
    list.push_back(
        {{"condition", condition_text(grant, number, report.architecture)}, {"rules", rules}});
  }
  return list;
}

Json calls_json(const StackReport& report) {
  Json list = Json::array();
  for (const StackedCall& call : report.calls) {
    Json json = {{"syscall", call_name(call.number, report.architecture)},
                 {"nr", call.number},
                 {"answers", answers_json(call.answers, report.architecture)}};
    if (report.granted_by_each) json["granted"] = grants_json(report, call.number);
    list.push_back(std::move(json));
  }
  return list;
}

Json in_vain_json(const StackReport& report) {
  Json list = Json::array();
  for (const auto& [program, useless] : report.in_vain) {
    Json json = {{"granted_by", program + 1},
                 {"syscall", call_name(useless.number, report.architecture)},
                 {"nr", useless.number},
                 {"all", useless.all},
                 {"rule", nullptr},
                 {"condition", nullptr},
                 {"instead", example_json(useless.instead, report.architecture)}};
    if (useless.grant != nullptr) {
      json["rule"] = useless.grant->origin.to_string();
      json["condition"] = condition_text(*useless.grant, useless.number, report.architecture);
    }
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

size_t StackReport::callable() const {
  return static_cast<size_t>(std::ranges::count_if(calls, runs));
}

std::string stack_text(const StackReport& report) {
  std::ostringstream out;
  out << "programs, the oldest first\n";
  for (size_t i = 0; i < report.programs.size(); ++i) {
    out << "  " << i + 1 << "  " << report.programs[i] << "\n";
  }
  print_in_vain(out, report);
  out << "in force: " << report.callable() << " of " << report.calls.size()
      << " system calls can run\n";
  for (const StackedCall& call : report.calls) {
    if (!is_worth_a_line(report, call)) continue;
    out << call_name(call.number, report.architecture) << "\n";
    print_answers(out, report, call);
  }
  print_all_answers(out, "every other call", report.to_unknown);
  print_all_answers(out, "other architectures and ABIs", report.to_foreign);
  for (const std::string& call : left_out(report.architecture)) {
    out << "left out  " << call << ", for which recent kernels ask no program (qsbx probe)\n";
  }
  return out.str();
}

std::string stack_json(const StackReport& report) {
  const Json json = {{"arch", std::string(architecture_name(report.architecture))},
                     {"programs", report.programs},
                     {"tightens", report.in_vain.empty()},
                     {"in_vain", in_vain_json(report)},
                     {"callable", report.callable()},
                     {"calls", calls_json(report)},
                     {"unknown_numbers", actions_json(report.to_unknown)},
                     {"foreign", actions_json(report.to_foreign)},
                     {"left_out", left_out(report.architecture)}};
  return json_text(json);
}

}  // namespace qsbx
