// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_BPF_REACH_H_
#define QSBX_BPF_REACH_H_

#include <optional>

#include "src/bpf/program.h"

namespace qsbx {

// Whether call `number` can get past the program with some arguments: an action that lets it run,
// now or after somebody was asked (ALLOW, LOG, TRACE, USER_NOTIF), can be reached. Arguments are
// taken to be anything at every load, so the answer may be yes where tests contradict each other,
// and is never wrongly no. `program` has passed check_program().
bool may_run(const Program& program, uint32_t audit_arch, int number);

// Instructions, the return included.
struct StepRange {
  int least = 0;
  int most = 0;

  bool operator==(const StepRange&) const = default;
};

// How many the program executes for such a call, where it lets it run; nothing where may_run() is
// false.
std::optional<StepRange> steps_to_run(const Program& program, uint32_t audit_arch, int number);

}  // namespace qsbx

#endif
