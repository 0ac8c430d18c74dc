// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/argument_layout.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace qsbx {
namespace {

struct PlacedArgument {
  int index = -1;  // the call has none of that name
  uint8_t bits = 0;
  bool is_signed = false;
  std::string_view constants = {};

  bool operator==(const PlacedArgument&) const = default;
};

using Layout = std::vector<PlacedArgument>;

void collect_arguments(const ConditionTree& tree, std::set<std::string_view>& names) {
  if (tree.kind == ConditionTree::Kind::kTest) names.insert(tree.test.argument);
  for (const ConditionTree& term : tree.terms) collect_arguments(term, names);
}

PlacedArgument place(const Syscall& call, std::string_view name) {
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const SyscallArgument& argument = call.arguments[i];
    if (argument.name == name) {
      return {static_cast<int>(i), argument.bits, argument.is_signed, argument.constants};
    }
  }
  return {};
}

// Calls that lack an argument have one mistake in common, whatever else they look like.
Layout layout_of(const Syscall& call, const std::set<std::string_view>& names) {
  Layout layout;
  for (const std::string_view name : names) {
    layout.push_back(place(call, name));
    if (layout.back().index < 0) return {layout.back()};
  }
  return layout;
}

}  // namespace

std::vector<std::vector<const Syscall*>> group_by_layout(const std::vector<const Syscall*>& calls,
                                                         const ConditionTree& condition) {
  if (calls.size() == 1) return {calls};
  std::set<std::string_view> names;
  collect_arguments(condition, names);
  std::vector<Layout> layouts;
  std::vector<std::vector<const Syscall*>> groups;
  for (const Syscall* call : calls) {
    const Layout layout = layout_of(*call, names);
    const auto known = std::find(layouts.begin(), layouts.end(), layout);
    const size_t index = static_cast<size_t>(known - layouts.begin());
    if (known == layouts.end()) {
      layouts.push_back(layout);
      groups.emplace_back();
    }
    groups[index].push_back(call);
  }
  return groups;
}

}  // namespace qsbx
