// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/libseccomp_program.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>

namespace qsbx::bench {
namespace {

constexpr uint64_t kAllBits = ~uint64_t{0};
constexpr uint64_t kLongestRange = 16;  // beyond which a range is not spelt out
constexpr size_t kMostRules = 500;      // for one call

uint64_t low_bits(int bits) { return bits == 64 ? kAllBits : (uint64_t{1} << bits) - 1; }

struct Comparison {
  scmp_compare operation;
  uint64_t mask;  // SCMP_CMP_MASKED_EQ
  uint64_t value;
};

using Rule = std::map<int, Comparison>;  // by argument, all of them
using Rules = std::vector<Rule>;         // any of them

// nullopt: not without a second comparison of one argument.
std::optional<Rule> both(const Rule& a, const Rule& b) {
  Rule rule = a;
  for (const auto& [argument, comparison] : b) {
    const auto [there, is_new] = rule.emplace(argument, comparison);
    if (is_new) continue;
    Comparison& known = there->second;
    if (known.operation != SCMP_CMP_MASKED_EQ || comparison.operation != SCMP_CMP_MASKED_EQ) {
      return std::nullopt;
    }
    const uint64_t shared = known.mask & comparison.mask;
    if ((known.value & shared) != (comparison.value & shared)) return std::nullopt;
    known = {SCMP_CMP_MASKED_EQ, known.mask | comparison.mask, known.value | comparison.value};
  }
  return rule;
}

// Turns a condition into rules, and notes when it had to grant more.
class RuleWriter {
 public:
  bool loosened() const { return loosened_; }

  Rules write(const Expression& expression, bool negated) {
    const ExpressionNode& node = expression.node();
    switch (node.kind) {
      case ExpressionNode::Kind::kConstant:
        return node.constant != negated ? Rules{Rule{}} : Rules{};
      case ExpressionNode::Kind::kNot:
        return write(node.terms.front(), !negated);
      case ExpressionNode::Kind::kAll:
        return negated ? any(node.terms, negated) : all(node.terms, negated);
      case ExpressionNode::Kind::kAny:
        return negated ? all(node.terms, negated) : any(node.terms, negated);
      case ExpressionNode::Kind::kIn:
        return negated ? always() : members(node);
      case ExpressionNode::Kind::kCompare:
        return comparison(node, negated);
    }
    return {};
  }

 private:
  Rules always() {
    loosened_ = true;
    return {Rule{}};
  }

  Rules any(const std::vector<Expression>& terms, bool negated) {
    Rules rules;
    for (const Expression& term : terms) {
      const Rules more = write(term, negated);
      rules.insert(rules.end(), more.begin(), more.end());
    }
    return rules.size() > kMostRules ? always() : rules;
  }

  Rules all(const std::vector<Expression>& terms, bool negated) {
    Rules rules = {Rule{}};
    for (const Expression& term : terms) rules = product(rules, write(term, negated));
    return rules;
  }

  Rules product(const Rules& left, const Rules& right) {
    if (left.size() * right.size() > kMostRules) return always();
    Rules rules;
    for (const Rule& a : left) {
      for (const Rule& b : right) {
        if (const std::optional<Rule> joined = both(a, b)) {
          rules.push_back(*joined);
        } else if (!excluded(a, b)) {
          loosened_ = true;
          rules.push_back(a);
        }
      }
    }
    return rules;
  }

  // Two masked comparisons that no value can meet.
  static bool excluded(const Rule& a, const Rule& b) {
    return std::any_of(a.begin(), a.end(), [&](const auto& one) {
      const auto other = b.find(one.first);
      if (other == b.end()) return false;
      const uint64_t shared = one.second.mask & other->second.mask;
      return one.second.operation == SCMP_CMP_MASKED_EQ &&
             other->second.operation == SCMP_CMP_MASKED_EQ &&
             ((one.second.value ^ other->second.value) & shared) != 0;
    });
  }

  static uint64_t mask_of(const Operand& operand) { return operand.mask & low_bits(operand.bits); }

  static Rule equal(const Operand& operand, uint64_t value) {
    const uint64_t mask = mask_of(operand);
    return {{operand.argument, {SCMP_CMP_MASKED_EQ, mask, value & mask}}};
  }

