// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Reads back what trace_json.cc writes. Everything is checked, since the file may be anybody's.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "src/learn/trace.h"
#include "src/profile/call_words.h"

namespace qsbx {
namespace {

using Json = nlohmann::ordered_json;

// Remembers the first thing that is wrong, and where; what is read after that means nothing.
class Reader {
 public:
  Reader(const std::string& file, Architecture architecture)
      : file_(file), architecture_(architecture) {}

  Status status() const {
    if (wrong_.empty()) return Done{};
    return error();
  }

  // Only after something was wrong.
  Error error() const { return {ErrorCode::kUsage, file_ + " is no trace of qsbx: " + wrong_}; }

  void fail(const std::string& where, const std::string& what) {
    if (wrong_.empty()) wrong_ = where + " " + what;
  }

  // nullptr when there is none, which is wrong.
  const Json* member(const Json& object, const std::string& where, const char* name) {
    const auto found = object.find(name);
    if (found != object.end()) return &*found;
    fail(where + name, "is missing");
    return nullptr;
  }

  std::string text(const Json& object, const std::string& where, const char* name) {
    const Json* value = member(object, where, name);
    if (value == nullptr) return "";
    if (value->is_string()) return value->get<std::string>();
    fail(where + name, "is no text");
    return "";
  }

  std::string text_or_null(const Json& object, const char* name) {
    const bool is_absent = !object.contains(name) || object[name].is_null();
    return is_absent ? "" : text(object, "", name);
  }

  const Json::array_t& list(const Json& object, const std::string& where, const char* name) {
    static const Json::array_t kNone;
    const Json* value = member(object, where, name);
    if (value == nullptr) return kNone;
    if (value->is_array()) return value->get_ref<const Json::array_t&>();
    fail(where + name, "is no list");
    return kNone;
  }

  // More are no calls that anybody counted; sums of fewer do not overflow.
  static constexpr uint64_t kMostCalls = uint64_t{1} << 48;

  // Of calls that were made.
  uint64_t count(const Json& object, const std::string& where, const char* name) {
    const uint64_t count = number(object, where, name);
    if (count == 0) fail(where + name, "is 0: what was not called is not there");
    if (count > kMostCalls) fail(where + name, "is more than can be counted");
    return count;
  }

  uint64_t number(const Json& object, const std::string& where, const char* name) {
    const Json* value = member(object, where, name);
    if (value == nullptr) return 0;
    if (value->is_number_unsigned()) return value->get<uint64_t>();
    fail(where + name, "is no number that counts");
    return 0;
  }

  std::vector<std::string> texts(const Json& object, const char* name) {
    std::vector<std::string> words;
    for (const Json& word : list(object, "", name)) {
      if (!word.is_string()) fail(name, "has an item that is no text");
      words.push_back(word.is_string() ? word.get<std::string>() : "");
    }
    return words;
  }

  Phase phase(const Json& call, const std::string& where) {
    const std::string name = text(call, where, "phase");
    if (name != "boot" && name != "run") fail(where + "phase", "is neither boot nor run");
    return name == "boot" ? Phase::kBoot : Phase::kRun;
  }

  std::string role(const Json& call, const std::string& where) {
    std::string name = text(call, where, "role");
    if (!is_role(name) && name != kChildRole) fail(where + "role", "'" + name + "' is no role");
    return name;
  }

  int64_t call_number(const Json& call, const std::string& where) {
    const std::string name = text(call, where, "syscall");
    if (!status()) return 0;
    const Result<int> number = read_call_number(name, architecture_);
    if (number) return *number;
    fail(where + "syscall", number.error().message);
    return 0;
  }

  // It need not be there: the name says it.
  void check_number(const Json& call, const std::string& where, int64_t number) {
    if (!call.contains("nr")) return;
    if (call["nr"].is_number_integer() && call["nr"] == number) return;
    fail(where + "nr", "is not the number of " + traced_call_name(architecture_, number));
  }

  TellingArguments arguments(const Json& value, const std::string& where, int64_t number) {
    TellingArguments telling;
    const Json* names = member(value, where, "arguments");
    if (names == nullptr) return telling;
    if (!names->is_object()) fail(where + "arguments", "is no object");
    for (const auto& [name, text] : names->items()) {
      add_argument(telling, where + "arguments." + name, number, name, text);
    }
    check_complete(telling, where + "arguments", number);
    return telling;
  }

