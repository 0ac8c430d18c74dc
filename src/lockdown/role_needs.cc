// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/role_needs.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>

#include "src/lockdown/needs.h"
#include "src/lockdown/thread_roles.h"

namespace qsbx {
namespace {

// seccomp(SECCOMP_SET_MODE_FILTER, 0, program)
Expression takes_program(const RolePrograms& programs, size_t role) {
  return Expression::all_of({argument_is(0, 32, SECCOMP_SET_MODE_FILTER), argument_is(1, 32, 0),
                             argument_is(2, 64, programs.address(role))});
}

Expression at_roll_out_word(int operation) {
  return Expression::all_of({argument_is(0, 64, roll_out_address()),
                             argument_is(1, 32, static_cast<uint32_t>(operation))});
}

}  // namespace

Policy roll_out_needs(Architecture architecture, const RolePrograms& programs,
                      const std::vector<size_t>& roles, pid_t process) {
  Needs needs(architecture);
  for (const size_t role : roles) needs.call("seccomp", takes_program(programs, role));
  needs.call("futex", at_roll_out_word(FUTEX_WAIT_PRIVATE));
  needs.call("futex", at_roll_out_word(FUTEX_WAKE_PRIVATE));
  needs.call("tgkill", Expression::all_of({argument_is(0, 32, static_cast<uint32_t>(process)),
                                           argument_is(2, 32, SIGSYS)}));
  return std::move(needs).policy();
}

Policy role_needs(Architecture architecture, const RolePrograms& programs,
                  const std::vector<size_t>& started) {
  Needs needs(architecture);
  for (const size_t role : started) needs.call("seccomp", takes_program(programs, role));
  needs.call("futex", at_roll_out_word(FUTEX_WAKE_PRIVATE));
  needs.refuse("seccomp", EEXIST);
  return std::move(needs).policy();
}

}  // namespace qsbx
