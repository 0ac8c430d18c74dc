// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Calls are kept as boxes: a set of values for each argument, all combinations of which were seen.
// Two boxes that differ in one argument only are one box. Each step keeps the calls that the boxes
// stand for as they are, so that the conditions are exact whatever the order of the steps.
#include "src/learn/conditions.h"

#include <algorithm>
#include <bit>
#include <map>

#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

// In place of a folder's descriptor nullopt is a descriptor that is not AT_FDCWD.
using Values = std::set<std::optional<uint64_t>>;
// nullopt: the argument does not matter.
using Box = std::array<std::optional<Values>, kMaxArguments>;

Box box_of(const Syscall& call, const TellingArguments& telling) {
  Box box;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    if (telling[i] || is_folder_descriptor(call.arguments[i])) box[i] = Values{telling[i]};
  }
  return box;
}

void unite(std::optional<Values>& into, const std::optional<Values>& other) {
  if (!into || !other) {
    into = std::nullopt;
  } else {
    into->insert(other->begin(), other->end());
  }
}

// Those that are alike but for one argument become one.
std::set<Box> united_along(size_t argument, const std::set<Box>& boxes) {
  std::map<Box, std::optional<Values>> by_others;
  for (const Box& box : boxes) {
    Box others = box;
    others[argument] = Values{};
    const auto [place, is_new] = by_others.emplace(others, box[argument]);
    if (!is_new) unite(place->second, box[argument]);
  }
  std::set<Box> united;
  for (const auto& [others, values] : by_others) {
    Box box = others;
    box[argument] = values;
    united.insert(box);
  }
  return united;
}

std::set<Box> united(std::set<Box> boxes) {
  for (size_t before = boxes.size() + 1; boxes.size() < before;) {
    before = boxes.size();
    for (size_t argument = 0; argument < kMaxArguments; ++argument) {
      boxes = united_along(argument, boxes);
    }
  }
  return boxes;
}

bool is_flag_argument(const ConstantGroup* group) {
  return group != nullptr && group->kind == ConstantKind::kFlags;
}

// The lowest bits that are flags, one at a time.
std::vector<uint64_t> flags_in(uint64_t bits) {
  std::vector<uint64_t> flags;
  for (; bits != 0; bits &= bits - 1) flags.push_back(bits & (0 - bits));
  return flags;
}

// Whether each value is there with the flag, and without it.
bool does_not_matter(uint64_t flag, const Values& values) {
  return std::ranges::all_of(
      values, [&](std::optional<uint64_t> value) { return values.contains(*value ^ flag); });
}

uint64_t flags_that_do_not_matter(const ConstantGroup* group, const Values& values) {
  if (!is_flag_argument(group)) return 0;
  uint64_t differing = 0;
  for (const auto& value : values) differing |= *value ^ **values.begin();
  uint64_t all = 0;
  for (const uint64_t flag : flags_in(differing & ~group->field)) {
    if (does_not_matter(flag, values)) all |= flag;
  }
  return all;
}

class ArgumentCondition {
 public:
  ArgumentCondition(const SyscallArgument& argument, Architecture architecture)
      : argument_(argument), architecture_(architecture) {}

  // Empty when the argument may be anything.
  std::string text(const Values& values) const {
    if (is_folder_descriptor(argument_)) return folder_text(values);
    const ConstantGroup* group = find_constant_group(architecture_, argument_.constants);
    const uint64_t ignored = flags_that_do_not_matter(group, values);
    std::set<uint64_t> compared;
    for (const auto& value : values) compared.insert(*value & ~ignored);
    return term(ignored) + comparison(compared);
  }

 private:
  std::string folder_text(const Values& values) const {
    if (values.size() != 1) return "";
    return std::string(argument_.name) + (*values.begin() ? " == " : " != ") + "AT_FDCWD";
  }

  std::string term(uint64_t ignored) const {
    std::string name(argument_.name);
    if (ignored == 0) return name;
    std::string flags;
    for (const uint64_t flag : flags_in(ignored)) {
      flags += (flags.empty() ? "" : " | ") + flag_text(flag);
    }
    const bool several = std::popcount(ignored) > 1;
    return "(" + name + " & ~" + (several ? "(" + flags + ")" : flags) + ")";
  }

  // describe_value() would name what the other bits hold, too, when they are 0.
  std::string flag_text(uint64_t flag) const {
    for (const Constant& constant :
         find_constant_group(architecture_, argument_.constants)->constants) {
      if (constant.is_printed && constant.value == flag) return std::string(constant.name);
    }
    return std::to_string(flag);
  }

  std::string comparison(const std::set<uint64_t>& values) const {
    if (values.size() == 1) return " == " + operand_text(*values.begin());
    std::string list;
    for (const uint64_t value : values) list += (list.empty() ? "" : ", ") + value_text(value);
    return " in { " + list + " }";
  }

  std::string operand_text(uint64_t value) const {
    const std::string text = value_text(value);
    return text.find('|') == std::string::npos ? text : "(" + text + ")";
  }

  std::string value_text(uint64_t value) const {
    return describe_value(architecture_, argument_.constants, value);
  }

  const SyscallArgument& argument_;
  Architecture architecture_;
};

std::string condition_text(const Syscall& call, Architecture architecture, const Box& box) {
  std::string text;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    if (!box[i]) continue;
    const std::string one = ArgumentCondition(call.arguments[i], architecture).text(*box[i]);
    if (!one.empty()) text += (text.empty() ? "" : " && ") + one;
  }
  return text.empty() ? "1" : text;
}

}  // namespace

std::vector<std::string> conditions_of(const Syscall& call, Architecture architecture,
                                       const std::set<TellingArguments>& seen) {
  std::set<Box> boxes;
  for (const TellingArguments& telling : seen) boxes.insert(box_of(call, telling));
  std::vector<std::string> texts;
  for (const Box& box : united(boxes)) texts.push_back(condition_text(call, architecture, box));
  return texts;
}

}  // namespace qsbx
