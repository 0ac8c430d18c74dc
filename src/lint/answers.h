// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How an author answers a finding: with a comment on the lines of the rule, or on the comment lines
// directly above it.
//
//   # lint QSBX-341: the device's own commands; which there are, only its driver knows
//   # lint QSBX-341, QSBX-392: one reason for two
#ifndef QSBX_LINT_ANSWERS_H_
#define QSBX_LINT_ANSWERS_H_

#include <optional>
#include <string>
#include <vector>

#include "src/lint/finding.h"

namespace qsbx {

struct Answer {
  std::vector<std::string> ids;
  std::string reason;  // has a word in it
};

// nullopt when the comment is not of that form.
std::optional<Answer> read_answer(const Comment& comment);

// Gives findings their answers, and adds findings for comments that were meant as answers and are
// none, or answer what was not found.
void apply_answers(const std::vector<const Profile*>& profiles, Findings& findings);

}  // namespace qsbx

#endif
