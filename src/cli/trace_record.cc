// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/trace_record.h"

#include <sys/syscall.h>

#include "integration/qemu/ride_along/settings.h"
#include "src/machine/thread_role.h"

namespace qsbx {
namespace {

// The library that rides along names its thread so. What it calls, QEMU does not.
constexpr char kOwnThread[] = "qsbx";

}  // namespace

TraceRecord::TraceRecord(pid_t root, const Policy* policy, bool starts_booting)
    : root_(root), policy_(policy), booting_(starts_booting) {
  if (policy == nullptr) return;
  for (const auto& [number, call] : policy->calls()) {
    for (const Grant& grant : call.grants) {
      rules_of_call_[number].push_back(rules_.size());
      rules_.push_back({number, &grant});
    }
  }
}

void TraceRecord::add_thread(pid_t pid, pid_t tid, const std::string& name) {
  Thread& thread = threads_[tid];
  thread.pid = pid;
  thread.name = name;
  thread.named = true;
}

void TraceRecord::add(const ObservedEvent& event) {
  switch (event.kind) {
    case ObservedEvent::Kind::kCall:
      return add_call(event);
    case ObservedEvent::Kind::kStart:
      return start(event);
    case ObservedEvent::Kind::kEnd:
      return end(event.tid);
    case ObservedEvent::Kind::kExec:
      saw_exec_ = true;
      thread_of(event).is_child = event.pid != root_;
      [[fallthrough]];
    case ObservedEvent::Kind::kName:
      thread_of(event).name = event.name;
      thread_of(event).named = true;
  }
}

void TraceRecord::finish() {
  while (!threads_.empty()) end(threads_.begin()->first);
}

TraceRecord::Thread& TraceRecord::thread_of(const ObservedEvent& event) {
  Thread& thread = threads_[event.tid];
  if (thread.pid == 0) thread.pid = event.pid;
  return thread;
}

// A new process is the main thread of a QEMU that goes on as a daemon, or about to become another
// program.
void TraceRecord::start(const ObservedEvent& event) {
  end(event.tid);  // whose end was lost
  const auto parent = threads_.find(event.parent_tid);
  Thread thread;
  thread.pid = event.pid;
  if (parent != threads_.end()) {
    thread.name = parent->second.name;
    thread.is_child = parent->second.is_child;
  }
  thread.first = booting_ && event.tid != event.pid && mains_with_threads_.insert(event.pid).second;
  threads_[event.tid] = std::move(thread);
}

void TraceRecord::add_call(const ObservedEvent& event) {
  const bool is_mark = event.number == SYS_prctl && event.arguments[0] == kDevicesReadyMark;
  if (is_mark && booting_ && !ready_time_) {
    ready_time_ = event.time;
    return;
  }
  Thread& thread = thread_of(event);
  const bool boot = booting_ && (!ready_time_ || event.time < *ready_time_);
  const std::pair key = {boot ? Phase::kBoot : Phase::kRun, event.number};
  const TellingArguments telling =
      telling_arguments_of(native_architecture(), event.number, event.arguments);
  thread.calls[key].add(telling, 1);
  if (policy_ != nullptr) check(event, thread, key, telling);
}

void TraceRecord::check(const ObservedEvent& event, Thread& thread, std::pair<Phase, int64_t> key,
                        const TellingArguments& telling) {
  bool granted = false;
  const auto rules = rules_of_call_.find(static_cast<int>(event.number));
  if (rules != rules_of_call_.end()) {
    for (const size_t place : rules->second) {
      if (!holds(rules_[place].grant->condition, event.arguments)) continue;
      ++rules_[place].from_records;
      granted = true;
    }
  }
  if (!granted) thread.denied[key].add(telling, 1);
}

// A thread has one role from its first call on, though it gets its name a few calls later.
void TraceRecord::end(pid_t tid) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) return;
  const std::string role = role_of(tid, found->second);
  if (role != kOwnThread) {
    for (const auto& [key, counts] : found->second.calls) {
      calls_[{key.first, role, key.second}].add(counts);
    }
    for (const auto& [key, counts] : found->second.denied) {
      denied_[{key.first, role, key.second}].add(counts);
    }
  }
  threads_.erase(found);
}

// The thread of RCU starts before QEMU has read whether it is to name its threads.
std::string TraceRecord::role_of(pid_t tid, const Thread& thread) const {
  if (thread.is_child) return kChildRole;
  if (tid == thread.pid) return "main";
  if (thread.name == kOwnThread) return kOwnThread;
  const std::string role = thread.named ? role_of_thread(thread.name) : "other";
  return role == "other" && !thread.named && thread.first ? "rcu" : role;
}

}  // namespace qsbx
