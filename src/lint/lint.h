// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a hostile reviewer asks of profiles. Questions are decided on what rules mean; how they are
// written matters for numbers and reasons only.
//
//   profile.file:7:1: finding QSBX-302: mprotect: memory that was writable can be made executable
//
// An author answers in the profile, with a comment at the rule: # lint QSBX-302: REASON
//
//   questions.h     is a call of this kind granted?        most of the checks
//   ways_around.h   is the condition of one call void because another call does the same?
//   commands.h      which commands of ioctl does a rule let through?
//   costs.h         is a call that is made often decided by running the program?
//   unexplained.h   does a comment say why?
//   answers.h       what of it has been answered
//
// A profile of phase boot is a list of what is denied: it is asked only for what no QEMU needs even
// at its start.
#ifndef QSBX_LINT_LINT_H_
#define QSBX_LINT_LINT_H_

#include <vector>

#include "src/errors/result.h"
#include "src/lint/finding.h"
#include "src/lint/scope.h"

namespace qsbx {

// Of the same profiles, read for each architecture: a profile is right on all of them, and an
// answer may be to what is found on one. In the order of the text; what is said in the same words
// of a rule, once. Answered ones have their answers. Fails with kPolicy when a condition is too
// large to decide.
Result<Findings> lint(const std::vector<LintScope>& scopes);

}  // namespace qsbx

#endif
