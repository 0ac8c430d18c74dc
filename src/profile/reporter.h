// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Collects what is wrong with one text.
#ifndef QSBX_PROFILE_REPORTER_H_
#define QSBX_PROFILE_REPORTER_H_

#include <string>
#include <string_view>
#include <vector>

#include "src/errors/diagnostic.h"

namespace qsbx {

// From 1; columns in bytes.
struct Position {
  int line = 0;
  int column = 0;

  bool operator==(const Position&) const = default;
};

class Reporter {
 public:
  Reporter(std::string file, int limit) : file_(std::move(file)), limit_(limit) {}

  // One identifier is reported once for one place: a rule for many calls has one mistake, not many.
  void error(const char* id, Position where, std::string message, std::string hint = "");
  void note(const char* id, Position where, std::string message);
  size_t note_count() const { return notes_.size(); }
  void forget_notes_after(size_t count) { notes_.resize(count); }

  bool has_errors() const { return !errors_.empty(); }
  // Further errors are dropped; there is no point in reading on.
  bool full() const { return full_; }

  SourceLocation location(Position where) const { return {file_, where.line, where.column}; }

  std::vector<Diagnostic> take_errors() { return std::move(errors_); }
  std::vector<Diagnostic> take_notes() { return std::move(notes_); }

 private:
  std::string file_;
  int limit_;
  bool full_ = false;
  std::vector<Diagnostic> errors_;
  std::vector<Diagnostic> notes_;
};

// Text of a profile inside a message: in quotes, cut to a readable length, strange bytes as \xNN.
std::string quoted(std::string_view text);

// "did you mean NAME?", or nothing when there is no name near.
std::string did_you_mean(const std::string& name);

}  // namespace qsbx

#endif
