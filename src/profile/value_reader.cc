// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/value_reader.h"

#include "src/profile/diagnostic_ids.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

constexpr Number kGreatest = Number{UINT64_MAX};

// include/uapi/asm-generic/ioctl.h
std::optional<Number> direction_bits(std::string_view name) {
  if (name == "_IOC_NONE") return 0;
  if (name == "_IOC_WRITE") return 1;
  if (name == "_IOC_READ") return 2;
  return std::nullopt;
}

}  // namespace

Architecture other_architecture(Architecture architecture) {
  return architecture == Architecture::kX86_64 ? Architecture::kAarch64 : Architecture::kX86_64;
}

std::optional<Number> ValueReader::read(const ValueTree& value) {
  switch (value.kind) {
    case ValueTree::Kind::kNumber:
      return static_cast<Number>(value.number);
    case ValueTree::Kind::kName:
      return field_ == IoctlField::kNone ? named(value) : direction(value);
    case ValueTree::Kind::kComplement:
      return complement(value);
    case ValueTree::Kind::kNegative:
      return negative(value);
    case ValueTree::Kind::kOr:
      return any_of(value);
    case ValueTree::Kind::kShift:
      return shifted(value);
  }
  return std::nullopt;
}

std::optional<Number> ValueReader::named(const ValueTree& value) {
  if (const auto number = find_constant(architecture_, argument_.constants, value.text)) {
    return as_argument(*number);
  }
  const Architecture other = other_architecture(architecture_);
  if (find_constant(other, argument_.constants, value.text)) {
    missing_ = value.text;
    return std::nullopt;
  }
  const ConstantGroup* group = group_of_constant(architecture_, value.text);
  if (group == nullptr) group = group_of_constant(other, value.text);
  if (group != nullptr) {
    report_foreign(value, group->name);
  } else {
    report_unknown(value);
  }
  return std::nullopt;
}

std::optional<Number> ValueReader::direction(const ValueTree& value) {
  if (field_ == IoctlField::kDirection) {
    if (const std::optional<Number> bits = direction_bits(value.text)) return bits;
  }
  reporter_.error(diagnostic::kUnknownConstant, value.where,
                  "the parts of an ioctl number have no constant " + quoted(value.text),
                  field_ == IoctlField::kDirection ? "write _IOC_NONE, _IOC_READ or _IOC_WRITE"
                                                   : "write a number or a character such as 'd'");
  return std::nullopt;
}

// ~ turns round the bits of the argument, not those of a C int.
std::optional<Number> ValueReader::complement(const ValueTree& value) {
  const std::optional<Number> inner = read(value.parts.front());
  if (!inner) return std::nullopt;
  const Number all = static_cast<Number>(low_bits(argument_.bits));
  if (*inner <= all && *inner >= -(all / 2) - 1) return all & ~*inner;
  reporter_.error(diagnostic::kDoesNotFit, value.where,
                  quoted(value.text) + " does not fit: " + std::string(argument_.name) + " has " +
                      std::to_string(argument_.bits) + " bits");
  return std::nullopt;
}

std::optional<Number> ValueReader::negative(const ValueTree& value) {
  const std::optional<Number> inner = read(value.parts.front());
  if (!inner) return std::nullopt;
  return -*inner;
}

std::optional<Number> ValueReader::any_of(const ValueTree& value) {
  Number all = 0;
  bool complete = true;
  for (const ValueTree& part : value.parts) {
    const std::optional<Number> bits = read(part);
    complete = complete && bits;
    if (bits) all |= *bits;
  }
  return complete ? std::optional(all) : std::nullopt;
}

std::optional<Number> ValueReader::shifted(const ValueTree& value) {
  std::optional<Number> result = read(value.parts.front());
  for (size_t i = 1; i < value.parts.size() && result; ++i) {
    const std::optional<Number> by = read(value.parts[i]);
    if (!by) return std::nullopt;
    const bool possible = *result >= 0 && *by >= 0 && *by < 64 && *result <= kGreatest >> *by;
    if (!possible) {
      reporter_.error(diagnostic::kBadShift, value.where,
                      quoted(value.text) + " does not fit into 64 bits",
                      "shift a positive number, by 0 to 63 bits");
      return std::nullopt;
    }
    result = *result << *by;
  }
  return result;
}

// The tables hold a negative constant (AT_FDCWD) as a pattern of 32 or of 64 bits.
Number ValueReader::as_argument(uint64_t constant) const {
  const uint64_t all = low_bits(argument_.bits);
  const uint64_t sign = uint64_t{1} << (argument_.bits - 1);
  const bool is_extended = argument_.bits < 64 && constant >= ~uint64_t{0} - sign + 1;
  if (is_extended) constant &= all;
  const bool is_negative = argument_.is_signed && constant <= all && (constant & sign) != 0;
  const Number number = static_cast<Number>(constant);
  return is_negative ? number - static_cast<Number>(all) - 1 : number;
}

void ValueReader::report_unknown(const ValueTree& value) const {
  const std::string nearest =
      argument_.constants.empty()
          ? ""
          : nearest_constant_name(architecture_, argument_.constants, value.text);
  reporter_.error(
      diagnostic::kUnknownConstant, value.where,
      "there is no constant " + quoted(value.text) + " for " + std::string(argument_.name),
      did_you_mean(nearest));
}

void ValueReader::report_foreign(const ValueTree& value, std::string_view group) const {
  const std::string name(argument_.name);
  const bool plain = argument_.constants.empty();
  const std::string nearest =
      plain ? "" : nearest_constant_name(architecture_, argument_.constants, value.text);
  reporter_.error(diagnostic::kForeignConstant, value.where,
                  std::string(value.text) + " is a constant of " + owner_of(value.text, group) +
                      ", not of " + name,
                  plain ? name + " takes plain numbers" : did_you_mean(nearest));
}

// Most often it was meant for another argument of the same call.
std::string ValueReader::owner_of(std::string_view constant, std::string_view group) const {
  for (const SyscallArgument& other : call_.arguments) {
    if (find_constant(architecture_, other.constants, constant)) return std::string(other.name);
  }
  return "the group " + std::string(group);
}

}  // namespace qsbx