 private:
  void add_argument(TellingArguments& telling, const std::string& where, int64_t number,
                    const std::string& name, const Json& text) {
    const Syscall* call = find_traced_call(architecture_, number);
    const std::optional<size_t> index = place_of(call, name);
    if (!index) return fail(where, "is no argument of the call");
    if (!text.is_string()) return fail(where, "is no text");
    auto value = read_call_argument(call, *index, text.get<std::string>(), architecture_);
    if (!value) return fail(where, value.error().message);
    telling[*index] = in_register(*value, call->arguments[*index].bits);
    if (!telling[*index]) fail(where, "does not fit into the argument");
  }

  // nullopt when there are more bits than the argument has; those of a negative number do not
  // count.
  static std::optional<uint64_t> in_register(uint64_t value, uint8_t bits) {
    if (bits == 64) return value;
    const auto above = static_cast<int64_t>(value) >> (bits - 1);
    if (above != -1 && value >> bits != 0) return std::nullopt;
    return value & ((uint64_t{1} << bits) - 1);
  }

  // Just those arguments that a recorder keeps: one that is not there would be taken for one that
  // may be anything. In place of these, what tells nothing where something else would.
  void check_complete(const TellingArguments& telling, const std::string& where, int64_t number) {
    const Syscall* call = find_traced_call(architecture_, number);
    if (call == nullptr || !status()) return;
    Arguments made = {};
    for (size_t i = 0; i < kMaxArguments; ++i) made[i] = telling[i].value_or(UINT64_MAX);
    const TellingArguments kept = telling_arguments_of(architecture_, number, made);
    for (size_t i = 0; i < call->arguments.size(); ++i) {
      const std::string name(call->arguments[i].name);
      if (kept[i] && !telling[i]) fail(where, "lacks " + name);
      if (!kept[i] && telling[i]) fail(where + "." + name, "tells nothing");
    }
  }

  static std::optional<size_t> place_of(const Syscall* call, const std::string& name) {
    for (size_t i = 0; call != nullptr && i < call->arguments.size(); ++i) {
      if (call->arguments[i].name == name) return i;
    }
    return std::nullopt;
  }

  std::string file_;
  Architecture architecture_;
  std::string wrong_;
};

// The number of calls need not be there: it is the sum of the others.
void check_sum(Reader& reader, const Json& call, const std::string& where, uint64_t sum) {
  if (sum > Reader::kMostCalls) reader.fail(where + "values", "are more than can be counted");
  if (!call.contains("count")) return;
  if (reader.number(call, where, "count") != sum) {
    reader.fail(where + "count", "is not the sum of the counts of its values");
  }
}

uint64_t read_more_values(Reader& reader, const Json& call, const std::string& where) {
  const bool has_none = !call.contains("of-more-values") || call["of-more-values"] == 0;
  return has_none ? 0 : reader.count(call, where, "of-more-values");
}

void read_value(Reader& reader, const Json& value, const std::string& where, int64_t number,
                CallCounts& counts) {
  if (!value.is_object()) return reader.fail(where, "is no object");
  const uint64_t count = reader.count(value, where, "count");
  const TellingArguments telling = reader.arguments(value, where, number);
  if (counts.values.contains(telling)) reader.fail(where + "arguments", "are there twice");
  if (reader.status()) counts.add(telling, count);
}

void read_call(Reader& reader, const Json& call, const std::string& where, CallTable& calls) {
  if (!call.is_object()) return reader.fail(where, "is no object");
  const CallKey key = {reader.phase(call, where), reader.role(call, where),
                       reader.call_number(call, where)};
  reader.check_number(call, where, key.number);
  const auto [place, is_new] = calls.emplace(key, CallCounts{});
  if (!is_new) reader.fail(where + "syscall", "is there twice for its phase and role");
  size_t index = 0;
  for (const Json& value : reader.list(call, where, "values")) {
    const std::string here = where + "values[" + std::to_string(index++) + "].";
    read_value(reader, value, here, key.number, place->second);
    if (!reader.status()) return;
  }
  place->second.add_of_more_values(read_more_values(reader, call, where));
  check_sum(reader, call, where, place->second.count);
}

void read_parts(Reader& reader, const Json& json, std::set<Part>& parts) {
  for (const std::string& text : reader.texts(json, "machine")) {
    const size_t space = text.find(' ');
    const Part part = {text.substr(0, space),
                       space == std::string::npos ? "" : text.substr(space + 1)};
    if (!is_part_kind(part.kind) || part.name.empty()) {
      reader.fail("machine", "has '" + text + "', which is no part of a machine");
    }
    parts.insert(part);
  }
}

void read_head(Reader& reader, const Json& json, Trace& trace) {
  if (json.contains("name")) trace.name = reader.text(json, "", "name");
  trace.command = reader.texts(json, "command");
  trace.qemu = reader.text_or_null(json, "qemu");
  trace.kernel = reader.text_or_null(json, "kernel");
  trace.libc = reader.text_or_null(json, "libc");
  const Json* lost = reader.member(json, "", "lost");
  if (lost != nullptr && !lost->is_null()) trace.lost = reader.number(json, "", "lost");
  const Json* ready = reader.member(json, "", "devices-ready");
  if (ready != nullptr && !ready->is_boolean()) reader.fail("devices-ready", "is not yes or no");
  trace.devices_ready = ready != nullptr && ready->is_boolean() && ready->get<bool>();
}

Result<Architecture> architecture_of(const Json& json, const std::string& file) {
  Reader reader(file, native_architecture());
  const std::string name = reader.text(json, "", "arch");
  const std::optional<Architecture> architecture = architecture_by_name(name);
  if (architecture) return *architecture;
  reader.fail("arch", "'" + name + "' is neither x86_64 nor aarch64");
  return reader.error();
}

// Of each object that is open, the names so far. The last of two values with one name would count,
// and a reader of the text sees the first.
class NamesOnce {
 public:
  // The first name that an object has twice; empty: none.
  const std::string& twice() const { return twice_; }

