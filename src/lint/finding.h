// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a reviewer would ask about a rule.
#ifndef QSBX_LINT_FINDING_H_
#define QSBX_LINT_FINDING_H_

#include <optional>
#include <string>
#include <vector>

#include "src/policy/policy.h"
#include "src/profile/profile.h"
#include "src/profile/reasons.h"

namespace qsbx {

struct Finding {
  Diagnostic diagnostic;
  Architecture architecture;    // where it was found first
  std::optional<Call> example;  // a call that the rule grants
  LineRange answer_lines;       // where its answer may stand
  std::string answer;           // empty: none
};

using Findings = std::vector<Finding>;

Finding finding_at(const Rule& rule, Architecture architecture, const char* id, std::string message,
                   std::string hint);

}  // namespace qsbx

#endif
