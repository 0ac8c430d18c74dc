// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <nlohmann/json.hpp>

#include "src/learn/trace.h"

namespace qsbx {
namespace {

using Json = nlohmann::ordered_json;

Json values_json(Architecture architecture, int64_t number, const CallCounts& counts) {
  Json values = Json::array();
  for (const auto& [telling, count] : counts.values) {
    Json arguments = Json::object();
    for (const auto& [name, value] : texts_of(architecture, number, telling)) {
      arguments[name] = value;
    }
    values.push_back({{"arguments", arguments}, {"count", count}});
  }
  return values;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json parts_json(const std::set<Part>& parts) {
  Json list = Json::array();
  for (const Part& part : parts) list.push_back(part.to_string());
  return list;
}

}  // namespace

std::vector<NamedCounts> by_name(Architecture architecture, const CallTable& table) {
  std::vector<NamedCounts> calls;
  for (const auto& [key, counts] : table) {
    calls.push_back({key, traced_call_name(architecture, key.number), &counts});
  }
  std::ranges::sort(calls, [](const auto& a, const auto& b) { return a.order() < b.order(); });
  return calls;
}

Json table_json(Architecture architecture, const CallTable& table) {
  Json list = Json::array();
  for (const NamedCounts& call : by_name(architecture, table)) {
    list.push_back({{"phase", phase_name(call.key.phase)},
                    {"role", call.key.role},
                    {"syscall", call.name},
                    {"nr", call.key.number},
                    {"count", call.counts->count},
                    {"values", values_json(architecture, call.key.number, *call.counts)},
                    {"of-more-values", call.counts->of_more_values}});
  }
  return list;
}

Json trace_json(const Trace& trace) {
  Json json = {{"command", trace.command},
               {"arch", std::string(architecture_name(trace.architecture))},
               {"qemu", text_or_null(trace.qemu)},
               {"kernel", text_or_null(trace.kernel)},
               {"libc", text_or_null(trace.libc)},
               {"machine", parts_json(trace.parts)},
               {"lost", nullptr},
               {"devices-ready", trace.devices_ready},
               {"calls", table_json(trace.architecture, trace.calls)}};
  if (trace.lost) json["lost"] = *trace.lost;
  return json;
}

}  // namespace qsbx
