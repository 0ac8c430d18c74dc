// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/bare_numbers.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "src/profile/condition_parser.h"
#include "src/profile/lexer.h"
#include "src/profile/operand_domain.h"
#include "src/profile/reporter.h"
#include "src/profile/value_reader.h"

namespace qsbx {
namespace {

bool has_a_name(const ValueTree& value) {
  return value.kind == ValueTree::Kind::kName ||
         std::any_of(value.parts.begin(), value.parts.end(), has_a_name);
}

bool is_about_all_of(const Test& test, std::string_view argument) {
  return test.form != Test::Form::kAnyBits && test.argument == argument &&
         test.field == IoctlField::kNone && !test.mask;
}

// The rule has been parsed before, so all this succeeds.
class BareNumbers {
 public:
  BareNumbers(const Syscall& call, int argument, Architecture architecture, Reporter& reporter)
      : argument_(call.arguments[static_cast<size_t>(argument)]),
        values_(call, argument, IoctlField::kNone, architecture, reporter) {}

  void look_at(const ConditionTree& condition) {
    for (const ConditionTree& term : condition.terms) look_at(term);
    if (condition.kind != ConditionTree::Kind::kTest) return;
    if (!is_about_all_of(condition.test, argument_.name)) return;
    for (const Member& member : condition.test.members) look_at(member);
  }

  std::vector<ValueRange> take() { return std::move(ranges_); }

 private:
  void look_at(const Member& member) {
    const std::optional<uint64_t> first = number_of(member.first);
    const std::optional<uint64_t> last = member.last ? number_of(*member.last) : first;
    if (first && last) {
      ranges_.push_back({*first, *last});
    } else if (first || last) {
      const uint64_t one = first ? *first : *last;
      ranges_.push_back({one, one});
    }
  }

  std::optional<uint64_t> number_of(const ValueTree& value) {
    if (has_a_name(value)) return std::nullopt;
    const std::optional<Number> number = values_.read(value);
    if (!number) return std::nullopt;
    return static_cast<uint64_t>(*number) & low_bits(argument_.bits);
  }

  const SyscallArgument& argument_;
  ValueReader values_;
  std::vector<ValueRange> ranges_;
};

}  // namespace

std::vector<ValueRange> bare_numbers(const Rule& rule, const Syscall& call, int argument,
                                     Architecture architecture) {
  Reporter reporter(rule.where.file, 1);
  Lexer lexer(rule.text, reporter);
  while (!lexer.take().is(":")) {
    if (lexer.peek().kind == Token::Kind::kEnd) return {};
  }
  const std::optional<ConditionTree> condition =
      ConditionParser(lexer, reporter, ParseLimits().depth).parse();
  BareNumbers numbers(call, argument, architecture, reporter);
  if (condition) numbers.look_at(*condition);
  return numbers.take();
}

}  // namespace qsbx
