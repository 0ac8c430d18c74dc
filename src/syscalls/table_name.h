// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A name that stands in the table itself. Where a table points to its names, each program that
// starts, and each QEMU that the library comes into, has to relocate thousands of pointers, and
// keeps the pages with them to itself.
#ifndef QSBX_SYSCALLS_TABLE_NAME_H_
#define QSBX_SYSCALLS_TABLE_NAME_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string_view>

namespace qsbx {

// It is not copied, so that a view of it lasts as long as the table.
template <size_t kRoom>
class TableName {
 public:
  template <size_t kSize>
  // Not explicit: tables are written as names and numbers.
  consteval TableName(const char (&text)[kSize]) : length_(kSize - 1) {
    static_assert(kSize - 1 <= kRoom, "the table has to say that its names are longer");
    for (size_t i = 0; i < length_; ++i) text_[i] = text[i];
  }
  TableName(const TableName&) = delete;
  TableName& operator=(const TableName&) = delete;

  // Not explicit: it is read as any other name is.
  constexpr operator std::string_view() const { return {text_, length_}; }
  constexpr bool empty() const { return length_ == 0; }

  template <std::convertible_to<std::string_view> Text>
  friend constexpr bool operator==(const TableName& name, const Text& text) {
    return std::string_view(name) == std::string_view(text);
  }
  friend std::ostream& operator<<(std::ostream& out, const TableName& name) {
    return out << std::string_view(name);
  }

 private:
  char text_[kRoom] = {};
  uint8_t length_;
};

// What tables are sorted by.
inline constexpr auto name_in_table = [](const auto& entry) -> std::string_view {
  return entry.name;
};

}  // namespace qsbx

#endif
