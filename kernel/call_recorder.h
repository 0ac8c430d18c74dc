// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every call of a process and of all that it starts, with its arguments, in the order of time.
#ifndef QSBX_KERNEL_CALL_RECORDER_H_
#define QSBX_KERNEL_CALL_RECORDER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernel/event.h"
#include "kernel/event_ring.h"
#include "kernel/tracefs.h"
#include "src/policy/expression.h"

namespace qsbx {

struct ObservedEvent {
  enum class Kind {
    kCall,
    kName,   // the thread has another name
    kExec,   // it runs another program, and is named after it
    kStart,  // the thread was started, by `parent_tid`
    kEnd,
  };

  Kind kind;
  uint64_t time = 0;  // CLOCK_MONOTONIC, nanoseconds
  uint32_t cpu = 0;
  pid_t pid = 0;
  pid_t tid = 0;
  pid_t parent_tid = 0;
  int64_t number = 0;
  Arguments arguments = {};
  std::string name = {};
};

// Where a record of the event kEveryCallEvent has what.
struct EveryCallLayout {
  unsigned event = 0;
  size_t number_offset = 0;
  size_t arguments_offset = 0;
};
Result<EveryCallLayout> every_call_layout(const Tracefs& tracefs);

class CallRecorder {
 public:
  // Of one CPU; a power of two of pages.
  static constexpr size_t kRingBytes = size_t{4} << 20;

  // A thread that will exec: everything from there on.
  static Result<CallRecorder> of_new_process(Kernel& kernel, const EveryCallLayout& layout,
                                             pid_t pid, size_t ring_bytes = kRingBytes);
  // Every thread that the process has now, and what they start.
  static Result<CallRecorder> of_running_process(Kernel& kernel, const EveryCallLayout& layout,
                                                 pid_t pid, size_t ring_bytes = kRingBytes);

  CallRecorder(CallRecorder&&) = default;
  ~CallRecorder() = default;

  // Waits until there is something to read, at most so long. False when all that is observed has
  // ended: what is left can still be read.
  bool wait(int milliseconds);

  // What has happened since, in the order of time. Calls of the last instants are kept for the
  // next time, since those of another CPU may come before them; after stop() nothing is.
  std::vector<ObservedEvent> read();

  // Ends the recording. What happened before can still be read.
  Status stop();

  // After stop() and read(): the calls that the kernel has counted and that could not be read,
  // whatever the reason.
  Result<uint64_t> lost() const;

 private:
  struct Event {
    OwnedFd fd;
    pid_t tid;
    uint64_t read_calls = 0;
    bool ended = false;
  };
  // Which event recorded it, and of which thread on which CPU.
  struct Source {
    uint64_t id;
    pid_t tid;
    uint32_t cpu;
  };
  struct Waiting {
    ObservedEvent event;
    Source source;
  };

  CallRecorder(Kernel& kernel, const EveryCallLayout& layout, size_t ring_bytes)
      : kernel_(&kernel), layout_(layout), ring_bytes_(ring_bytes) {}
  Status observe(pid_t tid, EventStart start);
  Status observe_on(int cpu, pid_t tid, const struct perf_event_attr& attributes);
  Status give_ring(int cpu, int event);
  Result<bool> observe_new_threads(pid_t pid);
  void drain();
  void take(Waiting found);
  static Source source_of(const struct perf_event_header& record);
  bool is_first_source(const Source& source);
  void note_start(const ObservedEvent& event);
  void note_end(pid_t tid);
  void forget(pid_t tid);
  Event* find(uint64_t id);

  Kernel* kernel_;
  EveryCallLayout layout_;
  size_t ring_bytes_;
  std::map<uint64_t, Event> events_;                 // by the ID that records have
  std::map<int, std::unique_ptr<EventRing>> rings_;  // by CPU
  // Since when each thread has had events for all CPUs, its own or inherited.
  std::map<pid_t, uint64_t> observed_since_;
  std::map<std::pair<pid_t, uint32_t>, uint64_t> sources_;  // by thread and CPU
  std::vector<Waiting> waiting_;                            // for earlier ones of other CPUs
  bool stopped_ = false;
};

}  // namespace qsbx

#endif
