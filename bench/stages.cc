// SPDX-License-Identifier: LGPL-2.1-or-later
//
// stages: what a process that locks itself down goes through, stage by stage, but for what
// compile_time has: reading the profiles and the command line, composing the policy, evaluating a
// call, and the lockdown with 1 to 1,000 threads.
#include <benchmark/benchmark.h>
#include <pthread.h>

#include <chrono>
#include <string>
#include <vector>

#include "bench/expect.h"
#include "bench/seconds_in_child.h"
#include "src/bpf/interpreter.h"
#include "src/compile/compile.h"
#include "src/lockdown/sandbox.h"
#include "src/machine/command_line.h"
#include "src/machine/selection.h"
#include "src/policy/actions.h"
#include "src/policy/algebra.h"
#include "src/profile/weights.h"
#include "tests/proof/shipped_policies.h"
#include "tests/support/source_tree.h"

namespace qsbx::bench {
namespace {

using Clock = std::chrono::steady_clock;

const std::string kProfiles = in_source_tree("profiles/qemu");
constexpr char kMachine[] = "demo";
constexpr size_t kStack = 16384;

const std::vector<std::string>& command_line() { return tested_machines().at(kMachine); }

void read_profiles(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(expect(ProfileSet::read(kProfiles, native_architecture())));
  }
}

void read_machine(benchmark::State& state) {
  const std::vector<std::string>& words = command_line();  // made at the first call
  for (auto _ : state) benchmark::DoNotOptimize(expect(read_command_line(words)));
}

void compose_policy(benchmark::State& state) {
  const ProfileSet set = shipped_profiles(native_architecture());
  const Machine machine = expect(read_command_line(command_line())).machine;
  for (auto _ : state) {
    const Selection selection = expect(select_profiles(machine, set));
    benchmark::DoNotOptimize(expect(compose(selection, {}, set.architecture())));
  }
}

void evaluate_reference(benchmark::State& state) {
  const ProfileSet set = shipped_profiles(native_architecture());
  const Policy policy = run_policy(set, kMachine);
  const std::vector<WeightedCall> calls = set.weights();
  for (auto _ : state) {
    for (const WeightedCall& call : calls) benchmark::DoNotOptimize(evaluate(policy, call.call));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(calls.size()));
}

void evaluate_program(benchmark::State& state) {
  const ProfileSet set = shipped_profiles(native_architecture());
  const Program program =
      expect(compile(run_policy(set, kMachine), actions_for(Mode::kEnforce), set.weights()));
  const std::vector<WeightedCall> calls = set.weights();
  for (auto _ : state) {
    for (const WeightedCall& call : calls) {
      benchmark::DoNotOptimize(run(program, to_seccomp_data(call.call)));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(calls.size()));
}

void* wait_for_ever(void*) {
  for (;;) pause();
}

bool start_threads(int64_t count) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  for (int64_t i = 0; i < count; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, wait_for_ever, nullptr) != 0) return false;
  }
  return true;
}

// Seconds that lockdown() took once all was prepared; negative when it failed. The main thread is
// one of `threads`.
double lock_down_here(const Machine& machine, int64_t threads) {
  Sandbox sandbox;
  bool ready = start_threads(threads - 1) && sandbox.load_profiles(kProfiles).ok();
  for (const Part& part : machine.parts) {
    ready = ready && sandbox.add_part(part.kind, part.name).ok();
  }
  if (!ready || !sandbox.prepare().ok()) return -1;
  const auto start = Clock::now();
  const bool locked = sandbox.lockdown().ok();
  const std::chrono::duration<double> took = Clock::now() - start;
  return locked ? took.count() : -1;
}

void lock_down(benchmark::State& state) {
  const Machine machine = expect(read_command_line(command_line())).machine;
  for (auto _ : state) {
    const double seconds =
        seconds_in_child([&] { return lock_down_here(machine, state.range(0)); });
    if (seconds < 0) {
      state.SkipWithError("the lockdown failed");
      return;
    }
    state.SetIterationTime(seconds);
  }
}

BENCHMARK(read_profiles)->Unit(benchmark::kMicrosecond);
BENCHMARK(read_machine)->Unit(benchmark::kMicrosecond);
BENCHMARK(compose_policy)->Unit(benchmark::kMicrosecond);
BENCHMARK(evaluate_reference);
BENCHMARK(evaluate_program);
BENCHMARK(lock_down)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->UseManualTime()->Iterations(10)->Unit(
    benchmark::kMicrosecond);

}  // namespace
}  // namespace qsbx::bench

BENCHMARK_MAIN();
