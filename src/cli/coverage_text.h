// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_CLI_COVERAGE_TEXT_H_
#define QSBX_CLI_COVERAGE_TEXT_H_

#include <string>
#include <vector>

#include "src/learn/coverage.h"

namespace qsbx {

// `all`: exercised rules, too.
std::string coverage_text(const Coverage& coverage, const std::vector<Trace>& traces,
                          Architecture architecture, bool all);
std::string coverage_json(const Coverage& coverage, const std::vector<Trace>& traces,
                          Architecture architecture);

}  // namespace qsbx

#endif