  // One of the bits differs.
  Rules differs(const Operand& operand, uint64_t value) {
    const uint64_t mask = mask_of(operand);
    if (operand.mask == kAllBits) {
      loosened_ = loosened_ || operand.bits != 64;
      return {{{operand.argument, {SCMP_CMP_NE, 0, value & mask}}}};
    }
    Rules rules;
    for (uint64_t bit = 1; bit != 0; bit <<= 1) {
      if ((mask & bit) == 0) continue;
      rules.push_back({{operand.argument, {SCMP_CMP_MASKED_EQ, bit, ~value & bit}}});
    }
    return rules;
  }

  Rules members(const ExpressionNode& node) {
    Rules rules;
    for (const ValueRange& range : node.ranges) {
      if (range.last - range.first >= kLongestRange) return always();
      for (uint64_t value = range.first;; ++value) {
        rules.push_back(equal(node.operand, value));
        if (value == range.last) break;
      }
    }
    return rules;
  }

  Rules comparison(const ExpressionNode& node, bool negated) {
    const bool is_equality = node.comparator == Comparator::kEqual;
    if (is_equality || node.comparator == Comparator::kNotEqual) {
      return is_equality != negated ? Rules{equal(node.operand, node.value)}
                                    : differs(node.operand, node.value);
    }
    if (node.operand.is_signed) return sign_test(node, negated);
    if (node.operand.mask != kAllBits) return always();
    loosened_ = loosened_ || node.operand.bits != 64;
    return {{{node.operand.argument, {ordered(node.comparator, negated), 0, node.value}}}};
  }

  // x >= 0 and x < 0 are one bit; other signed comparisons it has none for.
  Rules sign_test(const ExpressionNode& node, bool negated) {
    const bool is_sign = node.value == 0 && (node.comparator == Comparator::kGreaterEqual ||
                                             node.comparator == Comparator::kLess);
    if (!is_sign) return always();
    const uint64_t sign = uint64_t{1} << (node.operand.bits - 1);
    const bool negative = (node.comparator == Comparator::kLess) != negated;
    return {{{node.operand.argument, {SCMP_CMP_MASKED_EQ, sign, negative ? sign : 0}}}};
  }

  static scmp_compare ordered(Comparator comparator, bool negated) {
    switch (comparator) {
      case Comparator::kLess:
        return negated ? SCMP_CMP_GE : SCMP_CMP_LT;
      case Comparator::kLessEqual:
        return negated ? SCMP_CMP_GT : SCMP_CMP_LE;
      case Comparator::kGreater:
        return negated ? SCMP_CMP_LE : SCMP_CMP_GT;
      default:
        return negated ? SCMP_CMP_LT : SCMP_CMP_GE;
    }
  }

