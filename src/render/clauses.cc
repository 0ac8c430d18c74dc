// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/clauses.h"

#include <set>

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

std::optional<std::vector<Clause>> clauses_of(const Expression& condition, bool outcome) {
  DecisionDiagrams diagrams;
  const DecisionDiagrams::Node node = diagram_of(diagrams, condition);
  if (diagrams.overflowed()) return std::nullopt;
  const auto paths = diagrams.paths(node, outcome, kMostClauses);
  if (!paths) return std::nullopt;
  std::vector<Clause> clauses;
  for (const DecisionDiagrams::Path& path : *paths) clauses.push_back(clause_of(path));
  return clauses;
}

// Each grant by itself: rules that look at several arguments have far more clauses together.
std::optional<std::vector<Clause>> clauses_by_grant(const CallPolicy& call) {
  std::set<Clause> all;
  for (const Grant& grant : call.grants) {
    const auto clauses = clauses_of(grant.condition, true);
    if (!clauses) return std::nullopt;
    all.insert(clauses->begin(), clauses->end());
    if (all.size() > kMostClauses) return std::nullopt;
  }
  return std::vector<Clause>(all.begin(), all.end());
}

}  // namespace

bool runs_whole(const CallPolicy& call, Mode mode) {
  if (call.is_unconditional()) return true;
  return mode == Mode::kAudit && call.refusal && !call.refusal->reported;
}

std::optional<std::vector<Clause>> granted_clauses(const CallPolicy& call) {
  return clauses_of(call.condition(), true);
}

std::optional<std::vector<Clause>> remaining_clauses(const CallPolicy& call) {
  return clauses_of(call.condition(), false);
}

std::optional<std::vector<Clause>> overlapping_clauses(const CallPolicy& call) {
  auto together = granted_clauses(call);
  auto apart = clauses_by_grant(call);
  if (!together || !apart) return together ? std::move(together) : std::move(apart);
  return apart->size() <= together->size() ? std::move(apart) : std::move(together);
}

std::vector<Clause> spelled_out(const Clause& clause, const Spelling& spelling) {
  std::vector<Clause> all = {{}};
  for (const MaskedTest& test : clause) {
    std::vector<Clause> longer;
    for (const MaskedTest& each : spelling(test)) {
      for (Clause with : all) {
        with.push_back(each);
        longer.push_back(std::move(with));
      }
    }
    all = std::move(longer);
    if (all.size() > kMostClauses) return all;
  }
  return all;
}

}  // namespace qsbx
