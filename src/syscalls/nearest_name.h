// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What somebody meant who misspelt a name.
#ifndef QSBX_SYSCALLS_NEAREST_NAME_H_
#define QSBX_SYSCALLS_NEAREST_NAME_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace qsbx {

// Insertions, deletions and replacements of one character, and swaps of two neighbours.
size_t edit_distance(std::string_view left, std::string_view right);

// Takes names one by one and keeps the nearest; of equally near names the first in the alphabet.
class NearestName {
 public:
  explicit NearestName(std::string_view wanted);

  void consider(std::string_view name);

  // Empty when no name is near enough to be a slip: one change, and one more for every four
  // characters.
  const std::string& name() const { return name_; }

 private:
  std::string_view wanted_;
  size_t limit_;
  size_t distance_;
  std::string name_;
};

}  // namespace qsbx

#endif
