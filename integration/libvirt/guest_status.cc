// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/guest_status.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "kernel/filter_dump.h"
#include "kernel/thread_state.h"
#include "src/bpf/stack_cost.h"
#include "src/errors/text.h"
#include "src/lockdown/violation_report.h"
#include "src/syscalls/architecture.h"

namespace qsbx {
namespace {

using Json = nlohmann::ordered_json;

// 0 for a thread without any; unknown where the kernel does not say.
std::optional<int> filters_of(const ThreadState& thread) {
  if (thread.seccomp_mode == 0) return 0;
  if (thread.filters < 0) return std::nullopt;
  return thread.filters;
}

std::optional<int> least_filters(const std::vector<ThreadState>& threads) {
  std::optional<int> least;
  for (const ThreadState& thread : threads) {
    const auto filters = filters_of(thread);
    if (!filters) return std::nullopt;
    least = std::min(least.value_or(*filters), *filters);
  }
  return least;
}

std::optional<size_t> callable_by(pid_t process) {
  const auto programs = filters_of_thread(process);
  if (!programs) return std::nullopt;
  return costs_of_stack(*programs, native_architecture()).size();
}

void add_what_is_in_force(GuestStatus& status) {
  const pid_t process = status.guest.process;
  if (const auto threads = threads_of(process)) status.filters = least_filters(*threads);
  status.callable = callable_by(process);
}

template <typename T>
std::string text_or(const std::optional<T>& value, const std::string& absent) {
  return value ? std::to_string(*value) : absent;
}

// What says that what was declared is in force; empty where nothing does.
std::string proof_of(const GuestCheck& check) {
  if (!check.locked_down()) return "";
  if (!check.read_back) return "count";
  return check.phase == Phase::kBoot ? "boot" : "run";
}

std::string check_text(const GuestStatus& status) {
  if (status.check.wrong) return "NO";
  const std::string proof = proof_of(status.check);
  if (proof == "run") return "holds";
  if (proof == "count") return "counted";
  return proof.empty() ? "-" : proof;
}

std::string features_text(const GuestStatus& status) {
  if (!status.check.protection || status.check.protection->features.empty()) return "-";
  const auto& features = status.check.protection->features;
  return joined({features.begin(), features.end()});
}

std::string mode_text(const GuestStatus& status) {
  if (!status.check.protection) return "-";
  const std::string mode(mode_name(status.check.protection->mode));
  return status.check.protection->roles ? mode + "+roles" : mode;
}

constexpr size_t kColumns = 9;
using Row = std::array<std::string, kColumns>;

Row row_of(const GuestStatus& status) {
  const std::string unknown = status.guest.runs() ? "?" : "-";
  return {printable(status.guest.name),
          status.guest.runs() ? std::to_string(status.guest.process) : "-",
          state_text(status.guest),
          mode_text(status),
          text_or(status.filters, unknown),
          text_or(status.callable, unknown),
          check_text(status),
          std::to_string(status.guest.log.violations.size()),
          features_text(status)};
}

std::string aligned(const std::vector<Row>& rows) {
  std::array<size_t, kColumns> widths = {};
  for (const Row& row : rows) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::ostringstream text;
  for (const Row& row : rows) {
    for (size_t i = 0; i + 1 < kColumns; ++i) {
      text << std::left << std::setw(static_cast<int>(widths[i])) << row[i] << "  ";
    }
    text << row.back() << "\n";
  }
  return text.str();
}

// What does not fit into the table.
std::string remark_on(const GuestStatus& status) {
  std::string text;
  const std::string name = printable(status.guest.name) + ": ";
  if (status.check.wrong) text += name + printable(status.check.wrong->to_string()) + "\n";
  if (const Violation* end = status.guest.ended_by()) text += name + printable(end->line) + "\n";
  return text;
}

Json protection_json(const std::optional<Protection>& protection) {
  if (!protection) return nullptr;
  return {{"mode", mode_name(protection->mode)},
          {"roles", protection->roles},
          {"features", protection->features}};
}

template <typename T>
Json json_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json violations_json(const GuestLog& log) {
  Json list = Json::array();
  for (const Violation& one : log.violations)
    list.push_back({{"syscall", one.call}, {"line", one.line}});
  return list;
}

Json guest_json(const GuestStatus& status) {
  const Guest& guest = status.guest;
  Json json = {{"name", guest.name},
               {"libvirt", guest.daemon.uri},
               {"user", guest.daemon.user},
               {"state", state_text(guest)},
               {"pid", guest.runs() ? Json(guest.process) : Json(nullptr)},
               {"protection", protection_json(status.check.protection)},
               {"filters", json_or_null(status.filters)},
               {"callable", json_or_null(status.callable)},
               {"locked_down", nullptr},
               {"check", nullptr},
               {"wrong", nullptr},
               {"ended_by", nullptr},
               {"violations", violations_json(guest.log)}};
  if (guest.runs() && !status.check.is_open()) json["locked_down"] = status.check.locked_down();
  if (const auto proof = proof_of(status.check); !proof.empty()) json["check"] = proof;
  if (status.check.wrong) json["wrong"] = status.check.wrong->to_string();
  if (const Violation* end = guest.ended_by()) json["ended_by"] = end->call;
  return json;
}

}  // namespace

bool GuestStatus::is_bad() const { return check.wrong || guest.ended_by() != nullptr; }

std::string state_text(const Guest& guest) {
  if (guest.unreadable) return "unknown";
  if (guest.runs()) return guest.paused ? "paused" : "running";
  return guest.ended_by() != nullptr ? "stopped by a violation" : "shut off";
}

GuestStatus status_of(Guest guest) {
  GuestStatus status;
  status.guest = std::move(guest);
  status.check = check_guest(status.guest);
  if (status.guest.runs()) add_what_is_in_force(status);
  return status;
}

std::string status_table(const std::vector<GuestStatus>& guests) {
  std::vector<Row> rows = {
      {"NAME", "PID", "STATE", "MODE", "FILTERS", "CALLS", "CHECK", "VIOLATIONS", "FEATURES"}};
  std::string remarks;
  for (const GuestStatus& status : guests) {
    rows.push_back(row_of(status));
    remarks += remark_on(status);
  }
  return aligned(rows) + remarks;
}

Json status_json(const std::vector<GuestStatus>& guests) {
  Json list = Json::array();
  for (const GuestStatus& status : guests) list.push_back(guest_json(status));
  return list;
}

}  // namespace qsbx
