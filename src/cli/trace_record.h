// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From the events of a recording to the table of its calls.
#ifndef QSBX_CLI_TRACE_RECORD_H_
#define QSBX_CLI_TRACE_RECORD_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/call_recorder.h"
#include "src/learn/call_table.h"
#include "src/policy/policy.h"

namespace qsbx {

// A rule, and how many of all calls that were observed it grants.
struct RuleCount {
  int number;
  const Grant* grant;
  uint64_t from_records = 0;
  std::optional<uint64_t> from_kernel = {};  // as the kernel's own filter counted
  std::string why_not_kernel = {};           // what that was impossible for

  uint64_t count() const { return from_kernel.value_or(from_records); }
};

class TraceRecord {
 public:
  // `root`: the process that is QEMU. `policy` may be nullptr, and must outlive this otherwise.
  // `starts_booting`: until kDevicesReadyMark is seen, all is phase boot.
  TraceRecord(pid_t root, const Policy* policy, bool starts_booting);

  // A thread that was there before the recording began.
  void add_thread(pid_t pid, pid_t tid, const std::string& name);
  // Events in the order of time.
  void add(const ObservedEvent& event);
  // No event follows.
  void finish();

  bool saw_exec() const { return saw_exec_; }
  bool saw_devices_ready() const { return ready_time_.has_value(); }

  const CallTable& calls() const { return calls_; }
  const CallTable& denied() const { return denied_; }  // by the policy, if there is one
  // In the order of the policy.
  std::vector<RuleCount>& rules() { return rules_; }
  const std::vector<RuleCount>& rules() const { return rules_; }

 private:
  using OfThread = std::map<std::pair<Phase, int64_t>, CallCounts>;
  struct Thread {
    pid_t pid = 0;
    std::string name;
    bool named = false;     // since it was started
    bool first = false;     // that the main thread of a QEMU started
    bool is_child = false;  // runs a program that QEMU has started
    OfThread calls = {};
    OfThread denied = {};
  };

  Thread& thread_of(const ObservedEvent& event);
  void start(const ObservedEvent& event);
  void add_call(const ObservedEvent& event);
  void check(const ObservedEvent& event, Thread& thread, std::pair<Phase, int64_t> key,
             const TellingArguments& telling);
  void end(pid_t tid);
  std::string role_of(pid_t tid, const Thread& thread) const;

  pid_t root_;
  const Policy* policy_;
  bool booting_;
  bool saw_exec_ = false;
  std::optional<uint64_t> ready_time_;
  std::map<pid_t, Thread> threads_;
  std::set<pid_t> mains_with_threads_;
  CallTable calls_;
  CallTable denied_;
  std::vector<RuleCount> rules_;
  std::map<int, std::vector<size_t>> rules_of_call_;
};

}  // namespace qsbx

#endif
