// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/shell_words.h"

#include <glib.h>

#include <memory>

namespace qsbx {
namespace {

bool is_plain(const std::string& name) {
  constexpr char kPlain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-";
  return !name.empty() && name.find_first_not_of(kPlain) == name.npos;
}

std::string quoted(const std::string& name) {
  const std::unique_ptr<char, decltype(&g_free)> text(g_shell_quote(name.c_str()), g_free);
  return text.get();
}

}  // namespace

std::string as_last_argument(const std::string& name) {
  return (name.starts_with("-") ? "-- " : "") + (is_plain(name) ? name : quoted(name));
}

}  // namespace qsbx
