// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/condition_checker.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "src/errors/text.h"
#include "src/profile/diagnostic_ids.h"
#include "src/syscalls/constants.h"
#include "src/syscalls/nearest_name.h"

namespace qsbx {
namespace {

constexpr std::string_view kIoctlGroup = "ioctl_cmd";

struct FieldPlace {
  int shift;
  int bits;
};

// include/uapi/asm-generic/ioctl.h, which both architectures use.
FieldPlace place_of(IoctlField field) {
  switch (field) {
    case IoctlField::kNumber:
      return {0, 8};
    case IoctlField::kType:
      return {8, 8};
    case IoctlField::kSize:
      return {16, 14};
    case IoctlField::kDirection:
      return {30, 2};
    case IoctlField::kNone:
      break;
  }
  return {0, 64};
}

bool is_ordered(Comparator comparator) {
  return comparator != Comparator::kEqual && comparator != Comparator::kNotEqual;
}

// Folders are left out: there is no kind of them.
bool is_descriptor(const Syscall& call, std::string_view argument) {
  constexpr std::string_view kDescriptors[] = {"fd",    "fildes", "oldfd", "newfd",
                                               "fd_in", "fd_out", "in_fd", "out_fd"};
  return call.name != "close_range" &&
         std::ranges::find(kDescriptors, argument) != std::end(kDescriptors);
}

std::string argument_names(const Syscall& call) {
  std::string names;
  for (const SyscallArgument& argument : call.arguments) {
    if (!names.empty()) names += ", ";
    names += argument.name;
  }
  return names;
}

std::string describe_domain(const Syscall& call, const Operand& operand) {
  const SyscallArgument& argument = call.arguments[static_cast<size_t>(operand.argument)];
  if (operand.mask != ~uint64_t{0}) {
    return "of " + std::string(argument.name) + " it sees the bits " + hexadecimal(operand.mask) +
           " only";
  }
  return std::string(argument.name) + " is " + (operand.is_signed ? "a signed" : "an unsigned") +
         " number of " + std::to_string(operand.bits) + " bits";
}

}  // namespace

std::optional<Expression> ConditionChecker::check(const ConditionTree& tree) {
  switch (tree.kind) {
    case ConditionTree::Kind::kAlways:
      return Expression::always();
    case ConditionTree::Kind::kNever:
      return Expression::never();
    case ConditionTree::Kind::kTest:
      return check_test(tree.test);
    default:
      return check_terms(tree);
  }
}

std::optional<Expression> ConditionChecker::check_terms(const ConditionTree& tree) {
  std::vector<Expression> terms;
  bool complete = true;
  for (const ConditionTree& term : tree.terms) {
    std::optional<Expression> checked = check(term);
    complete = complete && checked;
    if (checked) terms.push_back(std::move(*checked));
  }
  if (!complete) return std::nullopt;
  if (tree.kind == ConditionTree::Kind::kNot) return Expression::negation(terms.front());
  return tree.kind == ConditionTree::Kind::kAll ? Expression::all_of(std::move(terms))
                                                : Expression::any_of(std::move(terms));
}

std::optional<Expression> ConditionChecker::check_test(const Test& test) {
  const std::optional<int> argument = argument_of(test);
  if (!argument) return std::nullopt;
  const std::optional<Operand> operand = operand_of(test, *argument);
  if (!operand) return std::nullopt;
  switch (test.form) {
    case Test::Form::kAnyBits:
      return any_bits(test, *operand);
    case Test::Form::kCompare:
      return compared(test, *operand);
    case Test::Form::kIn:
      return in_set(test, *operand);
    case Test::Form::kDescriptors:
      return in_descriptors(test, *operand);
  }
  return std::nullopt;
}

std::optional<int> ConditionChecker::argument_of(const Test& test) {
  for (size_t i = 0; i < call_.arguments.size(); ++i) {
    if (call_.arguments[i].name == test.argument) return static_cast<int>(i);
  }
  NearestName nearest(test.argument);
  for (const SyscallArgument& known : call_.arguments) nearest.consider(known.name);
  std::string hint = did_you_mean(nearest.name());
  if (hint.empty()) {
    hint = call_.arguments.empty() ? "it has no arguments at all"
                                   : "its arguments are " + argument_names(call_);
  }
  reporter_.error(diagnostic::kUnknownArgument, test.where,
                  std::string(call_.name) + " has no argument " + quoted(test.argument),
                  std::move(hint));
  return std::nullopt;
}

std::optional<Operand> ConditionChecker::operand_of(const Test& test, int index) {
  const SyscallArgument& of = argument(index);
  const Operand whole = {index, of.bits, of.is_signed, ~uint64_t{0}};
  if (test.field != IoctlField::kNone) return field_operand(test, whole);
  if (!test.mask) return whole;
  const std::optional<uint64_t> mask = mask_of(test, index);
  if (!mask) return std::nullopt;
  return Operand{index, of.bits, false, *mask};
}

std::optional<Operand> ConditionChecker::field_operand(const Test& test, Operand whole) {
  if (argument(whole.argument).constants != kIoctlGroup) {
    reporter_.error(diagnostic::kNoIoctlNumber, test.where,
                    std::string(test.argument) + " of " + std::string(call_.name) +
                        " is no ioctl number, so it has no _IOC_ parts",
                    "only cmd of ioctl has");
    return std::nullopt;
  }
  const FieldPlace place = place_of(test.field);
  return Operand{whole.argument, whole.bits, false, low_bits(place.bits) << place.shift};
}

std::optional<uint64_t> ConditionChecker::mask_of(const Test& test, int index) {
  const SyscallArgument& of = argument(index);
  ValueReader reader(call_, index, IoctlField::kNone, architecture_, reporter_);
  const std::optional<Number> number = reader.read(*test.mask);
  if (!reader.missing().empty()) note_missing(test.mask->where, reader.missing(), true);
  if (!number) return std::nullopt;
  const OperandDomain domain({index, of.bits, of.is_signed, ~uint64_t{0}});
  const std::optional<uint64_t> ordinal = domain.ordinal_of_pattern(*number);
  if (!ordinal) {
    report_misfit(*test.mask, std::string(of.name) + " has " + std::to_string(of.bits) + " bits");
    return std::nullopt;
  }
  return domain.value_of(*ordinal) & low_bits(of.bits);
}

std::optional<Expression> ConditionChecker::any_bits(const Test& test, const Operand& operand) {
  if (operand.mask == 0) {
    reporter_.error(diagnostic::kNeverTrue, test.where,
                    quoted(test.text) + " can never be true: " + quoted(test.mask->text) +
                        " is 0, so there is no bit to test",
                    "compare instead: " + std::string(test.argument) +
                        " == " + std::string(test.mask->text) + ", or (" +
                        std::string(test.argument) + " & mask) == " + std::string(test.mask->text));
    return std::nullopt;
  }
  if (!mask_suits_enumeration(test, argument(operand.argument), operand.mask)) return std::nullopt;
  return Expression::negation(Expression::compare(operand, Comparator::kEqual, 0));
}

// "cmd & 0x6400", meant as "the type is 'd'", is true for most of all ioctls.
bool ConditionChecker::mask_suits_enumeration(const Test& test, const SyscallArgument& of,
                                              uint64_t mask) {
  const ConstantGroup* group = find_constant_group(architecture_, of.constants);
  const bool is_enumeration = group != nullptr && group->kind == ConstantKind::kEnumeration;
  if (!is_enumeration || std::popcount(mask) < 2) return true;
  reporter_.error(diagnostic::kBitsOfEnumeration, test.where,
                  quoted(test.text) + " is true when any of these bits is set, but " +
                      std::string(of.name) + " is one value, not a set of flags",
                  of.constants == kIoctlGroup
                      ? "for the type of an ioctl write _IOC_TYPE(cmd) == 'd'"
                      : "compare with ==, or list the values: in { ... }");
  return false;
}

std::optional<Expression> ConditionChecker::compared(const Test& test, const Operand& operand) {
  const OperandDomain domain(operand);
  std::string_view missing;
  const ValueTree& value = test.members.front().first;
  const std::optional<uint64_t> ordinal =
      ordinal_of(test, value, operand, is_ordered(test.comparator), &missing);
  if (!missing.empty()) note_missing(value.where, missing, true);
  if (!ordinal) return std::nullopt;
  const Outcome outcome = domain.outcome(domain.satisfying(test.comparator, *ordinal));
  if (!can_go_both_ways(test, outcome, operand)) return std::nullopt;
  return Expression::compare(operand, test.comparator, domain.value_of(*ordinal));
}

std::optional<Expression> ConditionChecker::in_set(const Test& test, const Operand& operand) {
  const OperandDomain domain(operand);
  std::vector<ValueRange> ordinals;
  std::vector<ValueRange> values;
  bool complete = true;
  for (const Member& member : test.members) {
    const std::optional<Range> range = range_of(test, member, operand);
    complete = complete && range;
    if (!range || range->missing) continue;
    ordinals.push_back(range->ordinals);
    values.push_back(
        {domain.value_of(range->ordinals.first), domain.value_of(range->ordinals.last)});
  }
  if (!complete || values.empty()) return std::nullopt;
  if (!can_go_both_ways(test, domain.outcome(std::move(ordinals)), operand)) return std::nullopt;
  return Expression::in(operand, std::move(values));
}

std::optional<Expression> ConditionChecker::in_descriptors(const Test& test,
                                                           const Operand& operand) {
  if (is_descriptor(call_, test.argument)) {
    return Expression::any_descriptor(operand, test.descriptors);
  }
  reporter_.error(diagnostic::kNoDescriptor, test.where,
                  std::string(test.argument) + " of " + std::string(call_.name) +
                      " is no descriptor, so it has no kind",
                  "fds() is for arguments such as fd of ioctl, read or mmap");
  return std::nullopt;
}

std::optional<ConditionChecker::Range> ConditionChecker::range_of(const Test& test,
                                                                  const Member& member,
                                                                  const Operand& operand) {
  const bool is_range = member.last.has_value();
  const ValueTree& written_last = is_range ? *member.last : member.first;
  std::string_view missing;
  const auto first = ordinal_of(test, member.first, operand, is_range, &missing);
  const auto last = is_range ? ordinal_of(test, written_last, operand, true, &missing) : first;
  if (!missing.empty()) {
    note_missing(member.first.where, missing, false);
    return Range{{}, true};
  }
  if (!first || !last) return std::nullopt;
  const ValueRange ordinals = {*first, *last};
  if (!range_makes_sense(test, member, ordinals, OperandDomain(operand))) return std::nullopt;
  return Range{ordinals, false};
}

bool ConditionChecker::range_makes_sense(const Test& test, const Member& member,
                                         const ValueRange& ordinals, const OperandDomain& domain) {
  if (ordinals.first > ordinals.last) {
    reporter_.error(diagnostic::kEmptyRange, member.first.where,
                    "the range " + std::string(member.first.text) + ".." +
                        std::string(member.last->text) + " is empty: it ends before it begins",
                    "write the smaller end first");
    return false;
  }
  if (domain.has_any_in(ordinals)) return true;
  reporter_.error(diagnostic::kNeverTrue, member.first.where,
                  quoted(member.first.text) + " can never be the value of the masked " +
                      std::string(test.argument),
                  "it has bits outside the mask: take it out, or widen the mask");
  return false;
}

std::optional<uint64_t> ConditionChecker::ordinal_of(const Test& test, const ValueTree& value,
                                                     const Operand& operand, bool is_quantity,
                                                     std::string_view* missing) {
  ValueReader reader(call_, operand.argument, test.field, architecture_, reporter_);
  std::optional<Number> number = reader.read(value);
  if (!reader.missing().empty()) *missing = reader.missing();
  if (number && test.field != IoctlField::kNone) number = placed_in_field(test, value, *number);
  if (!number) return std::nullopt;
  const OperandDomain domain(operand);
  // A masked operand has no sign, yet what it is compared with may be written with the argument's.
  if (test.mask && *number < 0 && argument(operand.argument).is_signed) {
    const Number modulus = static_cast<Number>(low_bits(operand.bits)) + 1;
    if (*number >= -modulus / 2) *number += modulus;
  }
  const auto ordinal =
      is_quantity ? domain.ordinal_of_quantity(*number) : domain.ordinal_of_pattern(*number);
  if (!ordinal)
    report_misfit(value, describe_domain(call_, {operand.argument, operand.bits, operand.is_signed,
                                                 ~uint64_t{0}}));
  return ordinal;
}

std::optional<Number> ConditionChecker::placed_in_field(const Test& test, const ValueTree& value,
                                                        Number number) {
  const FieldPlace place = place_of(test.field);
  if (number >= 0 && number <= static_cast<Number>(low_bits(place.bits))) {
    return number << place.shift;
  }
  report_misfit(value, "this part of an ioctl number has " + std::to_string(place.bits) + " bits");
  return std::nullopt;
}

bool ConditionChecker::can_go_both_ways(const Test& test, Outcome outcome, const Operand& operand) {
  if (outcome == Outcome::kSometimes) return true;
  const bool never = outcome == Outcome::kNeverTrue;
  reporter_.error(never ? diagnostic::kNeverTrue : diagnostic::kNeverFalse, test.where,
                  quoted(test.text) + " can never be " + (never ? "true" : "false") + ": " +
                      describe_domain(call_, operand),
                  never ? "to grant nothing write 0" : "to grant every call write 1");
  return false;
}

void ConditionChecker::report_misfit(const ValueTree& value, const std::string& what) {
  reporter_.error(diagnostic::kDoesNotFit, value.where,
                  quoted(value.text) + " does not fit: " + what);
}

void ConditionChecker::note_missing(Position where, std::string_view constant, bool whole_rule) {
  reporter_.note(diagnostic::kConstantElsewhere, where,
                 std::string(constant) + " does not exist on " +
                     std::string(architecture_name(architecture_)) +
                     (whole_rule ? ": no rule there" : ": left out of the set there"));
}

}  // namespace qsbx
