// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/proposal_text.h"

#include <nlohmann/json.hpp>

#include "src/errors/text.h"

namespace qsbx {
namespace {

using Json = nlohmann::ordered_json;

std::string of(size_t some, size_t all) {
  return std::to_string(some) + " of " + std::to_string(all);
}

std::string evidence(uint64_t count, const Runs& runs, const std::vector<Trace>& traces) {
  return std::to_string(count) + (count == 1 ? " call" : " calls") + " in " +
         of(runs.size(), traces.size()) + " runs: " + names_of(runs, traces);
}

std::vector<std::string> part_names(const std::set<Part>& parts) {
  std::vector<std::string> names;
  for (const Part& part : parts) names.push_back(part.to_string());
  return names;
}

std::string origin_text(const Proposal& proposal, const std::vector<Trace>& traces) {
  if (traces.size() == 1) return "one run tells nothing apart";
  if (!tell_apart(traces)) return "runs of machines that are not known tell nothing apart";
  const std::set<Part>& parts = proposal.parts;
  const std::string text = parts.empty()
                               ? "every machine"
                               : (parts.size() == 1 ? "" : "any of: ") + joined(part_names(parts));
  return (proposal.is_settled ? "" : "not settled: ") + text;
}

// Of a rule that has no place: others with the same parts did without the call.
std::string why_not_settled(const Proposal& proposal, const std::vector<Trace>& traces) {
  if (proposal.is_settled || proposal.parts.empty() || !tell_apart(traces)) return "";
  return "; " + of(proposal.runs.size(), proposal.runs_with_parts) + " runs with it";
}

std::vector<std::string> places_of(const Proposal& proposal, Phase phase, const ProfileSet* set) {
  const bool is_known = phase == Phase::kBoot || proposal.is_settled;
  if (set == nullptr || !is_known) return {};
  return places_for(proposal.parts, phase, *set);
}

std::string run_text(const Trace& trace) {
  const auto known = [](const std::string& text) { return text.empty() ? "not known" : text; };
  return trace.name + ": QEMU " + known(trace.qemu) + ", Linux " + known(trace.kernel) + ", " +
         known(trace.libc);
}

class TextWriter {
 public:
  TextWriter(const Proposals& proposals, const std::vector<Trace>& traces, const ProfileSet* set)
      : proposals_(proposals), traces_(traces), set_(set) {}

  std::string text() {
    head();
    for (const Proposal& proposal : proposals_.rules) rule(proposal);
    if (proposals_.rules.empty()) comment("Nothing to propose.");
    others();
    return text_;
  }

 private:
  void comment(const std::string& text) { text_ += "# " + printable(text) + "\n"; }

  void head() {
    comment(
        "Proposed by qsbx learn, for a reviewer: each rule says what was seen, not what is right.");
    for (const Trace& trace : traces_) comment("run " + run_text(trace));
    text_ += "phase " + phase_name(proposals_.phase) + "\n";
  }

  void rule(const Proposal& proposal) {
    const std::string origin = origin_text(proposal, traces_);
    if (origin_ != origin) begin_origin(origin, proposal);
    if (roles_ != proposal.roles) begin_roles(proposal.roles);
    comment(evidence(proposal.count, proposal.runs, traces_) + why_not_settled(proposal, traces_));
    for (const std::string& line : rule_lines(proposal, proposals_.architecture)) {
      text_ += line + "\n";
    }
  }

  void begin_origin(const std::string& origin, const Proposal& proposal) {
    origin_ = origin;
    text_ += "\n";
    comment("---- " + origin);
    for (const std::string& place : places_of(proposal, proposals_.phase, set_)) {
      comment("place: " + place);
    }
  }

  void begin_roles(const std::vector<std::string>& roles) {
    roles_ = roles;
    text_ += "[" + joined(roles) + "]\n";
  }

  void others() {
    if (proposals_.others.empty()) return;
    text_ += "\n";
    comment("---- not proposed");
    for (const NotProposed& other : proposals_.others) {
      comment(other.key.role + " " + traced_call_name(proposals_.architecture, other.key.number) +
              other.arguments + ": " + other.reason + "; " +
              evidence(other.count, other.runs, traces_));
    }
  }

  const Proposals& proposals_;
  const std::vector<Trace>& traces_;
  const ProfileSet* set_;
  std::string text_;
  std::string origin_;
  std::vector<std::string> roles_;
};

Json all_runs_json(const std::vector<Trace>& traces) {
  Json list = Json::array();
  for (const Trace& trace : traces) {
    list.push_back({{"name", trace.name},
                    {"qemu", trace.qemu},
                    {"kernel", trace.kernel},
                    {"libc", trace.libc}});
  }
  return list;
}

}  // namespace

Json run_names_json(const Runs& runs, const std::vector<Trace>& traces) {
  Json names = Json::array();
  for (const size_t run : runs) names.push_back(traces[run].name);
  return names;
}

std::string names_of(const Runs& runs, const std::vector<Trace>& traces) {
  constexpr size_t kNamed = 3;
  std::vector<std::string> names;
  for (const size_t run : runs) {
    if (names.size() < kNamed) names.push_back(traces[run].name);
  }
  const size_t more = runs.size() - names.size();
  return joined(names) + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

std::vector<std::string> rule_lines(const Proposal& proposal, Architecture architecture) {
  std::vector<std::string> lines;
  for (const std::string& condition : proposal.conditions) {
    lines.push_back(call_name(proposal.number, architecture) + ": " + condition);
  }
  return lines;
}

std::string proposals_text(const Proposals& proposals, const std::vector<Trace>& traces,
                           const ProfileSet* set) {
  return TextWriter(proposals, traces, set).text();
}

Json proposals_json(const Proposals& proposals, const std::vector<Trace>& traces,
                    const ProfileSet* set) {
  Json rules = Json::array(), others = Json::array();
  for (const Proposal& one : proposals.rules) {
    rules.push_back({{"parts", part_names(one.parts)},
                     {"runs-with-parts", one.runs_with_parts},
                     {"places", places_of(one, proposals.phase, set)},
                     {"roles", one.roles},
                     {"syscall", call_name(one.number, proposals.architecture)},
                     {"rules", rule_lines(one, proposals.architecture)},
                     {"count", one.count},
                     {"runs", run_names_json(one.runs, traces)}});
  }
  for (const NotProposed& one : proposals.others) {
    others.push_back({{"role", one.key.role},
                      {"syscall", traced_call_name(proposals.architecture, one.key.number)},
                      {"arguments", one.arguments.empty() ? "" : one.arguments.substr(1)},
                      {"count", one.count},
                      {"runs", run_names_json(one.runs, traces)},
                      {"reason", one.reason}});
  }
  return {{"runs", all_runs_json(traces)},
          {"phase", phase_name(proposals.phase)},
          {"arch", std::string(architecture_name(proposals.architecture))},
          {"proposals", rules},
          {"not-proposed", others}};
}

}  // namespace qsbx
