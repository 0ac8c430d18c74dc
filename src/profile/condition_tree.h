// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A rule's condition as it was written, before the tables of an architecture give it a meaning: the
// same text means different numbers on different architectures.
#ifndef QSBX_PROFILE_CONDITION_TREE_H_
#define QSBX_PROFILE_CONDITION_TREE_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "src/policy/expression.h"
#include "src/profile/reporter.h"

namespace qsbx {

struct ValueTree {
  enum class Kind { kNumber, kName, kComplement, kNegative, kOr, kShift };

  Kind kind = Kind::kNumber;
  uint64_t number = 0;
  std::string_view text = {};  // the name, or the whole value as written
  Position where = {};
  std::vector<ValueTree> parts = {};
};

// The parts of an ioctl number, include/uapi/asm-generic/ioctl.h.
enum class IoctlField { kNone, kNumber, kType, kSize, kDirection };

struct Member {
  ValueTree first;
  std::optional<ValueTree> last = {};
};

struct Test {
  enum class Form { kAnyBits, kCompare, kIn, kDescriptors };

  Form form = Form::kCompare;
  std::string_view argument = {};
  Position where = {};         // of the argument
  std::string_view text = {};  // all of it, for messages
  IoctlField field = IoctlField::kNone;
  std::optional<ValueTree> mask = {};
  Comparator comparator = Comparator::kEqual;
  std::vector<Member> members = {};  // kCompare: one
  DescriptorKind descriptors = {};   // kDescriptors
};

struct ConditionTree {
  enum class Kind { kAlways, kNever, kTest, kAll, kAny, kNot };

  Kind kind = Kind::kNever;
  Test test = {};
  std::vector<ConditionTree> terms = {};
};

}  // namespace qsbx

#endif
