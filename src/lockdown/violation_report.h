// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a person reads about a violation. Everything that a line may need is looked up when the
// report is made; from then on nothing allocates, so that a signal handler can write it.
#ifndef QSBX_LOCKDOWN_VIOLATION_REPORT_H_
#define QSBX_LOCKDOWN_VIOLATION_REPORT_H_

#include <linux/seccomp.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/lockdown/call_text.h"
#include "src/lockdown/line.h"
#include "src/lockdown/quiet_opens.h"
#include "src/lockdown/report_target.h"
#include "src/lockdown/violation_counts.h"
#include "src/machine/selection.h"
#include "src/policy/actions.h"

namespace qsbx {

class ViolationReport {
 public:
  // For the policy that `selection` makes in `phase` with `features`, bound to descriptors.
  ViolationReport(Mode mode, Phase phase, const Policy& policy, const Selection& selection,
                  const std::set<std::string>& features, const ProfileSet& set,
                  std::shared_ptr<ReportTarget> target = ReportTarget::standard_error(),
                  const Descriptors& bound = {});

  Mode mode() const { return mode_; }
  int descriptor() const { return target_->descriptor(); }
  ReportChannel& channel() { return target_->channel(); }

  // Counts the violation and, when it is worth it, writes its line.
  // `refused_with` is the errno of an `else report` that the call has failed with; 0 for one that
  // gets the mode's answer.
  void violation(pid_t tid, std::string_view thread_name, const struct seccomp_data& call,
                 const CallerMemory& memory, int refused_with = 0);

  // Files that are open now may be opened again without a report. Before it is in force.
  void look_at_open_files();

  // The line of a violation that has now happened `count` times.
  void describe(Line& line, pid_t tid, std::string_view thread_name,
                const struct seccomp_data& call, uint32_t count, int refused_with = 0,
                const CallerMemory& memory = CallerMemory::unknown()) const;

 private:
  // An open that the policy refuses softly, of a file that nothing misses.
  bool opens_quietly(const struct seccomp_data& call, const CallerMemory& memory) const;

  // A grant that is not in force, or not for every thread, and who has it: "feature hotplug
  // (device/virtio-net.profile:12)", "role main, worker (base/process.profile:5)".
  struct Candidate {
    Expression condition;
    std::string name;
  };
  // A rule that is in force for other descriptors than that of the call.
  struct BoundRule {
    Expression unbound;
    Expression bound;
    std::string text;  // "FILE:LINE is for fds(tap), which is 9"
  };
  struct Advice {
    std::string other_arguments;  // where the call is granted with other arguments; may be empty
    std::vector<Candidate> candidates;
    std::vector<BoundRule> bound_rules;
    Expression closes_bound = Expression::never();  // or replaces
  };

  void add_candidates(const Profile& profile, bool selected, const std::set<std::string>& features);
  void add_bound(const Rule& rule);
  void describe_binding(Line& line, const Advice& advice, const Arguments& arguments) const;
  void describe_advice(Line& line, const struct seccomp_data& call) const;

  Mode mode_;
  std::shared_ptr<ReportTarget> target_;
  Architecture architecture_;
  std::string profiles_;  // "profiles base-process, virtio-blk"
  std::map<int, Advice> advice_;
  Descriptors bound_;
  std::string bound_text_;
  bool refuses_opens_;  // with an errno, and reports it
  QuietOpens quiet_opens_;
  ViolationCounts counts_;
};

}  // namespace qsbx

#endif
