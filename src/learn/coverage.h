// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which rules of profiles recorded runs exercised. What is counted is a rule and a call: the line
// `{ read, write }: 1` counts twice. A rule is exercised when it grants a call that a run made in
// phase run, on a machine that brings the profile in.
//
// A refusal, `0 else ERRNO`, can grant nothing, and is counted apart: it is exercised when a run
// made a call that no rule grants, so that it would have failed so.
//
// Rules of features are not counted, nor are profiles of phase boot, which say what is barred.
#ifndef QSBX_LEARN_COVERAGE_H_
#define QSBX_LEARN_COVERAGE_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "src/learn/attribution.h"
#include "src/learn/not_exercised.h"
#include "src/profile/profile_set.h"

namespace qsbx {

struct RuleUse {
  const Rule* rule;
  int number;
  // Of calls that it grants; of a refusal: that it lets fail.
  uint64_t count = 0;
  Runs runs = {};
  // Calls that it may grant: its condition looks at arguments that traces do not keep.
  uint64_t perhaps = 0;
  std::set<TellingArguments> seen = {};
  // Calls that only this or other rules without a condition grant, though their arguments tell.
  std::set<TellingArguments> only_by_wider = {};
  // Of an alternative that the rule has and no run made use of: "cmd == KVM_NMI".
  std::vector<std::string> never_seen = {};
  std::string answer = {};  // of the file not-exercised

  bool is_exercised() const { return !runs.empty(); }
  bool is_refusal() const { return rule->condition.is_never(); }
};

struct ProfileUse {
  const Profile* profile;
  Runs runs = {};
  std::vector<RuleUse> rules = {};

  // Of rules that can grant something.
  size_t rules_that_grant() const;
  size_t exercised() const;
};

// A call that no rule grants.
struct DeniedCall {
  uint64_t count = 0;
  std::set<std::string> features = {};  // any of which has it granted
};

struct Coverage {
  std::vector<ProfileUse> profiles;          // that a run's machine brought in; sorted by file
  std::vector<const Profile*> not_run;       // of phase run, no feature's; sorted by file
  std::vector<NotExercised> stale;           // answers for rules that are exercised
  std::set<Part> uncovered;                  // parts of the machines that no profile applies to
  std::map<std::string, DeniedCall> denied;  // "main kcmp"
  // Calls of a role that only rules of other roles grant: with roles they are refused.
  std::map<std::string, uint64_t> of_other_roles;  // "worker fcntl cmd=F_GETFL"

  // Of rules that can grant something.
  size_t rules() const;
  size_t exercised() const;
  size_t answered() const;    // and not exercised
  double percentage() const;  // of exercised rules; 0 when there are none

  size_t refusals() const;
  size_t exercised_refusals() const;
};

// The traces are all of the set's architecture.
Result<Coverage> coverage_of(const std::vector<Trace>& traces, const ProfileSet& set,
                             const std::vector<NotExercised>& answers);

}  // namespace qsbx

#endif
