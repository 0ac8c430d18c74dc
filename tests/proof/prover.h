// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Z3's opinion on whether a program is what a policy says.
#ifndef QSBX_TESTS_PROOF_PROVER_H_
#define QSBX_TESTS_PROOF_PROVER_H_

#include <linux/seccomp.h>
#include <z3++.h>

#include <map>
#include <optional>
#include <utility>

#include "tests/proof/meaning.h"

namespace qsbx {

class Prover {
 public:
  Prover();

  // A call that they answer differently; nullopt: there is none among all calls. `program` has
  // passed check_program(). Z3 is asked once for each number that the policy knows, and once for
  // all other numbers and architectures together; not at all where the terms are ones that it has
  // proven equal before.
  std::optional<struct seccomp_data> difference(const Program& program, const Policy& policy,
                                                const Actions& actions);

  int questions() const { return questions_; }

 private:
  using Terms = std::pair<z3::expr, z3::expr>;

  bool is_known_equal(const Terms& terms) const;
  void remember_equal(const Terms& terms);
  std::optional<struct seccomp_data> difference_for_number(const Program& program,
                                                           const Policy& policy,
                                                           const Actions& actions, int number);
  std::optional<struct seccomp_data> difference_elsewhere(const z3::expr& answered,
                                                          const Policy& policy,
                                                          const Actions& actions);
  std::optional<struct seccomp_data> model_of(const z3::expr& condition, const SymbolicCall& call);

  z3::context context_;
  SymbolicCall call_;
  z3::tactic tactic_;
  int questions_ = 0;
  // By the terms' numbers, with the terms to keep these.
  std::map<std::pair<unsigned, unsigned>, Terms> equal_;
};

}  // namespace qsbx

#endif
