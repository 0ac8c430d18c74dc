// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "src/profile/diagnostic_ids.h"

namespace qsbx {
namespace {

// The longest first.
constexpr std::array<std::string_view, 24> kSymbols = {
    "==", "!=", "<=", ">=", "<<", "&&", "||", "..", "(", ")", "{", "}",
    "[",  "]",  ",",  ":",  "&",  "|",  "~",  "-",  "!", "<", ">", "="};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

bool is_printable(char c) { return c > ' ' && c <= '~'; }

bool ends_word(char c) {
  return !is_printable(c) || std::string_view(",[](){}#'\"").find(c) != std::string_view::npos;
}

}  // namespace

std::optional<uint64_t> number_from(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

Lexer::Lexer(std::string_view text, Reporter& reporter) : text_(text), reporter_(reporter) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text_.starts_with(kByteOrderMark)) offset_ = line_start_ = kByteOrderMark.size();
}

const Token& Lexer::peek() {
  if (!has_peeked_) {
    peeked_ = read();
    has_peeked_ = true;
  }
  return peeked_;
}

Token Lexer::take() {
  const Token token = peek();
  has_peeked_ = false;
  taken_end_ = offset_;
  if (token.is("(") || token.is("{")) ++nesting_;
  if ((token.is(")") || token.is("}")) && nesting_ > 0) --nesting_;
  return token;
}

// A token that has been looked at is read again as (part of) a word; it cannot have been the end
// of a line, for that would have moved on to the next one.
Token Lexer::take_word() {
  if (has_peeked_ && peeked_.ends_line()) return {.where = peeked_.where};
  if (has_peeked_) offset_ = static_cast<size_t>(peeked_.text.data() - text_.data());
  has_peeked_ = false;
  skip_blanks();
  size_t length = 0;
  while (!ends_word(at(offset_ + length))) ++length;
  if (length == 0) return {.where = here()};
  Token word = token(Token::Kind::kName, length);
  taken_end_ = offset_;
  return word;
}

std::string_view Lexer::text_since(const Token& first) const {
  const size_t start = static_cast<size_t>(first.text.data() - text_.data());
  return text_.substr(start, taken_end_ - start);
}

// What is wrong with a rule that goes over several lines should not be reported again for each of
// them: lines that are indented deeper than the rule, or close a bracket, belong to it.
void Lexer::skip_statement(Position start) {
  const bool has_open_brackets = nesting_ > 0;
  nesting_ = 0;
  while (peek().kind != Token::Kind::kEnd) {
    const Token& next = peek();
    const bool begins_another = next.where.line > start.line && next.where.column <= start.column &&
                                !next.is(")") && !next.is("}") &&
                                next.kind != Token::Kind::kNewline;
    if (has_open_brackets && begins_another) break;
    const bool end_of_line = take().kind == Token::Kind::kNewline;
    if (end_of_line && !has_open_brackets) break;
    nesting_ = 0;
  }
}

Position Lexer::here() const { return {line_, static_cast<int>(offset_ - line_start_) + 1}; }

bool Lexer::at_line_end() const {
  return at(offset_) == '\n' || (at(offset_) == '\r' && at(offset_ + 1) == '\n');
}

void Lexer::skip_blanks() {
  while (at(offset_) == ' ' || at(offset_) == '\t') ++offset_;
  if (at(offset_) == '#') read_comment();
}

void Lexer::read_comment() {
  constexpr std::string_view kBlanks = " \t";
  const std::string_view before = text_.substr(line_start_, offset_ - line_start_);
  Comment comment = {.line = line_,
                     .column = here().column,
                     .text = {},
                     .stands_alone = before.find_first_not_of(kBlanks) == std::string_view::npos};
  const size_t start = ++offset_;
  while (offset_ < text_.size() && !at_line_end()) ++offset_;
  const std::string_view text = text_.substr(start, offset_ - start);
  const size_t first = text.find_first_not_of(kBlanks);
  if (first != std::string_view::npos) {
    comment.text = text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
  }
  // Comments are printed, and may hold any bytes.
  std::replace_if(comment.text.begin(), comment.text.end(), is_control, ' ');
  comments_.push_back(std::move(comment));
}

Token Lexer::read() {
  skip_blanks();
  while (at_line_end() && (nesting_ > 0 || next_line_continues())) {
    read_newline();
    skip_blanks();
  }
  if (offset_ >= text_.size()) return token(Token::Kind::kEnd, 0);
  if (at_line_end()) return read_newline();
  const char next = at(offset_);
  if (is_name_start(next)) return read_name();
  if (is_digit(next)) return read_number();
  if (next == '\'') return read_character();
  return read_symbol();
}

// No statement begins with && or ||.
bool Lexer::next_line_continues() const {
  size_t start = text_.find('\n', offset_) + 1;
  while (at(start) == ' ' || at(start) == '\t') ++start;
  const std::string_view first = text_.substr(std::min(start, text_.size()), 2);
  return first == "&&" || first == "||";
}

Token Lexer::read_newline() {
  const Token newline = token(Token::Kind::kNewline, at(offset_) == '\r' ? 2 : 1);
  ++line_;
  line_start_ = offset_;
  return newline;
}

Token Lexer::read_name() {
  size_t length = 1;
  while (is_name_part(at(offset_ + length))) ++length;
  return token(Token::Kind::kName, length);
}

Token Lexer::read_number() {
  size_t length = 1;
  while (is_name_part(at(offset_ + length))) ++length;
  Token number = token(Token::Kind::kNumber, length);
  const std::optional<uint64_t> value = number_from(number.text);
  number.number = value.value_or(0);
  if (!value) {
    reporter_.error(diagnostic::kBadNumber, number.where,
                    quoted(number.text) + " is no number of at most 64 bits",
                    "write decimal 100, octal 0144 or hexadecimal 0x64");
    number.kind = Token::Kind::kBad;
  }
  return number;
}

Token Lexer::read_character() {
  const size_t escape = at(offset_ + 1) == '\\' ? 1 : 0;
  const char character = at(offset_ + 1 + escape);
  const bool needs_escape = character == '\'' || character == '\\';
  if (!is_printable(character) || at(offset_ + 2 + escape) != '\'' ||
      needs_escape != (escape == 1)) {
    Token bad = token(Token::Kind::kBad, 1);
    reporter_.error(diagnostic::kBadCharacter, bad.where, "a ' that begins no character",
                    "write one character in single quotes, such as 'd'");
    return bad;
  }
  Token result = token(Token::Kind::kNumber, 3 + escape);
  result.number = static_cast<unsigned char>(character);
  return result;
}

Token Lexer::read_symbol() {
  for (const std::string_view symbol : kSymbols) {
    if (text_.substr(offset_, symbol.size()) == symbol) {
      return token(Token::Kind::kSymbol, symbol.size());
    }
  }
  return stray_byte();
}

Token Lexer::stray_byte() {
  const Token bad = token(Token::Kind::kBad, 1);
  reporter_.error(diagnostic::kStrayByte, bad.where,
                  "the character " + quoted(bad.text) + " means nothing here",
                  "other characters than ASCII may stand in comments only");
  return bad;
}

Token Lexer::token(Token::Kind kind, size_t length) {
  const Token result = {kind, text_.substr(offset_, length), here(), 0};
  offset_ += length;
  return result;
}

std::string describe(const Token& token) {
  switch (token.kind) {
    case Token::Kind::kNewline:
      return "the end of the line";
    case Token::Kind::kEnd:
      return "the end of the file";
    default:
      return quoted(token.text);
  }
}

}  // namespace qsbx
