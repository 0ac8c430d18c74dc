// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A recorded run: what was run, where, and what it called. `qsbx trace --json` writes it, `learn`
// and `coverage` read it; docs/man/qsbx-trace.1.scd describes the text.
#ifndef QSBX_LEARN_TRACE_H_
#define QSBX_LEARN_TRACE_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"
#include "src/learn/call_table.h"
#include "src/machine/machine.h"

namespace qsbx {

struct Trace {
  std::string name;                  // of the run; the file's when it has none of its own
  std::vector<std::string> command;  // of QEMU
  Architecture architecture = native_architecture();
  std::string qemu = {};    // version; empty: not known
  std::string kernel = {};  // release
  std::string libc = {};    // "glibc 2.36"
  std::set<Part> parts = {};
  std::optional<uint64_t> lost = {};  // nullopt: not known
  bool devices_ready = false;         // the mark between the phases was seen
  CallTable calls = {};
};

nlohmann::ordered_json trace_json(const Trace& trace);
// A list of objects, one for each call of a phase and role.
nlohmann::ordered_json table_json(Architecture architecture, const CallTable& table);

// kUsage names `file`, the place in it, and what is wrong there.
Result<Trace> parse_trace(std::string_view text, const std::string& file);
Result<Trace> read_trace(const std::string& file);
// In the order of the files. An error when two runs have one name.
Result<std::vector<Trace>> read_traces(const std::vector<std::string>& files);

// In the order of names, which stays when numbers differ between architectures.
struct NamedCounts {
  CallKey key;
  std::string name;
  const CallCounts* counts;

  auto order() const { return std::tie(key.phase, key.role, name, key.number); }
};
std::vector<NamedCounts> by_name(Architecture architecture, const CallTable& table);

}  // namespace qsbx

#endif
