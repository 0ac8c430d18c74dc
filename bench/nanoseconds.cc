// SPDX-License-Identifier: LGPL-2.1-or-later
//
// nanoseconds: what a call costs under each filter.
//
// Machines drift by more than filters cost. So no filter is timed by itself: short slices under it
// alternate with slices without a filter and under a filter of two instructions, and what counts
// are the differences of neighbours, their median and quartiles. Needs no privileges.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bench/expect.h"
#include "bench/filtered_child.h"
#include "bench/libseccomp_program.h"
#include "bench/qemu_sandbox.h"
#include "src/compile/compile.h"
#include "src/verify/verify.h"
#include "tests/proof/shipped_policies.h"

namespace qsbx::bench {
namespace {

constexpr int kSlices = 400;
constexpr int kCalls = 1000;  // in a slice

struct Filter {
  std::string name;
  Stack stack;
};

constexpr Instruction kLoadArgument = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArgumentsOffset);
constexpr Instruction kAllow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

Program proven(const Policy& policy, const std::vector<WeightedCall>& weights) {
  const Actions actions = actions_for(Mode::kEnforce);
  return expect(verify(expect(compile(policy, actions, weights)), policy, actions)).program();
}

Program libseccomps(const Policy& policy, int optimize) {
  return expect(libseccomp_program(policy, actions_for(Mode::kEnforce).deny, optimize)).program;
}

// The two that all others are compared with come first.
std::vector<Filter> filters() {
  const ProfileSet set = shipped_profiles(native_architecture());
  const Policy run = run_policy(set, "kvm-virtio");
  const Program ours = proven(run, set.weights());
  return {
      {"none", {}},
      {"two_instructions", {{kLoadArgument, kAllow}}},
      {"one_instruction", {{kAllow}}},
      {"qsbx", {ours}},
      {"qsbx_on_boot", {proven(boot_policy(set), set.weights()), ours}},
      {"libseccomp", {libseccomps(run, 1)}},
      {"libseccomp_optimised", {libseccomps(run, 2)}},
      {"qemu_sandbox", {expect(libseccomp_deny_list(expect(qemu_sandbox_policy()), 1))}},
  };
}

// Of values that it sorts.
double quantile(std::vector<double>& values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(part * static_cast<double>(values.size() - 1))];
}

using Children = std::vector<std::unique_ptr<FilteredChild>>;

void time_filter(benchmark::State& state, const Children& children, size_t index, Kind kind) {
  std::vector<double> over_none;
  std::vector<double> over_two;
  bool forwards = true;
  for (auto _ : state) {
    double times[3] = {};
    const size_t order[3] = {0, index, 1};
    for (size_t i = 0; i < 3; ++i) {
      const size_t place = forwards ? i : 2 - i;
      times[place] = children[order[place]]->time(kind, kCalls);
    }
    forwards = !forwards;
    over_none.push_back(times[1] - times[0]);
    over_two.push_back(times[1] - times[2]);
    state.SetIterationTime(times[1] * 1e-9);
  }
  state.counters["over_none"] = quantile(over_none, 0.5);
  state.counters["q1"] = quantile(over_none, 0.25);
  state.counters["q3"] = quantile(over_none, 0.75);
  state.counters["over_two_insns"] = quantile(over_two, 0.5);
}

void register_all(const std::vector<Filter>& all, const Children& children) {
  const std::pair<const char*, Kind> kinds[] = {{"allowed", Kind::kAllowed},
                                                {"kvm_run", Kind::kIoctl},
                                                {"mmap", Kind::kMmap},
                                                {"denied", Kind::kDenied}};
  for (const auto& [call, kind] : kinds) {
    for (size_t i = 0; i < all.size(); ++i) {
      const auto run = [&children, i, kind = kind](benchmark::State& state) {
        time_filter(state, children, i, kind);
      };
      benchmark::RegisterBenchmark((std::string(call) + "/" + all[i].name).c_str(), run)
          ->UseManualTime()
          ->Iterations(kSlices);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<Filter> all = filters();
  Children children;
  for (const Filter& filter : all) {
    children.push_back(std::make_unique<FilteredChild>(filter.stack));
  }
  register_all(all, children);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace qsbx::bench

int main(int argc, char** argv) { return qsbx::bench::main(argc, argv); }