  bool operator()(int, Json::parse_event_t event, const Json& value) {
    if (event == Json::parse_event_t::object_start) open_.emplace_back();
    if (event == Json::parse_event_t::object_end) open_.pop_back();
    if (event != Json::parse_event_t::key) return true;
    const bool is_new = open_.back().insert(value.get<std::string>()).second;
    if (!is_new && twice_.empty()) twice_ = value.get<std::string>();
    return true;
  }

 private:
  std::vector<std::set<std::string>> open_;
  std::string twice_;
};

}  // namespace

Result<Trace> parse_trace(std::string_view text, const std::string& file) {
  NamesOnce names;
  const Json json = Json::parse(text, std::ref(names), /*allow_exceptions=*/false);
  if (!names.twice().empty()) {
    return Error{ErrorCode::kUsage,
                 file + " is no trace of qsbx: an object has '" + names.twice() + "' twice"};
  }
  if (!json.is_object()) {
    return Error{
        ErrorCode::kUsage,
        file + " is no trace of qsbx: it is no JSON object (qsbx trace --json writes one)"};
  }
  auto architecture = architecture_of(json, file);
  if (!architecture) return architecture.error();
  Trace trace = {.name = file, .command = {}, .architecture = *architecture};
  Reader reader(file, *architecture);
  read_head(reader, json, trace);
  read_parts(reader, json, trace.parts);
  size_t place = 0;
  for (const Json& call : reader.list(json, "", "calls")) {
    read_call(reader, call, "calls[" + std::to_string(place++) + "].", trace.calls);
  }
  if (Status status = reader.status(); !status) return status.error();
  return trace;
}

Result<Trace> read_trace(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  const bool is_empty = stream.peek() == EOF && stream.eof() && !stream.bad();
  if (is_empty) return Error{ErrorCode::kUsage, "cannot read trace " + file + ": it is empty"};
  std::stringstream text;
  if (!stream || !(text << stream.rdbuf())) {
    return Error{ErrorCode::kUsage, "cannot read trace " + file + ": " + std::strerror(errno),
                 errno};
  }
  return parse_trace(text.str(), file);
}

Result<std::vector<Trace>> read_traces(const std::vector<std::string>& files) {
  std::vector<Trace> traces;
  std::map<std::string, std::string> file_of;
  for (const std::string& file : files) {
    auto trace = read_trace(file);
    if (!trace) return trace.error();
    const auto [other, is_new] = file_of.emplace(trace->name, file);
    if (!is_new) {
      return Error{ErrorCode::kUsage, other->second + " and " + file + " are both the run '" +
                                          trace->name + "'; give one of them"};
    }
    traces.push_back(std::move(*trace));
  }
  return traces;
}

}  // namespace qsbx
