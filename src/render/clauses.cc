// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/clauses.h"

#include "src/policy/algebra.h"

namespace qsbx {
namespace {

Clause clause_of(const DecisionDiagrams::Path& path) {
  Clause clause;
  for (size_t argument = 0; argument < path.mask.size(); ++argument) {
    if (path.mask[argument] == 0) continue;
    clause.push_back({static_cast<int>(argument), path.mask[argument], path.value[argument]});
  }
  return clause;
}

std::optional<std::vector<Clause>> clauses_for(const DecisionDiagrams& diagrams,
                                               DecisionDiagrams::Node condition, bool outcome,
                                               size_t limit) {
  const auto paths = diagrams.paths(condition, outcome, limit);
  if (!paths) return std::nullopt;
  std::vector<Clause> clauses;
  for (const DecisionDiagrams::Path& path : *paths) clauses.push_back(clause_of(path));
  return clauses;
}

}  // namespace

std::optional<CallClauses> clauses_of(const CallPolicy& call, size_t limit) {
  DecisionDiagrams diagrams;
  const DecisionDiagrams::Node condition = diagram_of(diagrams, call.condition());
  if (diagrams.overflowed()) return std::nullopt;
  auto granted = clauses_for(diagrams, condition, true, limit);
  if (!granted) return std::nullopt;
  if (!call.refusal) return CallClauses{std::move(*granted), {}};
  auto refused = clauses_for(diagrams, condition, false, limit);
  if (!refused) return std::nullopt;
  return CallClauses{std::move(*granted), std::move(*refused)};
}

CallClauses few_clauses_of(const CallPolicy& call) {
  return clauses_of(call, kMostClauses).value_or(CallClauses{});
}

}  // namespace qsbx
