// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Values as text. All of this is also for signal handlers: it neither allocates nor locks, except
// describe_value() itself.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "src/syscalls/constants.h"

namespace qsbx {

namespace {

constexpr uint64_t kLowHalf = 0xffffffff;
constexpr uint64_t kSmallestHex = 10;

// File permissions are read in octal, and nobody reads S_IRUSR|S_IWUSR.
constexpr std::string_view kOctalGroup = "file_mode";

class Text {
 public:
  Text(char* buffer, size_t size) : buffer_(buffer), room_(size == 0 ? 0 : size - 1) {
    if (size != 0) buffer_[0] = '\0';
  }

  size_t length() const { return length_; }

  void append(std::string_view text) {
    const size_t count = std::min(text.size(), room_ - length_);
    if (count == 0) return;
    std::memcpy(buffer_ + length_, text.data(), count);
    length_ += count;
    buffer_[length_] = '\0';
  }

  // One of several names, with "|" between them.
  void append_item(std::string_view item) {
    if (length_ != 0) append("|");
    append(item);
  }

  void append_number(uint64_t number) {
    char digits[2 + 16] = {'0', 'x'};
    const bool hex = number >= kSmallestHex;
    char* first = hex ? digits + 2 : digits;
    const auto written = std::to_chars(first, std::end(digits), number, hex ? 16 : 10);
    append_item({digits, static_cast<size_t>(written.ptr - digits)});
  }

  void append_octal(uint64_t number) {
    char digits[1 + 22] = {'0'};
    const auto written =
        std::to_chars(number == 0 ? digits : digits + 1, std::end(digits), number, 8);
    append_item({digits, static_cast<size_t>(written.ptr - digits)});
  }

 private:
  char* buffer_;
  size_t room_;
  size_t length_ = 0;
};

// A register that holds a negative int may have zeros in its upper half.
bool same_value(uint64_t constant, uint64_t value) {
  return constant == value ||
         (static_cast<int64_t>(constant) < 0 && static_cast<int64_t>(constant) >= INT32_MIN &&
          (constant & kLowHalf) == value);
}

const Constant* name_of_field(const ConstantGroup& group, uint64_t field_value) {
  for (const Constant& constant : group.constants) {
    const bool in_field = constant.is_printed && (constant.value & ~group.field) == 0;
    if (in_field && same_value(constant.value, field_value)) return &constant;
  }
  return nullptr;
}

// The flag, or the name for several flags together, that covers most of `bits`; the lowest of
// these.
const Constant* widest_flag(const ConstantGroup& group, uint64_t bits) {
  const Constant* widest = nullptr;
  for (const Constant& constant : group.constants) {
    const bool is_covered = (constant.value & (group.field | ~bits)) == 0;
    if (!constant.is_printed || constant.value == 0 || !is_covered) continue;
    const int more = std::popcount(constant.value) - (widest ? std::popcount(widest->value) : 0);
    if (more > 0 || (more == 0 && constant.value < widest->value)) widest = &constant;
  }
  return widest;
}

void describe_enumeration(Text& text, const ConstantGroup& group, uint64_t value) {
  const Constant* constant = name_of_field(group, value);
  constant ? text.append(constant->name) : text.append_number(value);
}

// Names the parts of `value` and returns what has no name.
uint64_t append_named_flags(Text& text, const ConstantGroup& group, uint64_t value) {
  uint64_t rest = value;
  const Constant* held = group.field == 0 ? nullptr : name_of_field(group, value & group.field);
  if (held) {
    text.append_item(held->name);
    rest &= ~group.field;
  }
  while (const Constant* flag = widest_flag(group, rest)) {
    text.append_item(flag->name);
    rest &= ~flag->value;
  }
  return rest;
}

// Bits without a name that are above the low half: a pointer or another number, not flags.
bool beyond_flags(const ConstantGroup& group, uint64_t value) {
  uint64_t known = group.field;
  for (const Constant& constant : group.constants) {
    if (constant.is_printed) known |= constant.value;
  }
  return (value & ~known & ~kLowHalf) != 0;
}

void describe_flags(Text& text, const ConstantGroup& group, uint64_t value) {
  if (beyond_flags(group, value)) return text.append_number(value);
  const uint64_t rest = append_named_flags(text, group, value);
  if (rest != 0) text.append_number(rest);
  if (text.length() != 0) return;
  const Constant* zero = name_of_field(group, 0);
  zero ? text.append(zero->name) : text.append_number(0);
}

}  // namespace

size_t describe_value_into(char* buffer, size_t size, Architecture architecture,
                           std::string_view group, uint64_t value) {
  Text text(buffer, size);
  const ConstantGroup* names = find_constant_group(architecture, group);
  if (!names) {
    text.append_number(value);
  } else if (group == kOctalGroup) {
    text.append_octal(value);
  } else if (names->kind == ConstantKind::kEnumeration) {
    describe_enumeration(text, *names, value);
  } else {
    describe_flags(text, *names, value);
  }
  return text.length();
}

std::string describe_value(Architecture architecture, std::string_view group, uint64_t value) {
  // Room for every flag of the largest group.
  char buffer[2048];
  return {buffer, describe_value_into(buffer, sizeof buffer, architecture, group, value)};
}

}  // namespace qsbx
