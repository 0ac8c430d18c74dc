// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/commands.h"

#include <algorithm>
#include <set>

#include "src/bpf/program.h"
#include "src/errors/text.h"
#include "src/lint/bare_numbers.h"
#include "src/lint/common_call.h"
#include "src/lint/finding_ids.h"
#include "src/policy/algebra.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

constexpr int kCommand = 1;  // the argument
constexpr uint64_t kAllCommands = uint64_t{1} << 32;
// More commands without a name than anybody lists are a class of commands.
constexpr uint64_t kMostListed = 16;

// The condition with every test of another argument passed, or failed where it stands under a !:
// what the rule lets through at most.
Expression about_command(const Expression& expression, bool passed = true) {
  const ExpressionNode& node = expression.node();
  if (node.kind == ExpressionNode::Kind::kConstant) return expression;
  if (node.kind == ExpressionNode::Kind::kCompare || node.kind == ExpressionNode::Kind::kIn) {
    if (node.operand.argument == kCommand) return expression;
    return passed ? Expression::always() : Expression::never();
  }
  if (node.kind == ExpressionNode::Kind::kNot) {
    return Expression::negation(about_command(node.terms.front(), !passed));
  }
  std::vector<Expression> terms;
  for (const Expression& term : node.terms) terms.push_back(about_command(term, passed));
  return node.kind == ExpressionNode::Kind::kAll ? Expression::all_of(std::move(terms))
                                                 : Expression::any_of(std::move(terms));
}

bool lets_through(const Expression& condition, uint64_t command) {
  Arguments arguments = {};
  arguments[kCommand] = command;
  return holds(condition, arguments);
}

std::set<uint64_t> named_ones(const Syscall& ioctl, const Expression& condition,
                              Architecture architecture) {
  std::set<uint64_t> values;
  const ConstantGroup* group =
      find_constant_group(architecture, ioctl.arguments[kCommand].constants);
  for (const Constant& constant : group->constants) {
    const uint64_t command = constant.value & UINT32_MAX;
    if (lets_through(condition, command)) values.insert(command);
  }
  return values;
}

bool lies_in_any(const std::vector<ValueRange>& ranges, uint64_t number) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const ValueRange& range) {
    return range.first <= number && number <= range.last;
  });
}

class CommandCheck {
 public:
  CommandCheck(const Syscall& ioctl, Architecture architecture)
      : ioctl_(ioctl), architecture_(architecture) {}

  void look_at(const Rule& rule) {
    const Expression condition = about_command(rule.condition);
    const uint64_t count =
        diagrams_.count_words(diagram_of(diagrams_, condition), argument_offset(kCommand, false));
    if (diagrams_.overflowed()) return;
    if (count == kAllCommands) {
      tell(rule, finding::kEveryCommand, "ioctl: every command of every driver",
           "name the commands: cmd in { KVM_IRQFD, KVM_IOEVENTFD }");
      return;
    }
    const std::set<uint64_t> named = named_ones(ioctl_, condition, architecture_);
    const uint64_t unnamed = count - named.size();
    if (unnamed > kMostListed) {
      tell_of_many(rule, count);
      return;
    }
    if (unnamed > 0) {
      tell(rule, finding::kBareCommand, "ioctl: commands that have no name in the tables",
           "name the commands, or say in an answer which ones they are");
    }
    look_for_numbers(rule, named);
  }

  Result<Findings> take_findings() {
    if (diagrams_.overflowed()) return too_large_to_decide();
    return std::move(findings_);
  }

 private:
  void tell_of_many(const Rule& rule, uint64_t count) {
    tell(rule, finding::kManyCommands,
         "ioctl: lets " + std::to_string(count) + " commands through, of which more than " +
             std::to_string(kMostListed) + " have no name",
         "name the commands: cmd in { TCGETS, TCSETS }");
  }

  void look_for_numbers(const Rule& rule, const std::set<uint64_t>& named) {
    const std::vector<ValueRange> bare = bare_numbers(rule, ioctl_, kCommand, architecture_);
    for (const uint64_t number : named) {
      if (!lies_in_any(bare, number)) continue;
      const std::string name =
          describe_value(architecture_, ioctl_.arguments[kCommand].constants, number);
      tell(rule, finding::kBareCommand, "ioctl: " + hexadecimal(number) + " is " + name,
           "write the name");
    }
  }

  void tell(const Rule& rule, const char* id, std::string message, std::string hint) {
    findings_.push_back(finding_at(rule, architecture_, id, std::move(message), std::move(hint)));
  }

  const Syscall& ioctl_;
  Architecture architecture_;
  DecisionDiagrams diagrams_;
  Findings findings_;
};

bool grants(const Rule& rule, int number) {
  const std::vector<int>& numbers = rule.numbers;
  return !rule.condition.is_never() &&
         std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

}  // namespace

Result<Findings> weigh_commands(const LintScope& scope) {
  const Syscall* ioctl = find_syscall(scope.architecture, "ioctl");
  CommandCheck check(*ioctl, scope.architecture);
  for (const Profile* profile : scope.profiles) {
    if (profile->phase == Phase::kBoot) continue;
    for (const Rule& rule : profile->rules) {
      if (grants(rule, ioctl->number)) check.look_at(rule);
    }
  }
  return check.take_findings();
}

}  // namespace qsbx
