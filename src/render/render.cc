// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/render.h"

#include <algorithm>

#include "src/errors/text.h"
#include "src/policy/bound_descriptors.h"
#include "src/render/entries.h"
#include "src/render/fit.h"
#include "src/render/minijail.h"
#include "src/render/oci.h"
#include "src/render/spo.h"
#include "src/render/systemd.h"
#include "src/render/text.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

NumberRange numbers_of(Format format) {
  return format == Format::kSpo ? NumberRange::kSigned64 : NumberRange::kUnsigned64;
}

Expressiveness expressiveness_of(Format format, Mode mode) {
  const std::string most = std::to_string(kMostClauses) + " alternatives for a call";
  const auto by_entries = [format, mode](const CallPolicy& call) {
    return can_express(call, mode, numbers_of(format));
  };
  switch (format) {
    case Format::kOci:
      return {by_entries, "more than " + most + " would be needed"};
    case Format::kSpo:
      return {by_entries,
              "numbers above 9223372036854775807 or more than " + most + " would be needed"};
    case Format::kMinijail:
    case Format::kCrosvm:
      return {[](const CallPolicy& call) { return overlapping_clauses(call).has_value(); },
              "more than " + most + " would be needed"};
    case Format::kSystemd:
      return {[mode](const CallPolicy& call) { return runs_whole(call, mode); },
              "which looks at arguments"};
  }
  return {[](const CallPolicy&) { return false; }, ""};
}

bool is_minijail(Format format) { return format == Format::kMinijail || format == Format::kCrosvm; }

Status check_request(const RenderRequest& request) {
  if (request.format == Format::kSpo) return check_object_name(request.name);
  if (is_minijail(request.format)) return check_minijail_mode(request.mode);
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

// Only entries take more than one for an errno.
std::optional<std::string> remark_on_lost_errnos(const Policy& policy,
                                                 const RenderRequest& request) {
  if (request.format != Format::kOci && request.format != Format::kSpo) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [number, call] : policy.calls()) {
    if (keeps_errno(call, request.mode, numbers_of(request.format))) continue;
    names.push_back(call_name(number, policy.architecture()) + " (" +
                    std::string(errno_name(call.refusal->error)) + ")");
  }
  if (names.empty()) return std::nullopt;
  const std::string instead = request.mode == Mode::kEnforce
                                  ? "ending the process, which --mode errno does not,"
                                  : "failing with EPERM";
  return instead +
         " where the policy has an errno that would take too many entries: " + joined(names);
}

std::optional<std::string> remark_on_descriptors(const Policy& policy) {
  const std::string note = unbound_note(kinds_in(policy));
  return note.empty() ? std::nullopt : std::optional(note);
}

bool grants_some(const Policy& policy, std::string_view name) {
  return std::ranges::any_of(policy.calls(), [&](const auto& entry) {
    return !entry.second.grants.empty() && call_name(entry.first, policy.architecture()) == name;
  });
}

std::optional<std::string> remark_on_signals(const Policy& policy) {
  if (!grants_some(policy, "tgkill")) return std::nullopt;
  return "tgkill reaches other processes here, and at lockdown the own one only";
}

std::optional<std::string> remark_on_start(const Policy& policy, Mode mode) {
  if (mode == Mode::kAudit || grants_some(policy, "execve")) return std::nullopt;
  return "execve is not granted, and a program that is started under this cannot start; --union "
         "FILE joins what its start takes";
}

std::optional<std::string> remark_on_foreign_calls(Format format, Mode mode) {
  if (mode == Mode::kEnforce) return std::nullopt;
  const bool logs_nothing = format == Format::kSystemd && mode == Mode::kAudit;
  return logs_nothing ? "calls of other ABIs run and are not logged"
                      : "calls of other ABIs kill, in this mode too";
}

std::vector<std::string> remarks_on(const Policy& policy, const PolicyByNumber& fitted,
                                    const RenderRequest& request) {
  std::vector<std::string> remarks;
  for (const ChangedRule& rule : fitted.changed) {
    remarks.push_back("changed: " + rule.to_string(fitted.policy.architecture()));
  }
  for (const auto& remark :
       {remark_on_reports(fitted.policy, request.mode),
        remark_on_lost_errnos(fitted.policy, request), remark_on_descriptors(policy),
        remark_on_signals(fitted.policy), remark_on_foreign_calls(request.format, request.mode),
        remark_on_start(fitted.policy, request.mode)}) {
    if (remark) remarks.push_back(*remark);
  }
  return remarks;
}

Result<Rendering> minijail_rendering(const Policy& policy, Format format,
                                     std::vector<std::string> remarks) {
  const auto lines = minijail_lines(
      policy, format == Format::kCrosvm ? MinijailReader::kCompiler : MinijailReader::kMinijail0);
  if (!lines) return lines.error();
  if (!lines->whole_registers.empty()) {
    remarks.push_back(
        "not granted where a 32-bit argument has something else than its sign or zeros in the "
        "register's upper half, which would make the program too long: " +
        joined(lines->whole_registers));
  }
  return Rendering{header_comment(policy, Mode::kEnforce, remarks) + lines->text, remarks};
}

Result<Rendering> rendering_of(const Policy& policy, const RenderRequest& request,
                               const std::vector<std::string>& remarks) {
  switch (request.format) {
    case Format::kOci:
      return Rendering{to_oci(policy, request.mode), remarks};
    case Format::kSpo:
      return Rendering{to_spo(policy, request.mode, request.name, remarks), remarks};
    case Format::kMinijail:
    case Format::kCrosvm:
      return minijail_rendering(policy, request.format, remarks);
    case Format::kSystemd:
      return Rendering{to_systemd(policy, request.mode, remarks), remarks};
  }
  return Rendering{};
}

}  // namespace

std::optional<Format> format_by_name(std::string_view name) {
  if (name == "oci") return Format::kOci;
  if (name == "spo") return Format::kSpo;
  if (name == "minijail") return Format::kMinijail;
  if (name == "crosvm") return Format::kCrosvm;
  if (name == "systemd") return Format::kSystemd;
  return std::nullopt;
}

Result<Rendering> render(const Policy& policy, const RenderRequest& request) {
  if (const Status possible = check_request(request); !possible.ok()) return possible.error();
  const Result<PolicyByNumber> fitted =
      fit(policy, request.partial, expressiveness_of(request.format, request.mode));
  if (!fitted.ok()) return fitted.error();
  if (fitted->policy.empty()) {
    return Error{ErrorCode::kUsage, "what is left of the policy grants nothing"};
  }
  return rendering_of(fitted->policy, request, remarks_on(policy, *fitted, request));
}

}  // namespace qsbx
