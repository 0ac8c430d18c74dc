// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/watch_output.h"

#include <glib.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "integration/libvirt/virt_report.h"

namespace qsbx {
namespace {

// Of what qsbx tells of a guest of libvirt's; for `journalctl MESSAGE_ID=`.
constexpr char kMessageId[] = "5b1a27a6c0f84f6f9d2a3f4d8b0e6c11";

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void add(nlohmann::ordered_json& json, const char* key, const std::string& value) {
  if (!value.empty()) json[key] = value;
}

// Deeper than QEMU's own events are; whoever has broken into QEMU sends what he wants.
constexpr int kDeepest = 16;

// What is no JSON, or lies deeper, is left out.
nlohmann::ordered_json data_from(const std::string& text) {
  using Json = nlohmann::ordered_json;
  const auto keep = [](int depth, Json::parse_event_t, Json&) { return depth < kDeepest; };
  const Json data = Json::parse(text, keep, /*allow_exceptions=*/false);
  return data.is_discarded() ? Json() : data;
}

Status print_event(const WatchEvent& event) {
  nlohmann::ordered_json json = {{"time", now()}, {"guest", event.guest}};
  add(json, "uuid", event.uuid);
  json["event"] = event.event;
  add(json, "reason", event.reason);
  add(json, "syscall", event.syscall);
  add(json, "violation", event.violation);
  if (event.locked_down) json["locked_down"] = *event.locked_down;
  add(json, "wrong", event.wrong);
  if (event.violations) json["violations"] = *event.violations;
  add(json, "qmp", event.qmp);
  if (!event.data.empty()) json["data"] = data_from(event.data);
  std::cout << json_line(json) << std::endl;
  if (std::cout) return Done{};
  return Error{ErrorCode::kKernel, "cannot write to standard output"};
}

bool is_grave(const WatchEvent& event) { return !event.violation.empty() || !event.wrong.empty(); }

// As syslog has them: critical, warning, informational.
const char* priority_of(const WatchEvent& event) {
  if (is_grave(event)) return "2";
  return event.bad ? "4" : "6";
}

std::string message_of(const WatchEvent& event) {
  std::string text = "guest " + event.guest + ": " + event.event;
  if (!event.reason.empty()) text += " (" + event.reason + ")";
  if (!event.violation.empty()) text += ": " + event.violation;
  if (!event.wrong.empty()) text += ": not locked down as declared: " + event.wrong;
  if (!event.qmp.empty()) text += ": " + event.qmp;
  return text;
}

std::string locked_down_text(const WatchEvent& event) {
  if (!event.locked_down) return "";
  return *event.locked_down ? "yes" : "no";
}

Status log_event(const WatchEvent& event) {
  const std::string locked_down = locked_down_text(event);
  const std::string violations = event.violations ? std::to_string(*event.violations) : "";
  const std::string message = message_of(event);
  const auto field = [](const char* key, const std::string& value) {
    return GLogField{key, value.c_str(), static_cast<gssize>(value.size())};
  };
  const GLogField fields[] = {field("MESSAGE", message),
                              {"MESSAGE_ID", kMessageId, -1},
                              {"SYSLOG_IDENTIFIER", "qsbx-virt", -1},
                              {"PRIORITY", priority_of(event), -1},
                              field("QSBX_GUEST", event.guest),
                              field("QSBX_UUID", event.uuid),
                              field("QSBX_EVENT", event.event),
                              field("QSBX_REASON", event.reason),
                              field("QSBX_SYSCALL", event.syscall),
                              field("QSBX_VIOLATION", event.violation),
                              field("QSBX_LOCKED_DOWN", locked_down),
                              field("QSBX_WRONG", event.wrong),
                              field("QSBX_VIOLATIONS", violations),
                              field("QSBX_QMP_EVENT", event.qmp),
                              field("QSBX_QMP_DATA", event.data)};
  const auto level = is_grave(event) ? G_LOG_LEVEL_CRITICAL : G_LOG_LEVEL_INFO;
  const auto written = g_log_writer_journald(level, fields, std::size(fields), nullptr);
  if (written == G_LOG_WRITER_HANDLED) return Done{};
  return Error{ErrorCode::kKernel,
               "the journal does not take messages; is systemd-journald running?"};
}

// A label's value, as Prometheus' text format has it.
std::string label(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return "{guest=\"" + escaped + "\"}";
}

using Value = std::optional<size_t>;

void write_metric(std::ostream& stream, const std::string& name, const std::string& help,
                  const AllCounts& all, Value (*value_of)(const GuestCounts&)) {
  stream << "# HELP " << name << " " << help << "\n# TYPE " << name << " gauge\n";
  for (const auto& [guest, counts] : all) {
    const Value value = value_of(counts);
    if (value) stream << name << label(guest) << " " << *value << "\n";
  }
}

void write_metrics(std::ostream& stream, const AllCounts& all) {
  write_metric(stream, "qsbx_guest_running", "Whether the guest runs.", all,
               [](const GuestCounts& one) -> Value { return one.running; });
  write_metric(stream, "qsbx_guest_locked_down",
               "Whether the guest was found to run under what it declares; absent where that is "
               "nothing, or is not known yet.",
               all, [](const GuestCounts& one) -> Value { return one.locked_down; });
  write_metric(stream, "qsbx_guest_violations", "Violations told of since the guest's last start.",
               all, [](const GuestCounts& one) -> Value { return one.violations; });
  write_metric(stream, "qsbx_guest_stopped_by_violation", "Whether a violation ended the guest.",
               all, [](const GuestCounts& one) -> Value { return one.stopped_by_violation; });
  stream << "# HELP qsbx_watch_time_seconds When this was written.\n"
            "# TYPE qsbx_watch_time_seconds gauge\nqsbx_watch_time_seconds "
         << std::fixed << now() << "\n";
}

Status replace_metrics(const std::string& file, const AllCounts& all) {
  const std::string beside = file + ".new";
  std::ofstream stream(beside, std::ios::trunc);
  write_metrics(stream, all);
  stream.close();
  if (stream && rename(beside.c_str(), file.c_str()) == 0) return Done{};
  const int error = errno;
  unlink(beside.c_str());
  return Error{ErrorCode::kUsage, "cannot write " + file + ": " + std::strerror(error), error};
}

}  // namespace

Output json_output() { return {print_event, {}}; }

Output journal_output() { return {log_event, {}}; }

Output metrics_output(const std::string& file) {
  return {{}, [file](const AllCounts& all) { return replace_metrics(file, all); }};
}

}  // namespace qsbx
