// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/proof/prover.h"

#include <cstdio>
#include <cstdlib>

namespace qsbx {
namespace {

uint64_t value_in(const z3::model& model, const z3::expr& term) {
  return model.eval(term, true).get_numeral_uint64();
}

struct seccomp_data call_in(const z3::model& model, const SymbolicCall& call) {
  struct seccomp_data data = {};
  data.nr = static_cast<int>(value_in(model, call.number));
  data.arch = static_cast<uint32_t>(value_in(model, call.architecture));
  data.instruction_pointer = value_in(model, call.instruction_pointer);
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    data.args[i] = value_in(model, call.arguments[i]);
  }
  return data;
}

}  // namespace

Prover::Prover()
    : call_(any_call(context_)),
      tactic_(z3::tactic(context_, "simplify") & z3::tactic(context_, "bit-blast") &
              z3::tactic(context_, "sat")) {}

std::optional<struct seccomp_data> Prover::model_of(const z3::expr& condition,
                                                    const SymbolicCall& call) {
  ++questions_;
  z3::solver solver = tactic_.mk_solver();
  solver.add(condition);
  switch (solver.check()) {
    case z3::unsat:
      return std::nullopt;
    case z3::sat:
      return call_in(solver.get_model(), call);
    default:
      fprintf(stderr, "Z3 cannot decide: %s\n", solver.reason_unknown().c_str());
      abort();
  }
}

bool Prover::is_known_equal(const Terms& terms) const {
  return terms.first.id() == terms.second.id() ||
         equal_.contains({terms.first.id(), terms.second.id()});
}

void Prover::remember_equal(const Terms& terms) {
  equal_.emplace(std::make_pair(terms.first.id(), terms.second.id()), terms);
}

std::optional<struct seccomp_data> Prover::difference_for_number(const Program& program,
                                                                 const Policy& policy,
                                                                 const Actions& actions,
                                                                 int number) {
  const SymbolicCall call =
      with_number(call_, audit_architecture(policy.architecture()), static_cast<uint32_t>(number));
  const Terms terms = {meaning(program, call), meaning(policy, actions, call)};
  if (is_known_equal(terms)) return std::nullopt;
  std::optional<struct seccomp_data> witness = model_of(terms.first != terms.second, call);
  if (!witness) remember_equal(terms);
  return witness;
}

// Away from its own numbers a policy is an empty one.
std::optional<struct seccomp_data> Prover::difference_elsewhere(const z3::expr& answered,
                                                                const Policy& policy,
                                                                const Actions& actions) {
  const Policy empty(policy.architecture());
  z3::expr_vector known(context_);
  for (const auto& [number, unused] : policy.calls()) {
    known.push_back(call_.number == context_.bv_val(number, 32));
  }
  const z3::expr native =
      call_.architecture == context_.bv_val(audit_architecture(policy.architecture()), 32);
  const z3::expr elsewhere = !(native && z3::mk_or(known));
  return model_of(elsewhere && answered != meaning(empty, actions, call_), call_);
}

std::optional<struct seccomp_data> Prover::difference(const Program& program, const Policy& policy,
                                                      const Actions& actions) {
  const Terms whole = {meaning(program, call_), meaning(policy, actions, call_)};
  if (is_known_equal(whole)) return std::nullopt;
  for (const auto& [number, unused] : policy.calls()) {
    if (auto witness = difference_for_number(program, policy, actions, number)) return witness;
  }
  if (auto witness = difference_elsewhere(whole.first, policy, actions)) return witness;
  remember_equal(whole);
  return std::nullopt;
}

}  // namespace qsbx
