// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/descriptor_parser.h"

#include "src/errors/text.h"
#include "src/profile/diagnostic_ids.h"
#include "src/profile/names.h"
#include "src/syscalls/nearest_name.h"

namespace qsbx {
namespace {

bool take(std::string_view symbol, const std::string& wanted, Lexer& lexer, Reporter& reporter) {
  const Token next = lexer.peek();
  if (next.is(symbol)) {
    lexer.take();
    return true;
  }
  if (next.kind == Token::Kind::kBad) return false;
  reporter.error(diagnostic::kUnexpected, next.where,
                 "expected " + wanted + ", found " + describe(next));
  return false;
}

std::string nearest_or_all(std::string_view name) {
  const std::vector<std::string>& names = descriptor_kind_names();
  const std::string nearest = nearest_of(names, name);
  return nearest.empty() ? "known are " + joined(names) : did_you_mean(nearest);
}

}  // namespace

std::optional<DescriptorKind> parse_descriptor_kind(Lexer& lexer, Reporter& reporter) {
  if (!take("(", "( after fds", lexer, reporter)) return std::nullopt;
  lexer.peek();  // over the end of a line, which a word would not go past
  const Token word = lexer.take_word();
  const std::optional<DescriptorKind> kind = find_descriptor_kind(word.text);
  if (!kind) {
    reporter.error(diagnostic::kUnknownDescriptorKind, word.where,
                   "there is no kind of descriptors " + quoted(word.text),
                   nearest_or_all(word.text));
    return std::nullopt;
  }
  if (!take(")", ") after the kind", lexer, reporter)) return std::nullopt;
  return kind;
}

}  // namespace qsbx
