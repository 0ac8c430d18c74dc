// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The program that libseccomp makes of a policy of ours.
//
// One rule of libseccomp has one comparison for each argument, always of 64 bits, and a call has
// either an errno or conditions. What cannot be said that way is left out, so that the program
// grants more and costs less than ours: the comparison never flatters us. Calls that the library is
// too old to know are left out as well.
#ifndef QSBX_BENCH_LIBSECCOMP_PROGRAM_H_
#define QSBX_BENCH_LIBSECCOMP_PROGRAM_H_

#include <string>
#include <vector>

#include "src/bpf/program.h"
#include "src/errors/result.h"
#include "src/policy/policy.h"

namespace qsbx::bench {

struct LibseccompProgram {
  Program program;
  std::vector<std::string> loosened;  // calls of which something was left out, or all
};

// `optimize`: SCMP_FLTATR_CTL_OPTIMIZE, 1 or 2.
Result<LibseccompProgram> libseccomp_program(const Policy& policy, uint32_t deny, int optimize);

// What QEMU's list is for libseccomp: everything allowed, rules for what is not. From the policy of
// data/qemu-sandbox.profile.
Result<Program> libseccomp_deny_list(const Policy& sandbox, int optimize);

}  // namespace qsbx::bench

#endif
