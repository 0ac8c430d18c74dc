// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Rules for what runs called and no profile grants yet.
//
//   auto proposals = propose(traces, Phase::kRun, policy_of);
//   std::cout << proposals_text(*proposals, traces, &set);    // a file of rules, with their
//   evidence
#ifndef QSBX_LEARN_PROPOSAL_H_
#define QSBX_LEARN_PROPOSAL_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/learn/attribution.h"
#include "src/policy/policy.h"
#include "src/profile/profile_set.h"

namespace qsbx {

// What policies say of calls of which only the telling arguments are known.
enum class GrantState {
  kGranted,
  kPerhaps,  // a rule may grant it: its condition looks at other arguments, too
  kRefused,  // fails with an errno, as a rule says
  kDenied,
};

// nullopt: not even the telling arguments are known.
GrantState grant_state_of(const Policy& policy, const Syscall& call,
                          const std::optional<TellingArguments>& telling);

// The policy that a run is held against, for one role.
using PolicyOf = std::function<Result<Policy>(const Trace& trace, const std::string& role)>;

// Rules for one call, in threads of these roles.
struct Proposal {
  std::set<Part> parts;  // any of which may be behind it; empty: every machine
  size_t runs_with_parts = 0;
  // All runs with the parts made the call, so that it can be said where the rule belongs.
  bool is_settled = false;
  int number;
  std::vector<std::string> roles;
  std::vector<std::string> conditions;  // each for a rule of its own
  uint64_t count = 0;
  Runs runs;
};

// Calls for which nothing is proposed.
struct NotProposed {
  CallKey key;
  std::string arguments;  // " prot=PROT_READ"
  uint64_t count;
  Runs runs;
  std::string reason;
};

struct Proposals {
  Phase phase;
  Architecture architecture;
  std::vector<Proposal> rules;  // by part, settled ones first, then roles, then call
  std::vector<NotProposed> others;
};

// Of calls in that phase. The traces are all of one architecture, and at least one.
Result<Proposals> propose(const std::vector<Trace>& traces, Phase phase, const PolicyOf& policy_of);

// The profiles that a rule for one of the parts belongs in.
std::vector<std::string> places_for(const std::set<Part>& parts, Phase phase,
                                    const ProfileSet& set);

}  // namespace qsbx

#endif
