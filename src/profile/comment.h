// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_PROFILE_COMMENT_H_
#define QSBX_PROFILE_COMMENT_H_

#include <string>
#include <string_view>

namespace qsbx {

struct Comment {
  int line = 0;    // from 1
  int column = 0;  // from 1, in bytes
  std::string text;
  bool stands_alone = false;  // nothing else is on its line
};

// A comment by which an author answers a finding of `qsbx lint` (src/lint/answers.h).
inline constexpr std::string_view kAnswerMark = "lint QSBX-";
inline bool is_answer(const Comment& comment) { return comment.text.starts_with(kAnswerMark); }

}  // namespace qsbx

#endif
