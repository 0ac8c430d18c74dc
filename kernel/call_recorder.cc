// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One event for each thread and CPU, since the kernel gives events that are inherited no memory
// otherwise; those of one CPU share a ring. The kernel counts what it finds an event for before it
// looks for room, so that counts less records are what was lost, however it was lost.
//
// A thread that comes up while its siblings are given events may have inherited all of them, those
// for some CPUs, or none. A record tells whether the thread that started it had all by then; if not
// it is given events of its own. It may then have two for one CPU: of what happens to it there, the
// records of one event are taken.
#include "kernel/call_recorder.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "kernel/thread_state.h"

namespace qsbx {
namespace {

// The time of a record is taken some instructions before the record can be read; a virtual CPU may
// stand still between them.
constexpr uint64_t kStillOnTheirWay = 50'000'000;

// How often threads that came up meanwhile are looked for. Each time it takes one thread that was
// started by one that was not yet observed.
constexpr int kMostLooks = 1000;

uint64_t now() {
  struct timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

constexpr uint64_t kSampleType =
    PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_CPU | PERF_SAMPLE_RAW;

// What kSampleType puts at the beginning of a call's record, and at the end of every other one.
struct SampleId {
  uint32_t pid, tid;
  uint64_t time;
  uint64_t id;
  uint32_t cpu, unused;
};

struct CallRecord {
  struct perf_event_header header;
  SampleId id;
  uint32_t raw_size;
  // The event's own record follows, in the form that its format file says.
};

struct NameRecord {
  struct perf_event_header header;
  uint32_t pid, tid;
  char name[];
};

struct TaskRecord {
  struct perf_event_header header;
  uint32_t pid, parent_pid;
  uint32_t tid, parent_tid;
  uint64_t time;
};

struct perf_event_attr recording_attributes(unsigned id, EventStart start, size_t ring_bytes) {
  struct perf_event_attr attributes = event_attributes(id, start);
  attributes.sample_period = 1;
  attributes.sample_type = kSampleType;
  attributes.sample_id_all = 1;
  attributes.comm = 1;
  attributes.comm_exec = 1;
  attributes.task = 1;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  attributes.watermark = 1;
  attributes.wakeup_watermark = static_cast<uint32_t>(ring_bytes / 8);
  return attributes;
}

const std::byte* bytes_of(const struct perf_event_header& record) {
  return reinterpret_cast<const std::byte*>(&record);
}

// Records begin at multiples of 8, but what they hold does not.
template <typename T>
T read_at(const std::byte* place) {
  T value;
  memcpy(&value, place, sizeof value);
  return value;
}

SampleId trailing_id(const struct perf_event_header& record) {
  return read_at<SampleId>(bytes_of(record) + record.size - sizeof(SampleId));
}

ObservedEvent event_of(ObservedEvent::Kind kind, const SampleId& id) {
  return {.kind = kind,
          .time = id.time,
          .cpu = id.cpu,
          .pid = static_cast<pid_t>(id.pid),
          .tid = static_cast<pid_t>(id.tid)};
}

std::optional<ObservedEvent> call_of(const struct perf_event_header& record,
                                     const EveryCallLayout& layout) {
  const auto known = read_at<CallRecord>(bytes_of(record));
  const size_t raw = offsetof(CallRecord, raw_size) + sizeof known.raw_size;
  const size_t needed = layout.arguments_offset + sizeof(Arguments);
  if (record.size < raw + needed || known.raw_size < needed) return std::nullopt;
  ObservedEvent event = event_of(ObservedEvent::Kind::kCall, known.id);
  event.number = read_at<int64_t>(bytes_of(record) + raw + layout.number_offset);
  event.arguments = read_at<Arguments>(bytes_of(record) + raw + layout.arguments_offset);
  return event;
}

ObservedEvent name_of(const struct perf_event_header& record) {
  const bool exec = (record.misc & PERF_RECORD_MISC_COMM_EXEC) != 0;
  ObservedEvent event =
      event_of(exec ? ObservedEvent::Kind::kExec : ObservedEvent::Kind::kName, trailing_id(record));
  const auto& known = reinterpret_cast<const NameRecord&>(record);
  event.pid = static_cast<pid_t>(known.pid);
  event.tid = static_cast<pid_t>(known.tid);
  const size_t room = record.size - sizeof(NameRecord) - sizeof(SampleId);
  event.name.assign(known.name, strnlen(known.name, room));
  return event;
}

ObservedEvent task_of(const struct perf_event_header& record) {
  const auto known = read_at<TaskRecord>(bytes_of(record));
  const bool start = record.type == PERF_RECORD_FORK;
  ObservedEvent event = event_of(start ? ObservedEvent::Kind::kStart : ObservedEvent::Kind::kEnd,
                                 trailing_id(record));
  event.time = known.time;
  event.pid = static_cast<pid_t>(known.pid);
  event.tid = static_cast<pid_t>(known.tid);
  event.parent_tid = static_cast<pid_t>(known.parent_tid);
  return event;
}

std::optional<ObservedEvent> observed(const struct perf_event_header& record,
                                      const EveryCallLayout& layout) {
  switch (record.type) {
    case PERF_RECORD_SAMPLE:
      return call_of(record, layout);
    case PERF_RECORD_COMM:
      return name_of(record);
    case PERF_RECORD_FORK:
    case PERF_RECORD_EXIT:
      return task_of(record);
    default:  // losses, which the counts show, and what later kernels may tell
      return std::nullopt;
  }
}

Error too_many_new_threads(pid_t pid) {
  return {ErrorCode::kKernel, "process " + std::to_string(pid) +
                                  " starts threads faster than they can be observed; try again"};
}

Error has_ended(pid_t pid) {
  return {ErrorCode::kKernel, "process " + std::to_string(pid) + " has ended", ESRCH};
}

Error not_controlled(const char* what, int error) {
  return {ErrorCode::kKernel, std::string(what) + ": " + strerror(error), error};
}

}  // namespace

Result<EveryCallLayout> every_call_layout(const Tracefs& tracefs) {
  auto format = tracefs.event(kEveryCallEvent);
  if (!format) return format.error();
  const EventField* number = format->find("id");
  const EventField* arguments = format->find("args");
  const bool known = number != nullptr && arguments != nullptr && number->size == sizeof(int64_t) &&
                     arguments->size == sizeof(Arguments) && number->offset < arguments->offset;
  if (!known) {
    return Error{ErrorCode::kKernel, std::string("the kernel's event ") + kEveryCallEvent +
                                         " does not have the fields 'id' and 'args' as known here"};
  }
  return EveryCallLayout{format->id, number->offset, arguments->offset};
}

Result<CallRecorder> CallRecorder::of_new_process(Kernel& kernel, const EveryCallLayout& layout,
                                                  pid_t pid, size_t ring_bytes) {
  CallRecorder recorder(kernel, layout, ring_bytes);
  if (auto observed = recorder.observe(pid, EventStart::kAtExec); !observed) {
    return observed.error();
  }
  return recorder;
}

Result<CallRecorder> CallRecorder::of_running_process(Kernel& kernel, const EveryCallLayout& layout,
                                                      pid_t pid, size_t ring_bytes) {
  CallRecorder recorder(kernel, layout, ring_bytes);
  for (int look = 0; look < kMostLooks; ++look) {
    auto found = recorder.observe_new_threads(pid);
    if (!found) return found.error();
    if (*found) continue;
    if (recorder.events_.empty()) return has_ended(pid);
    return recorder;
  }
  return too_many_new_threads(pid);
}

CallRecorder::Source CallRecorder::source_of(const struct perf_event_header& record) {
  const SampleId id = record.type == PERF_RECORD_SAMPLE ? read_at<CallRecord>(bytes_of(record)).id
                                                        : trailing_id(record);
  return {id.id, static_cast<pid_t>(id.tid), id.cpu};
}

Result<bool> CallRecorder::observe_new_threads(pid_t pid) {
  auto threads = threads_of(pid);
  if (!threads) return threads.error();
  drain();
  bool found = false;
  for (const ThreadState& thread : *threads) {
    if (observed_since_.contains(thread.tid)) continue;
    auto done = observe(thread.tid, EventStart::kNow);
    if (!done && done.error().saved_errno == ESRCH) continue;
    if (!done) return done.error();
    found = true;
  }
  return found;
}

Status CallRecorder::observe(pid_t tid, EventStart start) {
  const auto attributes = recording_attributes(layout_.event, start, ring_bytes_);
  const int cpus = static_cast<int>(sysconf(_SC_NPROCESSORS_CONF));
  for (int cpu = 0; cpu < cpus; ++cpu) {
    auto done = observe_on(cpu, tid, attributes);
    if (!done) {
      forget(tid);
      return done;
    }
  }
  observed_since_.emplace(tid, now());
  return Done{};
}

Status CallRecorder::observe_on(int cpu, pid_t tid, const struct perf_event_attr& attributes) {
  auto fd = open_event(*kernel_, attributes, tid, cpu);
  if (!fd && fd.error().saved_errno == ENODEV) return Done{};  // the CPU is offline
  if (!fd) return fd.error();
  uint64_t id = 0;
  const int got = kernel_->perf_event_control(fd->get(), PERF_EVENT_IOC_ID, &id);
  if (got < 0) return not_controlled("an event has no ID", -got);
  if (auto ring = give_ring(cpu, fd->get()); !ring) return ring;
  const int number = fd->get();
  events_.emplace(id, Event{std::move(*fd), tid});
  if (attributes.enable_on_exec) return Done{};
  const int enabled = kernel_->perf_event_control(number, PERF_EVENT_IOC_ENABLE, nullptr);
  if (enabled < 0) return not_controlled("an event cannot be switched on", -enabled);
  return Done{};
}

Status CallRecorder::give_ring(int cpu, int event) {
  const auto found = rings_.find(cpu);
  if (found == rings_.end()) {
    auto ring = EventRing::map(event, ring_bytes_);
    if (!ring) return ring.error();
    rings_[cpu] = std::move(ring).value();
    return Done{};
  }
  const int shared = kernel_->perf_event_control(
      event, PERF_EVENT_IOC_SET_OUTPUT, reinterpret_cast<void*>(intptr_t{found->second->event()}));
  if (shared < 0) return not_controlled("an event cannot share its CPU's memory", -shared);
  return Done{};
}

bool CallRecorder::wait(int milliseconds) {
  std::vector<struct pollfd> polled;
  std::vector<Event*> alive;
  for (auto& [id, event] : events_) {
    if (event.ended) continue;
    polled.push_back({event.fd.get(), POLLIN, 0});
    alive.push_back(&event);
  }
  if (polled.empty()) return false;
  if (poll(polled.data(), polled.size(), milliseconds) <= 0) return true;
  for (size_t i = 0; i < polled.size(); ++i) {
    // Of an event whose thread and all that inherited it have ended.
    if (polled[i].revents & (POLLHUP | POLLERR | POLLNVAL)) alive[i]->ended = true;
  }
  return true;
}

std::vector<ObservedEvent> CallRecorder::read() {
  const uint64_t begin = now();
  drain();
  std::ranges::stable_sort(waiting_, {}, [](const Waiting& one) { return one.event.time; });
  const auto end =
      stopped_ ? waiting_.end() : std::ranges::find_if(waiting_, [&](const Waiting& one) {
        return one.event.time + kStillOnTheirWay > begin;
      });
  std::vector<ObservedEvent> events;
  for (auto one = waiting_.begin(); one != end; ++one) events.push_back(std::move(one->event));
  waiting_.erase(waiting_.begin(), end);
  return events;
}

// A thread may end on another CPU than it was started on, so that only the order of time tells
// which was first.
void CallRecorder::drain() {
  std::vector<Waiting> found;
  for (const auto& [cpu, ring] : rings_) {
    ring->drain([&](const struct perf_event_header& record) {
      auto event = observed(record, layout_);
      if (event) found.push_back({std::move(*event), source_of(record)});
    });
  }
  std::ranges::stable_sort(found, {}, [](const Waiting& one) { return one.event.time; });
  for (Waiting& one : found) take(std::move(one));
}

void CallRecorder::take(Waiting found) {
  Event* source = find(found.source.id);
  if (source == nullptr) return;  // forgotten
  ObservedEvent& event = found.event;
  if (event.kind == ObservedEvent::Kind::kCall) ++source->read_calls;
  if (!is_first_source(found.source)) return;
  if (event.kind == ObservedEvent::Kind::kStart) note_start(event);
  if (event.kind == ObservedEvent::Kind::kEnd) note_end(event.tid);
  waiting_.push_back(std::move(found));
}

bool CallRecorder::is_first_source(const Source& source) {
  return sources_.try_emplace({source.tid, source.cpu}, source.id).first->second == source.id;
}

void CallRecorder::note_start(const ObservedEvent& event) {
  const auto parent = observed_since_.find(event.parent_tid);
  if (parent == observed_since_.end() || event.time < parent->second) return;
  observed_since_.emplace(event.tid, event.time);
}

// The number may come back as another thread's.
void CallRecorder::note_end(pid_t tid) {
  observed_since_.erase(tid);
  sources_.erase(sources_.lower_bound({tid, 0}), sources_.upper_bound({tid, UINT32_MAX}));
}

void CallRecorder::forget(pid_t tid) {
  std::erase_if(events_, [&](const auto& event) { return event.second.tid == tid; });
}

CallRecorder::Event* CallRecorder::find(uint64_t id) {
  const auto found = events_.find(id);
  return found == events_.end() ? nullptr : &found->second;
}

Status CallRecorder::stop() {
  for (const auto& [id, event] : events_) {
    const int done = kernel_->perf_event_control(event.fd.get(), PERF_EVENT_IOC_DISABLE, nullptr);
    if (done < 0) return not_controlled("an event cannot be switched off", -done);
  }
  stopped_ = true;
  return Done{};
}

Result<uint64_t> CallRecorder::lost() const {
  if (sysconf(_SC_NPROCESSORS_ONLN) > static_cast<long>(rings_.size())) {
    return Error{ErrorCode::kKernel,
                 "a CPU went online while calls were recorded; those made there are missing"};
  }
  uint64_t lost = 0;
  for (const auto& [id, event] : events_) {
    uint64_t count = 0;
    if (::read(event.fd.get(), &count, sizeof count) != sizeof count) {
      return not_controlled("a count cannot be read, so that losses are not known", errno);
    }
    if (count > event.read_calls) lost += count - event.read_calls;
  }
  return lost;
}

}  // namespace qsbx
