// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Questions of the form: is there a call of this kind that a rule grants? They are written in the
// language of the profiles, so that the tables check them as they check a profile.
#ifndef QSBX_LINT_QUESTIONS_H_
#define QSBX_LINT_QUESTIONS_H_

#include <vector>

#include "src/errors/result.h"
#include "src/lint/finding.h"
#include "src/lint/scope.h"

namespace qsbx {

struct Question {
  const char* id;
  const char* calls;    // "{ execve, execveat }: 1"
  const char* concern;  // what such a call does
  const char* way_out;
  bool at_boot = false;  // asked of profiles of phase boot, too
};

// About one matter, the gravest first: what follows from a question that a call is told for is not
// told of it again. Memory that is writable and executable at once is executable.
using Questions = std::vector<Question>;

const Questions& memory_questions();
const Questions& process_questions();
const Questions& file_questions();
const Questions& sandbox_questions();
const Questions& host_questions();
const Questions& socket_questions();

// All of them.
std::vector<Questions> all_questions();

Result<Findings> ask_questions(const LintScope& scope);

}  // namespace qsbx

#endif
