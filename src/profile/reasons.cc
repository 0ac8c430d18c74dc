// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/reasons.h"

#include <ctype.h>

#include <algorithm>
#include <string>

namespace qsbx {
namespace {

// A reason is for people: what is longer is cut, so that no text makes many rules remember much.
constexpr size_t kLongestReason = 1000;

void append(std::string& text, std::string_view more) {
  if (!text.empty() && !more.empty()) text += ' ';
  text += more;
  if (text.size() > kLongestReason) text.resize(kLongestReason);
}

// The licence of a file says nothing of its rules.
std::string_view text_of(const Comment& comment) {
  return comment.text.starts_with("SPDX-") ? std::string_view() : comment.text;
}

// What stands on a line, as far as it matters here.
struct Line {
  enum class Kind { kOther, kComment, kAnswer, kRuleOrSection };

  Kind kind = Kind::kOther;
  std::string comment;
  std::string answer;
};

// What a rule that begins on this line finds above it.
struct Above {
  size_t block = 0;        // of comment lines, the nearest in its paragraph; 0: none
  int comments_start = 0;  // of the comment lines that touch it; 0: none do
};

class Lines {
 public:
  Lines(const std::vector<Comment>& comments, const std::vector<LineRange>& paragraph_lines)
      : lines_(static_cast<size_t>(last_line(comments, paragraph_lines)) + 1) {
    for (const Comment& comment : comments) add(comment);
    for (const LineRange& range : paragraph_lines) {
      for (int i = range.first; i <= range.last; ++i) line(i).kind = Line::Kind::kRuleOrSection;
    }
    look_from_above();
  }

  const Above& above(int number) const { return above_[static_cast<size_t>(number)]; }
  const std::string& reason_of(const Above& above) const { return blocks_[above.block]; }

  std::string texts_in(int first, int last, std::string Line::*text) {
    std::string all;
    for (int i = first; i <= last; ++i) append(all, line(i).*text);
    return all;
  }

 private:
  static int last_line(const std::vector<Comment>& comments,
                       const std::vector<LineRange>& paragraph_lines) {
    const int of_comments = comments.empty() ? 0 : comments.back().line;
    const int of_rules = paragraph_lines.empty() ? 0 : paragraph_lines.back().last;
    return std::max(of_comments, of_rules);
  }

  Line& line(int number) { return lines_[static_cast<size_t>(number)]; }

  void add(const Comment& comment) {
    Line& place = line(comment.line);
    (is_answer(comment) ? place.answer : place.comment) = text_of(comment);
    if (!comment.stands_alone) return;
    place.kind = is_answer(comment) ? Line::Kind::kAnswer : Line::Kind::kComment;
  }

  void look_from_above() {
    above_.reserve(lines_.size());
    Above now;
    bool after_comment = false;
    for (const Line& line : lines_) {
      above_.push_back(now);
      const bool is_comment = line.kind == Line::Kind::kComment;
      if (is_comment && !after_comment) now.block = begin_block();
      if (is_comment) append(blocks_[now.block], line.comment);
      if (line.kind == Line::Kind::kOther) now.block = 0;
      now.comments_start = comments_start(line, now.comments_start);
      after_comment = is_comment;
    }
  }

  size_t begin_block() {
    blocks_.emplace_back();
    return blocks_.size() - 1;
  }

  int comments_start(const Line& line, int before) const {
    if (line.kind != Line::Kind::kComment && line.kind != Line::Kind::kAnswer) return 0;
    return before != 0 ? before : static_cast<int>(&line - lines_.data());
  }

  std::vector<Line> lines_;
  std::vector<Above> above_;
  std::vector<std::string> blocks_ = {""};
};

// A comment before all statements is about the profile.
std::string head_of(const Profile& profile) {
  std::string head;
  int next = 0;
  for (const Comment& comment : profile.comments) {
    if (next != 0 && comment.line != next) break;
    if (!comment.stands_alone || comment.line > profile.first_statement) break;
    append(head, is_answer(comment) ? std::string_view() : text_of(comment));
    next = comment.line + 1;
  }
  return head;
}

}  // namespace

bool says_something(std::string_view reason) {
  // What is beyond ASCII is taken for a letter.
  const auto is_letter = [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || isalpha(static_cast<unsigned char>(c)) != 0;
  };
  const auto both = [&](char a, char b) { return is_letter(a) && is_letter(b); };
  return std::adjacent_find(reason.begin(), reason.end(), both) != reason.end();
}

void find_reasons(Profile& profile, const std::vector<LineRange>& paragraph_lines) {
  profile.about = head_of(profile);
  Lines lines(profile.comments, paragraph_lines);
  for (Rule& rule : profile.rules) {
    const Above& above = lines.above(rule.where.line);
    rule.comments_start = above.comments_start != 0 ? above.comments_start : rule.where.line;
    rule.reason = lines.texts_in(rule.where.line, rule.last_line, &Line::comment);
    if (rule.reason.empty()) rule.reason = lines.reason_of(above);
    if (rule.reason.empty()) {
      rule.reason = lines.texts_in(rule.comments_start, rule.last_line, &Line::answer);
    }
  }
}

}  // namespace qsbx
