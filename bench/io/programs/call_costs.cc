// SPDX-License-Identifier: LGPL-2.1-or-later
//
// call_costs: which system calls a running process makes, and what its own filters make of each.
//
//   call_costs PID
//
// Prints "ready" when it observes every thread, and goes on until its standard input ends. Then it
// prints, as JSON: the calls by role and name with their `count`, how many of them the kernel
// answered from its bitmap (`cached`), how many `programs` it ran for the others and how many
// `instructions` of these; and how many calls were `lost`. The filters are read back from the
// kernel, and the calls are run through them in the interpreter, with their own arguments. Needs
// root, or CAP_PERFMON and CAP_SYS_ADMIN.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "bench/cost.h"
#include "bench/expect.h"
#include "kernel/call_recorder.h"
#include "kernel/filter_dump.h"
#include "kernel/kernel.h"
#include "kernel/thread_state.h"
#include "src/machine/thread_role.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx::bench {
namespace {

constexpr int kMilliseconds = 20;

struct Cost {
  uint64_t count = 0;
  uint64_t cached = 0;
  uint64_t programs = 0;
  uint64_t instructions = 0;
};

// A call with all that a filter sees, but for the instruction pointer, which no filter of ours
// reads.
struct DistinctCall {
  pid_t tid;
  int64_t number;
  Arguments arguments;
  auto operator<=>(const DistinctCall&) const = default;
};

struct Thread {
  std::string role;
  Stack filters;
};

class Threads {
 public:
  explicit Threads(pid_t pid) : pid_(pid) { look(); }

  // Threads that have come since. Those that have ended keep what they had.
  void look() {
    const auto states = threads_of(pid_);
    if (!states) return;
    for (const ThreadState& state : *states) {
      Thread& thread = threads_[state.tid];
      thread.role = state.tid == pid_ ? "main" : role_of_thread(state.name);
      if (state.filters != 0 && thread.filters.empty()) {
        thread.filters = expect(filters_of_thread(state.tid), state.name);
      }
    }
  }

  // Who came and went between two looks was started by the process for a short while, as a worker
  // is.
  const Thread& of(pid_t tid) const {
    const auto found = threads_.find(tid);
    if (found != threads_.end()) return found->second;
    const auto worker = std::ranges::find_if(
        threads_, [](const auto& entry) { return entry.second.role == "worker"; });
    return worker != threads_.end() ? worker->second : threads_.at(pid_);
  }

 private:
  pid_t pid_;
  std::map<pid_t, Thread> threads_;
};

using Calls = std::map<DistinctCall, uint64_t>;

void take(CallRecorder& recorder, Calls& calls) {
  for (const ObservedEvent& event : recorder.read()) {
    if (event.kind != ObservedEvent::Kind::kCall) continue;
    ++calls[{event.tid, event.number, event.arguments}];
  }
}

bool input_has_ended() {
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, 0) <= 0) return false;
  char byte;
  return read(STDIN_FILENO, &byte, 1) <= 0;
}

Call as_call(const DistinctCall& call) {
  const Architecture architecture = native_architecture();
  return {audit_architecture(architecture), static_cast<int>(call.number), call.arguments};
}

std::string name_of(int64_t number) {
  const Syscall* call = find_syscall(native_architecture(), static_cast<int>(number));
  return call == nullptr ? std::to_string(number) : std::string(call->name);
}

using Costs = std::map<std::pair<std::string, int64_t>, Cost>;  // by role and number

Costs costs_of(const Calls& calls, const Threads& threads) {
  Costs costs;
  for (const auto& [call, count] : calls) {
    const Thread& thread = threads.of(call.tid);
    Cost& cost = costs[{thread.role, call.number}];
    cost.count += count;
    if (thread.filters.empty()) continue;
    const int steps = steps_of(thread.filters, as_call(call));
    cost.cached += steps == 0 ? count : 0;
    cost.programs += steps == 0 ? 0 : thread.filters.size() * count;
    cost.instructions += static_cast<uint64_t>(steps) * count;
  }
  return costs;
}

void print(const Costs& costs, uint64_t lost) {
  nlohmann::ordered_json calls = nlohmann::ordered_json::array();
  for (const auto& [key, cost] : costs) {
    calls.push_back({{"role", key.first},
                     {"call", name_of(key.second)},
                     {"count", cost.count},
                     {"cached", cost.cached},
                     {"programs", cost.programs},
                     {"instructions", cost.instructions}});
  }
  std::cout << nlohmann::ordered_json{{"calls", calls}, {"lost", lost}} << std::endl;
}

int observe(pid_t pid) {
  const Tracefs tracefs = expect(Tracefs::find());
  const EveryCallLayout layout = expect(every_call_layout(tracefs));
  Threads threads(pid);
  CallRecorder recorder = expect(CallRecorder::of_running_process(running_kernel(), layout, pid));
  std::cout << "ready" << std::endl;
  Calls calls;
  while (!input_has_ended() && recorder.wait(kMilliseconds)) {
    take(recorder, calls);
    threads.look();
  }
  threads.look();
  expect(recorder.stop());
  take(recorder, calls);
  print(costs_of(calls, threads), expect(recorder.lost()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  pid_t pid = 0;
  const std::string_view word = argc == 2 ? argv[1] : "";
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), pid);
  if (error != std::errc() || end != word.data() + word.size() || pid <= 0) {
    std::cerr << "usage: call_costs PID\n";
    return 2;
  }
  return observe(pid);
}

}  // namespace qsbx::bench

int main(int argc, char** argv) { return qsbx::bench::main(argc, argv); }
