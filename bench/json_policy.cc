// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/json_policy.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

namespace qsbx::bench {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kAllBits = ~uint64_t{0};

Error wrong(const std::string& file, const std::string& what) {
  return {ErrorCode::kUsage, file + ": " + what};
}

Result<Json> read_json(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) return wrong(file, "cannot be read");
  Json json = Json::parse(stream, nullptr, false);
  if (json.is_discarded()) return wrong(file, "is no JSON");
  return json;
}

Operand operand(int argument, int bits, uint64_t mask = kAllBits) {
  return {
      .argument = argument, .bits = static_cast<uint8_t>(bits), .is_signed = false, .mask = mask};
}

// A dword is compared on 32 bits for equality only: that is how Firecracker's compiler reads it.
Result<Expression> firecracker_condition(const Json& argument) {
  const int index = argument.at("index");
  const uint64_t value = argument.at("val");
  const Json& operation = argument.at("op");
  if (operation.is_object()) {
    const uint64_t mask = operation.at("masked_eq");
    return Expression::compare(operand(index, 64, mask), Comparator::kEqual, value & mask);
  }
  const bool is_narrow = operation == "eq" && argument.at("type") == "dword";
  const Operand whole = operand(index, is_narrow ? 32 : 64);
  if (operation == "eq") return Expression::compare(whole, Comparator::kEqual, value);
  if (operation == "ne") return Expression::compare(whole, Comparator::kNotEqual, value);
  if (operation == "ge") return Expression::compare(whole, Comparator::kGreaterEqual, value);
  if (operation == "gt") return Expression::compare(whole, Comparator::kGreater, value);
  if (operation == "le") return Expression::compare(whole, Comparator::kLessEqual, value);
  if (operation == "lt") return Expression::compare(whole, Comparator::kLess, value);
  return wrong("op", operation.dump());
}

Result<Expression> oci_condition(const Json& argument) {
  const int index = argument.at("index");
  const uint64_t value = argument.at("value");
  const std::string operation = argument.at("op");
  const Operand whole = operand(index, 64);
  if (operation == "SCMP_CMP_EQ") return Expression::compare(whole, Comparator::kEqual, value);
  if (operation == "SCMP_CMP_LT") return Expression::compare(whole, Comparator::kLess, value);
  if (operation == "SCMP_CMP_GT") return Expression::compare(whole, Comparator::kGreater, value);
  if (operation == "SCMP_CMP_MASKED_EQ") {
    const uint64_t wanted = argument.value("valueTwo", uint64_t{0});
    return Expression::compare(operand(index, 64, value), Comparator::kEqual, wanted & value);
  }
  return wrong("op", operation);
}

// All of the arguments' conditions.
template <typename Reader>
Result<Expression> condition_of(const Json& rule, Reader read) {
  std::vector<Expression> terms;
  const auto arguments = rule.find("args");
  if (arguments != rule.end() && arguments->is_array()) {
    for (const Json& argument : *arguments) {
      const Result<Expression> term = read(argument);
      if (!term.ok()) return term.error();
      terms.push_back(*term);
    }
  }
  return Expression::all_of(std::move(terms));
}

// A call that the architecture does not have is none.
void grant(Policy& policy, const std::string& name, const Expression& condition,
           const std::string& file) {
  const Syscall* call = find_syscall(policy.architecture(), name);
  if (call != nullptr) policy.grant(call->number, {condition, {"peer", file, 0}});
}

bool shares(const Json& names, const std::set<std::string>& with) {
  for (const auto& name : names) {
    if (with.contains(name.get<std::string>())) return true;
  }
  return false;
}

// Docker's, of those that the file asks for.
const std::set<std::string> kCapabilities = {"CAP_SYS_CHROOT"};

bool applies(const Json& rule, Architecture architecture) {
  const std::set<std::string> names = {architecture == Architecture::kX86_64 ? "amd64" : "arm64"};
  const Json none = Json::object();
  const Json& includes = rule.contains("includes") ? rule["includes"] : none;
  const Json& excludes = rule.contains("excludes") ? rule["excludes"] : none;
  if (includes.contains("arches") && !shares(includes["arches"], names)) return false;
  if (includes.contains("caps") && !shares(includes["caps"], kCapabilities)) return false;
  if (excludes.contains("arches") && shares(excludes["arches"], names)) return false;
  return !excludes.contains("caps") || !shares(excludes["caps"], kCapabilities);
}

Status add_oci_rule(Policy& policy, const Json& rule, const std::string& file) {
  const Result<Expression> condition = condition_of(rule, oci_condition);
  if (!condition.ok()) return condition.error();
  for (const auto& name : rule.at("names")) {
    const Syscall* call = find_syscall(policy.architecture(), name.get<std::string>());
    if (call == nullptr) continue;
    if (rule.at("action") == "SCMP_ACT_ALLOW") {
      grant(policy, name, *condition, file);
    } else if (Status status =
                   policy.refuse(call->number, {rule.at("errnoRet"), {"peer", file, 0}, false});
               !status.ok()) {
      return status;
    }
  }
  return Done{};
}

}  // namespace

Result<Policy> firecracker_policy(const std::string& file, const std::string& thread,
                                  Architecture architecture) {
  const Result<Json> json = read_json(file);
  if (!json.ok()) return json.error();
  if (!json->contains(thread)) return wrong(file, "has no thread " + thread);
  Policy policy(architecture);
  for (const Json& rule : json->at(thread).at("filter")) {
    const Result<Expression> condition = condition_of(rule, firecracker_condition);
    if (!condition.ok()) return condition.error();
    grant(policy, rule.at("syscall"), *condition, file);
  }
  return policy;
}

Result<Policy> oci_policy(const std::string& file, Architecture architecture) {
  const Result<Json> json = read_json(file);
  if (!json.ok()) return json.error();
  Policy policy(architecture);
  for (const Json& rule : json->at("syscalls")) {
    if (!applies(rule, architecture)) continue;
    Status status = add_oci_rule(policy, rule, file);
    if (!status.ok()) return status.error();
  }
  return policy;
}

}  // namespace qsbx::bench
