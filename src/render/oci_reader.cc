// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/oci_reader.h"

#include <errno.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "src/syscalls/constants.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

using Json = nlohmann::json;

// Null and absent are the same: Go writes both.
const Json& member(const Json& object, const char* name) {
  static const Json kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

std::string text_of(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}

bool has_any_of(const Json& list, std::initializer_list<const char*> words) {
  return std::ranges::any_of(list, [&](const Json& word) {
    return std::ranges::any_of(words, [&](const char* wanted) { return word == wanted; });
  });
}

bool names_architecture(const Json& list, Architecture architecture) {
  return architecture == Architecture::kX86_64
             ? has_any_of(list, {"amd64", "x86_64", "SCMP_ARCH_X86_64"})
             : has_any_of(list, {"arm64", "aarch64", "SCMP_ARCH_AARCH64"});
}

bool counts(const Json& entry, Architecture architecture) {
  const Json& includes = member(entry, "includes");
  if (!member(includes, "caps").empty()) return false;
  const Json& only_on = member(includes, "arches");
  if (!only_on.empty() && !names_architecture(only_on, architecture)) return false;
  return !names_architecture(member(member(entry, "excludes"), "arches"), architecture);
}

std::optional<Comparator> comparator_of(const std::string& op) {
  static const std::map<std::string, Comparator> kComparators = {
      {"SCMP_CMP_NE", Comparator::kNotEqual},     {"SCMP_CMP_LT", Comparator::kLess},
      {"SCMP_CMP_LE", Comparator::kLessEqual},    {"SCMP_CMP_EQ", Comparator::kEqual},
      {"SCMP_CMP_GE", Comparator::kGreaterEqual}, {"SCMP_CMP_GT", Comparator::kGreater}};
  const auto found = kComparators.find(op);
  if (found == kComparators.end()) return std::nullopt;
  return found->second;
}

Expression masked_equality(int argument, uint64_t mask, uint64_t value) {
  if ((value & ~mask) != 0) return Expression::never();
  if (mask == 0) return Expression::always();
  return Expression::compare({argument, 64, false, mask}, Comparator::kEqual, value);
}

bool denies(const std::string& action) {
  return action == "SCMP_ACT_KILL" || action == "SCMP_ACT_KILL_PROCESS" ||
         action == "SCMP_ACT_KILL_THREAD" || action == "SCMP_ACT_TRAP" ||
         action == "SCMP_ACT_ERRNO";
}

// Goes on after a mistake, remembers the first one, and grants nothing by what it did not
// understand.
class OciReader {
 public:
  OciReader(std::string file, Architecture architecture)
      : file_(std::move(file)), policy_(architecture) {}

  void read(const Json& profile) {
    if (!profile.is_object()) return fail("it is no object");
    check_default(text_of(profile, "defaultAction"));
    for (const Json& entry : list_of(profile, "syscalls")) {
      ++entry_;
      if (!entry.is_object()) {
        fail("it is no object");
      } else if (counts(entry, policy_.architecture())) {
        add(entry);
      }
    }
  }

  const std::string& problem() const { return problem_; }
  const Policy& policy() const { return policy_; }

 private:
  void fail(const std::string& reason) {
    if (!problem_.empty()) return;
    problem_ = entry_ == 0 ? reason : entry_name() + ": " + reason;
  }

  std::string entry_name() const { return "entry " + std::to_string(entry_); }

  void check_default(const std::string& action) {
    if (action.empty()) return fail("it has no defaultAction");
    if (denies(action)) return;
    fail("its defaultAction is " + action +
         ", so it lets through what it does not name, and a union with it would too");
  }

  const Json& list_of(const Json& object, const char* name) {
    static const Json kNone = Json::array();
    const Json& list = member(object, name);
    if (list.is_array()) return list;
    if (!list.is_null()) fail(std::string(name) + " is no list");
    return kNone;
  }

  uint64_t number_of(const Json& object, const char* name) {
    const Json& value = member(object, name);
    if (value.is_number_unsigned()) return value.get<uint64_t>();
    if (!value.is_null()) fail(std::string(name) + " is no number from 0 to 18446744073709551615");
    return 0;
  }

  int argument_of(const Json& check) {
    const uint64_t index = number_of(check, "index");
    if (index < kMaxArguments) return static_cast<int>(index);
    fail("a call has no argument " + std::to_string(index));
    return 0;
  }

  Expression condition_of(const Json& check) {
    const std::string op = text_of(check, "op");
    const int argument = argument_of(check);
    const uint64_t value = number_of(check, "value");
    if (op == "SCMP_CMP_MASKED_EQ") {
      return masked_equality(argument, value, number_of(check, "valueTwo"));
    }
    const std::optional<Comparator> comparator = comparator_of(op);
    if (comparator) {
      return Expression::compare({argument, 64, false, ~uint64_t{0}}, *comparator, value);
    }
    fail("there is no operator '" + op + "'");
    return Expression::never();
  }

  // Runtimes join the checks of an entry by "and", but by "or" once two look at the same argument.
  Expression condition_of_all(const Json& checks) {
    std::vector<Expression> conditions;
    std::array<int, kMaxArguments> uses = {};
    for (const Json& check : checks) {
      conditions.push_back(condition_of(check));
      ++uses[static_cast<size_t>(argument_of(check))];
    }
    const bool any = std::ranges::any_of(uses, [](int count) { return count > 1; });
    return any ? Expression::any_of(conditions) : Expression::all_of(conditions);
  }

  int errno_of(const Json& entry) {
    const Json& name = member(entry, "errno");
    if (!name.is_null() && !name.is_string()) fail("errno is no text");
    const std::string text = name.is_string() ? name.get<std::string>() : "";
    if (!text.empty()) return errno_of_text(text);
    if (member(entry, "errnoRet").is_null()) return EPERM;
    const uint64_t error = number_of(entry, "errnoRet");
    if (error == 0 || error > 4095) fail("errnoRet is no errno");
    return static_cast<int>(error);
  }

  // Podman's way to say it, which counts there before errnoRet: a name, or a number as a text.
  int errno_of_text(const std::string& text) {
    int error = find_errno(text).value_or(0);
    const char* end = text.data() + text.size();
    if (error == 0 && std::from_chars(text.data(), end, error).ptr != end) error = 0;
    if (error < 1 || error > 4095) fail("there is no errno '" + text + "'");
    return error;
  }

  std::vector<std::string> names_of(const Json& entry) {
    std::vector<std::string> names = {text_of(entry, "name")};
    if (!names.front().empty()) return names;
    names.clear();
    for (const Json& name : list_of(entry, "names")) {
      if (name.is_string()) names.push_back(name.get<std::string>());
    }
    if (names.empty()) fail("it names no call");
    return names;
  }

  void add(const Json& entry) {
    const std::string action = text_of(entry, "action");
    const Expression condition = condition_of_all(list_of(entry, "args"));
    // Tools write such a file as one line, so a line would name nothing.
    const Origin origin = {file_, file_ + " " + entry_name(), 0};
    for (const std::string& name : names_of(entry)) {
      const Syscall* call = find_syscall(policy_.architecture(), name);
      if (call == nullptr) continue;
      if (action == "SCMP_ACT_ALLOW" || action == "SCMP_ACT_LOG") {
        policy_.grant(call->number, {condition, origin});
      } else if (action == "SCMP_ACT_ERRNO") {
        refuse(call->number, {errno_of(entry), origin});
      } else if (!denies(action)) {
        fail("there is no action '" + action + "' for a union");
      }
    }
  }

  // The first one counts.
  void refuse(int number, const Refusal& refusal) {
    const auto present = policy_.calls().find(number);
    if (present != policy_.calls().end() && present->second.refusal) return;
    (void)policy_.refuse(number, refusal);
  }

  std::string file_;
  Policy policy_;
  int entry_ = 0;
  std::string problem_;
};

}  // namespace

Result<Policy> read_oci(const std::string& text, const std::string& name,
                        Architecture architecture) {
  const std::string about = "'" + name + "' is no seccomp profile of a container runtime: ";
  const Json profile = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (profile.is_discarded()) return Error{ErrorCode::kUsage, about + "it is not JSON"};
  OciReader reader(name, architecture);
  reader.read(profile);
  if (!reader.problem().empty()) return Error{ErrorCode::kUsage, about + reader.problem()};
  return reader.policy();
}

Policy united(const Policy& ours, const Policy& theirs) {
  Policy both = ours;
  for (const auto& [number, call] : theirs.calls()) {
    for (const Grant& grant : call.grants) both.grant(number, grant);
    if (!call.refusal) continue;
    const auto present = both.calls().find(number);
    const bool refused = present != both.calls().end() && present->second.refusal;
    if (!refused) (void)both.refuse(number, *call.refusal);
  }
  return both;
}

}  // namespace qsbx
