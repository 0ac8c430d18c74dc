// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/finding.h"

namespace qsbx {

Finding finding_at(const Rule& rule, Architecture architecture, const char* id, std::string message,
                   std::string hint) {
  return {.diagnostic = {id, rule.where, std::move(message), std::move(hint)},
          .architecture = architecture,
          .example = std::nullopt,
          .answer_lines = {rule.comments_start, rule.last_line},
          .answer = ""};
}

}  // namespace qsbx
