// SPDX-License-Identifier: LGPL-2.1-or-later
//
// compile_time: from a policy to a program in force.
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <vector>

#include "bench/expect.h"
#include "bench/seconds_in_child.h"
#include "kernel/kernel.h"
#include "src/compile/compile.h"
#include "src/machine/selection.h"
#include "src/verify/verify.h"
#include "tests/proof/shipped_policies.h"

namespace qsbx::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Task {
  std::string name;
  Policy policy;
  std::vector<WeightedCall> weights;
};

Program compiled(const Task& task) {
  return expect(compile(task.policy, actions_for(Mode::kEnforce), task.weights));
}

void time_compile(benchmark::State& state, const Task& task) {
  Program program;
  for (auto _ : state) benchmark::DoNotOptimize(program = compiled(task));
  state.counters["instructions"] = static_cast<double>(program.size());
}

void time_verify(benchmark::State& state, const Task& task) {
  const Program program = compiled(task);
  for (auto _ : state) {
    benchmark::DoNotOptimize(expect(verify(program, task.policy, actions_for(Mode::kEnforce))));
  }
}

void time_both(benchmark::State& state, const Task& task) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        expect(verify(compiled(task), task.policy, actions_for(Mode::kEnforce))));
  }
}

// Seconds that seccomp(2) took; negative when it failed.
double install_here(Program& program) {
  struct sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  running_kernel().set_no_new_privs();
  const auto start = Clock::now();
  const int status = running_kernel().seccomp(SECCOMP_SET_MODE_FILTER, 0, &filter);
  const std::chrono::duration<double> took = Clock::now() - start;
  return status == 0 ? took.count() : -1;
}

void time_install(benchmark::State& state, const Task& task) {
  Program program = compiled(task);
  for (auto _ : state) {
    const double seconds = seconds_in_child([&] { return install_here(program); });
    if (seconds < 0) {
      state.SkipWithError("the filter cannot be installed");
      return;
    }
    state.SetIterationTime(seconds);
  }
  state.counters["instructions"] = static_cast<double>(program.size());
}

// The machine of the test set whose program is longest, and its program for the boot phase.
std::vector<Task> machines() {
  const ProfileSet set = shipped_profiles(native_architecture());
  std::vector<Task> tasks;
  size_t longest = 0;
  for (const auto& [name, command_line] : tested_machines()) {
    Task task = {"machine_" + name, run_policy(set, name), set.weights()};
    const size_t length = compiled(task).size();
    if (length <= longest) continue;
    longest = length;
    tasks.assign(1, task);
  }
  tasks.push_back({"boot", boot_policy(set), set.weights()});
  return tasks;
}

// Rules in the way profiles write them: many ioctl commands, other calls by flags and ranges, and
// every second one a repetition of what another profile grants too.
Task with_rules(int count) {
  std::string text;
  for (int rule = 0; rule < count; ++rule) {
    const int i = rule / 2;
    const std::string value = std::to_string(1000 + 7919 * i);
    switch (i % 4) {
      case 0:
        text += "ioctl: cmd == " + value + " && arg <= " + std::to_string(i + 1) + "\n";
        break;
      case 1:
        text += "ioctl: cmd == " + value + "\n";
        break;
      case 2:
        text += "fcntl: cmd == " + value + "\n";
        break;
      default:
        text += "lseek: offset in { " + value + ".." + std::to_string(1010 + 7919 * i) + " }\n";
    }
  }
  ParseLimits limits;
  limits.rules = count;
  limits.file_bytes = text.size();
  const Profile rules =
      expect(parse_profile(text, "generated", native_architecture(), true, limits));
  Selection selection;
  selection.add(rules, "generated");
  return {
      "rules_" + std::to_string(count), expect(compose(selection, {}, native_architecture())), {}};
}

using Timer = void (*)(benchmark::State&, const Task&);

void register_timer(const std::string& what, const Task& task, Timer timer) {
  benchmark::RegisterBenchmark((what + "/" + task.name).c_str(), [timer,
                                                                  task](benchmark::State& state) {
    timer(state, task);
  })->Unit(benchmark::kMicrosecond);
}

void register_machine(const Task& task) {
  register_timer("compile", task, time_compile);
  register_timer("verify", task, time_verify);
  register_timer("compile_and_verify", task, time_both);
  benchmark::RegisterBenchmark(("install/" + task.name).c_str(),
                               [task](benchmark::State& state) { time_install(state, task); })
      ->UseManualTime()
      ->Iterations(300)
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const Task& task : machines()) register_machine(task);
  for (const int count : {10, 30, 100, 300, 1000, 3000}) {
    const Task task = with_rules(count);
    register_timer("compile", task, time_compile);
    register_timer("verify", task, time_verify);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace qsbx::bench

int main(int argc, char** argv) { return qsbx::bench::main(argc, argv); }
