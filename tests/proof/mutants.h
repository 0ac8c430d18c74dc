// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A program with one fault.
#ifndef QSBX_TESTS_PROOF_MUTANTS_H_
#define QSBX_TESTS_PROOF_MUTANTS_H_

#include <vector>

#include "src/bpf/program.h"

namespace qsbx {

struct Mutant {
  const char* fault;
  Program program;
};

// What compilers get wrong, at one instruction, each mutant once. Some mean the same as the
// program, and some the kernel would not take.
std::vector<Mutant> mutants_at(const Program& program, size_t place, Architecture architecture);

}  // namespace qsbx

#endif