  bool loosened_ = false;
};

struct Release {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

Error failed(const std::string& what, int error) {
  return {ErrorCode::kProgram, "libseccomp: " + what + ": " + strerror(error < 0 ? -error : error)};
}

Result<Context> make_context(uint32_t otherwise, Architecture architecture, int optimize) {
  Context context(seccomp_init(otherwise));
  if (!context) return failed("seccomp_init", ENOMEM);
  const uint32_t native = seccomp_arch_native();
  const uint32_t wanted =
      architecture == Architecture::kX86_64 ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;
  if (native != wanted) {
    int error = seccomp_arch_add(context.get(), wanted);
    if (error == 0) error = seccomp_arch_remove(context.get(), native);
    if (error != 0) return failed("seccomp_arch_add", error);
  }
  int error = seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  if (error == 0) {
    error =
        seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, static_cast<uint32_t>(optimize));
  }
  if (error != 0) return failed("seccomp_attr_set", error);
  return context;
}

Status add_rule(void* context, uint32_t action, int number, const Rule& rule) {
  std::vector<scmp_arg_cmp> comparisons;
  for (const auto& [argument, comparison] : rule) {
    const bool masked = comparison.operation == SCMP_CMP_MASKED_EQ;
    if (masked && comparison.mask == kAllBits) {
      comparisons.push_back(
          {static_cast<unsigned>(argument), SCMP_CMP_EQ, comparison.value, uint64_t{0}});
      continue;
    }
    comparisons.push_back({static_cast<unsigned>(argument), comparison.operation,
                           masked ? comparison.mask : comparison.value, comparison.value});
  }
  const int error = seccomp_rule_add_array(
      context, action, number, static_cast<unsigned>(comparisons.size()), comparisons.data());
  if (error != 0 && error != -EEXIST) return failed(std::to_string(number), error);
  return Done{};
}

Result<Program> exported(void* context) {
  const int file = memfd_create("program", MFD_CLOEXEC);
  if (file < 0) return failed("memfd_create", errno);
  const int error = seccomp_export_bpf(context, file);
  const off_t size = lseek(file, 0, SEEK_END);
  Program program(static_cast<size_t>(size) / sizeof(Instruction));
  const ssize_t got = pread(file, program.data(), static_cast<size_t>(size), 0);
  close(file);
  if (error != 0 || got != size || program.empty()) return failed("seccomp_export_bpf", error);
  return program;
}

std::string name_of(int number, Architecture architecture) {
  const Syscall* call = find_syscall(architecture, number);
  return call == nullptr ? std::to_string(number) : std::string(call->name);
}

// libseccomp takes the numbers of the machine it runs on, and translates them by name; for calls
// that machine does not have it has made numbers up. nullopt: a call newer than the library.
std::optional<int> number_for_libseccomp(int number, Architecture architecture) {
  const Syscall* call = find_syscall(architecture, number);
  if (architecture == native_architecture() || call == nullptr) return number;
  const int resolved = seccomp_syscall_resolve_name(std::string(call->name).c_str());
  return resolved == __NR_SCMP_ERROR ? std::nullopt : std::optional(resolved);
}

Status add_rules(void* context, uint32_t action, int number, const Rules& rules) {
  for (const Rule& rule : rules) {
    Status status = add_rule(context, action, number, rule);
    if (!status.ok()) return status;
  }
  return Done{};
}

}  // namespace

Result<LibseccompProgram> libseccomp_program(const Policy& policy, uint32_t deny, int optimize) {
  Result<Context> context = make_context(deny, policy.architecture(), optimize);
  if (!context.ok()) return context.error();
  LibseccompProgram result;
  for (const auto& [our_number, call] : policy.calls()) {
    const std::string name = name_of(our_number, policy.architecture());
    const auto number = number_for_libseccomp(our_number, policy.architecture());
    if (!number) {
      result.loosened.push_back(name);
      continue;
    }
    RuleWriter writer;
    const Rules rules = writer.write(call.condition(), false);
    Status status = add_rules(context->get(), SCMP_ACT_ALLOW, *number, rules);
    if (status.ok() && rules.empty() && call.refusal) {
      status = add_rule(context->get(), SCMP_ACT_ERRNO(static_cast<uint32_t>(call.refusal->error)),
                        *number, {});
    }
    if (!status.ok()) return status.error();
    const bool lost_errno = call.refusal && !rules.empty() && !call.is_unconditional();
    if (writer.loosened() || lost_errno) {
      result.loosened.push_back(name);
    }
  }
  Result<Program> program = exported(context->get());
  if (!program.ok()) return program.error();
  result.program = std::move(*program);
  return result;
}

Result<Program> libseccomp_deny_list(const Policy& sandbox, int optimize) {
  Result<Context> context = make_context(SCMP_ACT_ALLOW, sandbox.architecture(), optimize);
  if (!context.ok()) return context.error();
  for (const Syscall& call : syscalls(sandbox.architecture())) {
    const auto found = sandbox.calls().find(call.number);
    const bool known = found != sandbox.calls().end();
    const uint32_t action =
        known && found->second.refusal
            ? SCMP_ACT_ERRNO(static_cast<uint32_t>(found->second.refusal->error))
            : SCMP_ACT_KILL_PROCESS;
    RuleWriter writer;
    const Rules denied = known ? writer.write(found->second.condition(), true) : Rules{Rule{}};
    Status status = add_rules(context->get(), action, call.number, denied);
    if (!status.ok()) return status.error();
  }
  return exported(context->get());
}

}  // namespace qsbx::bench
