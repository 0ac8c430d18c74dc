// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is found in texts, for the tests of this folder.
#ifndef QSBX_TESTS_LINT_LINT_OF_H_
#define QSBX_TESTS_LINT_LINT_OF_H_

#include <map>
#include <string>

#include "src/lint/lint.h"

namespace qsbx {

// Of a rule file "f", as both architectures read it.
Findings lint_of(const std::string& rules);

// Of a set of profiles.
Findings lint_of(const std::map<std::string, std::string>& texts);

// "2:QSBX-341 3:QSBX-392": what has no answer.
std::string open_ones(const Findings& findings);

}  // namespace qsbx

#endif
