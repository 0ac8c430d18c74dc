// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/render.h"

#include "src/errors/text.h"
#include "src/render/entries.h"
#include "src/render/fit.h"
#include "src/render/minijail.h"
#include "src/render/oci.h"
#include "src/render/spo.h"
#include "src/render/systemd.h"

namespace qsbx {
namespace {

Expressiveness expressiveness_of(Format format) {
  const std::string most = std::to_string(kMostClauses) + " alternatives for a call";
  switch (format) {
    case Format::kOci:
      return {[](const CallPolicy& call) { return can_express(call, NumberRange::kUnsigned64); },
              "more than " + most + " would be needed"};
    case Format::kSpo:
      return {[](const CallPolicy& call) { return can_express(call, NumberRange::kSigned64); },
              "numbers above 9223372036854775807 or more than " + most + " would be needed"};
    case Format::kMinijail:
      return {[](const CallPolicy& call) { return clauses_of(call, kMostClauses).has_value(); },
              "more than " + most + " would be needed"};
    case Format::kSystemd:
      return {[](const CallPolicy&) { return false; }, "which looks at arguments"};
  }
  return {[](const CallPolicy&) { return false; }, ""};
}

Status check_request(const RenderRequest& request) {
  if (request.format == Format::kSpo) return check_object_name(request.name);
  if (request.format == Format::kMinijail) return check_minijail_mode(request.mode);
  return Done{};
}

std::optional<std::string> remark_on_reports(const Policy& policy, Mode mode) {
  std::vector<std::string> names;
  for (const auto& [number, call] : policy.calls()) {
    const bool reported = call.refusal && call.refusal->reported && !call.is_unconditional();
    if (reported) names.push_back(call_name(number, policy.architecture()));
  }
  if (names.empty() || mode == Mode::kAudit) return std::nullopt;
  return "failing without a report, which the policy asks for: " + joined(names);
}

std::optional<std::string> remark_on_start(const Policy& policy) {
  for (const auto& [number, call] : policy.calls()) {
    const bool granted = !call.grants.empty();
    if (granted && call_name(number, policy.architecture()) == "execve") return std::nullopt;
  }
  return "execve is not granted, and a program that is started under this cannot start; --union "
         "FILE joins what its start takes";
}

std::optional<std::string> remark_on_foreign_calls(Format format, Mode mode) {
  if (mode == Mode::kEnforce) return std::nullopt;
  const bool logs_nothing = format == Format::kSystemd && mode == Mode::kAudit;
  return logs_nothing ? "calls of other ABIs run and are not logged"
                      : "calls of other ABIs kill, in this mode too";
}

std::vector<std::string> remarks_on(const PolicyByNumber& fitted, const RenderRequest& request) {
  std::vector<std::string> remarks;
  for (const ChangedRule& rule : fitted.changed) {
    remarks.push_back("changed: " + rule.to_string(fitted.policy.architecture()));
  }
  for (const auto& remark :
       {remark_on_reports(fitted.policy, request.mode),
        remark_on_foreign_calls(request.format, request.mode), remark_on_start(fitted.policy)}) {
    if (remark) remarks.push_back(*remark);
  }
  return remarks;
}

std::string text_of(const Policy& policy, const RenderRequest& request,
                    const std::vector<std::string>& remarks) {
  switch (request.format) {
    case Format::kOci:
      return to_oci(policy, request.mode);
    case Format::kSpo:
      return to_spo(policy, request.mode, request.name, remarks);
    case Format::kMinijail:
      return to_minijail(policy, remarks);
    case Format::kSystemd:
      return to_systemd(policy, request.mode, remarks);
  }
  return "";
}

}  // namespace

std::optional<Format> format_by_name(std::string_view name) {
  if (name == "oci") return Format::kOci;
  if (name == "spo") return Format::kSpo;
  if (name == "minijail") return Format::kMinijail;
  if (name == "systemd") return Format::kSystemd;
  return std::nullopt;
}

Result<Rendering> render(const Policy& policy, const RenderRequest& request) {
  if (const Status possible = check_request(request); !possible.ok()) return possible.error();
  const Result<PolicyByNumber> fitted =
      fit(policy, request.partial, expressiveness_of(request.format));
  if (!fitted.ok()) return fitted.error();
  if (fitted->policy.empty()) {
    return Error{ErrorCode::kUsage, "what is left of the policy grants nothing"};
  }
  const std::vector<std::string> remarks = remarks_on(*fitted, request);
  return Rendering{text_of(fitted->policy, request, remarks), remarks};
}

}  // namespace qsbx
