// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Profile text as tokens. Rules are read with peek() and take(); names of profiles, patterns and
// paths, which may contain dashes, dots and stars, with take_word().
#ifndef QSBX_PROFILE_LEXER_H_
#define QSBX_PROFILE_LEXER_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "src/profile/comment.h"
#include "src/profile/reporter.h"

namespace qsbx {

struct Token {
  enum class Kind {
    kName,
    kNumber,  // also 'c'
    kSymbol,
    kNewline,
    kEnd,
    kBad,  // has been reported
  };

  Kind kind = Kind::kEnd;
  std::string_view text = {};
  Position where = {};
  uint64_t number = 0;

  bool is(std::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
  bool is_name(std::string_view name) const { return kind == Kind::kName && text == name; }
  bool ends_line() const { return kind == Kind::kNewline || kind == Kind::kEnd; }
};

// A number as the language writes it: decimal, 0x hexadecimal, or octal behind a 0. Nothing when
// the text is anything else, or the number does not fit.
std::optional<uint64_t> number_from(std::string_view text);

class Lexer {
 public:
  // `text` outlives the lexer and its tokens.
  Lexer(std::string_view text, Reporter& reporter);

  const Token& peek();
  // Between ( and ), { and }, and before a line that begins with && or ||, the ends of lines are
  // left out.
  Token take();
  // A run of characters up to a blank, a comma, a bracket or the end of the line. Its kind is
  // kName, or kEnd when there is none.
  Token take_word();

  // The text from `first` up to the end of the token taken last.
  std::string_view text_since(const Token& first) const;

  // Those that have been passed so far, in the order of the text.
  const std::vector<Comment>& comments() const { return comments_; }

  // To the end of the line, or of the statement that began at `start` and has open brackets.
  void skip_statement(Position start);

 private:
  char at(size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
  Position here() const;
  bool at_line_end() const;
  bool next_line_continues() const;
  void skip_blanks();
  void read_comment();
  Token read();
  Token read_newline();
  Token read_name();
  Token read_number();
  Token read_character();
  Token read_symbol();
  Token stray_byte();
  Token token(Token::Kind kind, size_t length);

  std::string_view text_;
  Reporter& reporter_;
  size_t offset_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
  int nesting_ = 0;
  size_t taken_end_ = 0;
  bool has_peeked_ = false;
  Token peeked_;
  std::vector<Comment> comments_;
};

// Text of a token for "found ...".
std::string describe(const Token& token);

}  // namespace qsbx

#endif
