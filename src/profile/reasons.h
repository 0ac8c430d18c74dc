// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which comment is the reason of which rule:
//
//   # Memory. Never executable.                   the reason of both rules below it
//   munmap: 1
//   mprotect: (prot & PROT_EXEC) == 0
//   mremap: flags == MREMAP_MAYMOVE    # realloc  a reason of its own
//
// A comment on the lines of a rule is its reason. A rule without has that of the nearest comment
// lines above it in the same paragraph, which ends with a blank line or a statement that is neither
// rule nor section. An answer to `qsbx lint` is the reason of its own rule only, where it has no
// other. The line that names the licence is no reason.
#ifndef QSBX_PROFILE_REASONS_H_
#define QSBX_PROFILE_REASONS_H_

#include <string_view>
#include <vector>

#include "src/profile/comment.h"
#include "src/profile/profile.h"

namespace qsbx {

// Both ends included.
struct LineRange {
  int first;
  int last;
};

// Gives the profile's rules their reasons, and its own. `paragraph_lines`: its rules and sections
// in the order of the text, those included that mean nothing on its architecture.
void find_reasons(Profile& profile, const std::vector<LineRange>& paragraph_lines);

// Whether there is a word in it: two letters next to each other. A dot is no reason.
bool says_something(std::string_view reason);

}  // namespace qsbx

#endif
