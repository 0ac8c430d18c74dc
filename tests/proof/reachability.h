// SPDX-License-Identifier: LGPL-2.1-or-later
//
// For every instruction of a program, and both ways of every jump, the calls that come along.
#ifndef QSBX_TESTS_PROOF_REACHABILITY_H_
#define QSBX_TESTS_PROOF_REACHABILITY_H_

#include <linux/seccomp.h>

#include <map>
#include <optional>
#include <vector>

#include "src/bpf/program.h"
#include "src/verify/accumulator.h"

namespace qsbx {

class Reachability {
 public:
  using Node = DecisionDiagrams::Node;

  // `program` has passed check_program(), and the verifier understands its instructions.
  explicit Reachability(const Program& program);

  bool overflowed() const { return diagrams_.overflowed(); }

  // A call that executes the instruction; that jumps there; that falls through there. nullopt when
  // there is none.
  std::optional<struct seccomp_data> call_to(size_t place) const {
    return call_in(reached_[place]);
  }
  std::optional<struct seccomp_data> call_that_jumps(size_t place) const {
    return call_in(jumps_[place]);
  }
  std::optional<struct seccomp_data> call_that_falls_through(size_t place) const {
    return call_in(falls_through_[place]);
  }

 private:
  std::optional<struct seccomp_data> call_in(Node calls) const {
    return diagrams_.difference(calls, diagrams_.falsehood());
  }
  void go(size_t place, const Accumulator& accumulator, Node calls);
  void leave(size_t place, const Accumulator& accumulator, Node calls);
  void branch(size_t place, const Accumulator& accumulator, Node calls);

  const Program& program_;
  DecisionDiagrams diagrams_{20'000'000};
  std::vector<std::map<Accumulator, Node>>
      states_;  // what comes to each place, and with what calls
  std::vector<Node> reached_, jumps_, falls_through_;
};

}  // namespace qsbx

#endif
