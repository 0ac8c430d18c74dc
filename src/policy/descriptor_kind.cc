// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/descriptor_kind.h"

#include <algorithm>

namespace qsbx {
namespace {

// "a, b and c"
std::string enumerated(const std::vector<std::string>& items) {
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += items[i];
  }
  return text;
}

}  // namespace

const std::vector<std::string>& descriptor_kind_names() {
  static const std::vector<std::string> kNames = {"kvm",        "kvm-vm", "kvm-vcpu",
                                                  "kvm-device", "tap",    "vhost"};
  return kNames;
}

std::string_view descriptor_kind_name(DescriptorKind kind) {
  return descriptor_kind_names()[static_cast<size_t>(kind)];
}

std::optional<DescriptorKind> find_descriptor_kind(std::string_view name) {
  const std::vector<std::string>& names = descriptor_kind_names();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<DescriptorKind>(found - names.begin());
}

// A range is written where it is shorter than its numbers.
std::string numbers_text(const std::set<int>& numbers) {
  std::vector<std::string> texts;
  for (auto first = numbers.begin(); first != numbers.end();) {
    auto last = first;
    while (numbers.contains(*last + 1)) ++last;
    const bool is_range = *last - *first > 1;
    texts.push_back(is_range ? std::to_string(*first) + " to " + std::to_string(*last)
                             : std::to_string(*first));
    first = std::next(is_range ? last : first);
  }
  return enumerated(texts);
}

std::string to_string(const Descriptors& descriptors) {
  std::vector<std::string> kinds;
  for (const auto& [kind, numbers] : descriptors) {
    kinds.push_back(std::string(descriptor_kind_name(kind)) + " " +
                    (numbers.empty() ? "none" : numbers_text(numbers)));
  }
  std::string text;
  for (const std::string& kind : kinds) text += (text.empty() ? "" : "; ") + kind;
  return text;
}

}  // namespace qsbx
