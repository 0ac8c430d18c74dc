// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/syscalls/nearest_name.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace qsbx {

namespace {

// Longer than any name of a call or constant; a distance costs time by the product of lengths.
constexpr size_t kLongestName = 128;

}  // namespace

size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<size_t> before_last(right.size() + 1), last(right.size() + 1),
      current(right.size() + 1);
  for (size_t column = 0; column <= right.size(); ++column) last[column] = column;
  for (size_t row = 1; row <= left.size(); ++row) {
    current[0] = row;
    for (size_t column = 1; column <= right.size(); ++column) {
      const bool same = left[row - 1] == right[column - 1];
      current[column] =
          std::min({last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1)});
      const bool swapped = row > 1 && column > 1 && left[row - 1] == right[column - 2] &&
                           left[row - 2] == right[column - 1];
      if (swapped) current[column] = std::min(current[column], before_last[column - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, current);
  }
  return last[right.size()];
}

NearestName::NearestName(std::string_view wanted)
    : wanted_(wanted), limit_(1 + wanted.size() / 4), distance_(limit_ + 1) {}

void NearestName::consider(std::string_view name) {
  if (wanted_.empty() || wanted_.size() > kLongestName) return;
  const size_t longer = std::max(name.size(), wanted_.size());
  const size_t shorter = std::min(name.size(), wanted_.size());
  if (longer - shorter > limit_) return;
  const size_t distance = edit_distance(wanted_, name);
  // A name of which nothing is left was not misspelt, it is another one.
  if (distance > limit_ || distance >= shorter) return;
  if (distance > distance_ || (distance == distance_ && name >= name_)) return;
  distance_ = distance;
  name_ = name;
}

}  // namespace qsbx
