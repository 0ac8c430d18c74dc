// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx trace: what a QEMU really calls, by phase, role and argument.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>

#include "kernel/thread_state.h"
#include "src/cli/commands.h"
#include "src/cli/option_values.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/cli/trace_file.h"
#include "src/cli/trace_run.h"
#include "src/cli/traced_host.h"
#include "src/machine/storage_program.h"

namespace qsbx {
namespace {

struct TraceOptions {
  std::string output;  // empty: standard output
  bool json = false;
  pid_t pid = 0;  // 0: a QEMU is started
  bool against_own_policy = false;
  SelectionOptions selection;
  QemuCommand qemu;

  bool wants_policy() const {
    return against_own_policy || !selection.rule_files.empty() || !selection.profile_names.empty();
  }
};

// What everything else needs, before a QEMU is started.
struct Observer {
  Tracefs tracefs;
  EveryCallLayout layout;
  std::optional<Policy> policy;

  const Policy* checked() const { return policy ? &*policy : nullptr; }
};

Result<std::optional<Policy>> policy_of(TraceOptions options) {
  if (!options.wants_policy()) return std::optional<Policy>();
  if (options.against_own_policy && options.pid != 0) options.selection.processes = {options.pid};
  if (options.against_own_policy && options.pid == 0) options.selection.qemu_command = options.qemu;
  auto chosen = choose_covered_profiles(options.selection);
  if (!chosen) return chosen.error();
  auto policy = join_rules(*chosen);
  if (!policy) return policy.error();
  return std::optional(std::move(*policy));
}

Result<Observer> prepare(const TraceOptions& options) {
  auto policy = policy_of(options);
  if (!policy) return policy.error();
  auto tracefs = Tracefs::find();
  if (!tracefs) return tracefs.error();
  auto layout = every_call_layout(*tracefs);
  if (!layout) return layout.error();
  return Observer{*tracefs, *layout, std::move(*policy)};
}

Error cannot_write(const std::string& path, int error) {
  return {ErrorCode::kUsage, "cannot write " + path + ": " + std::strerror(error), error};
}

// Before a QEMU has run for hours. What is there stays as it is.
Status check_writable(const std::string& path) {
  if (path.empty()) return Done{};
  const int created = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (created >= 0) {
    close(created);
    unlink(path.c_str());
    return Done{};
  }
  if (errno == EEXIST && access(path.c_str(), W_OK) == 0) return Done{};
  return cannot_write(path, errno);
}

Status write_file(const std::string& path, const std::string& text) {
  if (path.empty()) {
    std::cout << text;
    return Done{};
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return Done{};
  return cannot_write(path, errno);
}

std::optional<uint64_t> losses(const CallRecorder& recorder) {
  auto lost = recorder.lost();
  if (!lost) {
    say("warning: " + lost.error().message);
    return std::nullopt;
  }
  if (*lost != 0) {
    say("warning: " + std::to_string(*lost) +
        " calls were lost: they came faster than they could be read");
  }
  return *lost;
}

// Two ways to count the same; where they differ although nothing was lost, one of them is wrong.
void compare_counts(const TraceRecord& record, std::optional<uint64_t> lost) {
  if (lost != uint64_t{0}) return;
  for (const RuleCount& rule : record.rules()) {
    if (!rule.from_kernel || *rule.from_kernel == rule.from_records) continue;
    say("warning: rule " + rule.grant->origin.to_string() + " for " +
        traced_call_name(native_architecture(), rule.number) + ": the kernel's filter counted " +
        std::to_string(*rule.from_kernel) + " calls, the records have " +
        std::to_string(rule.from_records) + "; please report this, with the rule");
  }
}

Status write_trace(const TraceOptions& options, const CallRecorder& recorder,
                   const TraceRecord& record, Trace trace) {
  trace.lost = losses(recorder);
  compare_counts(record, trace.lost);
  trace.devices_ready = record.saw_devices_ready();
  trace.calls = record.calls();
  const TraceFile file = {std::move(trace), record, options.wants_policy()};
  return write_file(options.output, options.json ? trace_json(file) : trace_text(file));
}

// As `qsbx run` would, which is QEMU.
int end_like(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  const struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  signal(WTERMSIG(status), SIG_DFL);
  std::cout.flush();
  raise(WTERMSIG(status));
  return 128 + WTERMSIG(status);
}

// With what an observed QEMU is started with besides: see run.cc.
Trace describe_started(const QemuCommand& command) {
  Trace trace = describe_new_run(command);
  trace.parts.insert({"option", "debug-threads"});
  if (!storage_program(command.front()).empty()) return trace;
  trace.parts.insert({{"monitor", "qmp"}, {"chardev", "socket"}});
  return trace;
}

Result<int> trace_new(const TraceOptions& options, const Observer& observer) {
  const Trace described = describe_started(options.qemu);
  RunOptions run;
  run.command = options.qemu;
  run.observed = true;
  auto qemu = WaitingQemu::start(run);
  if (!qemu) return qemu.error();
  auto recorder = CallRecorder::of_new_process(running_kernel(), observer.layout, qemu->pid());
  if (!recorder) return recorder.error();
  TraceRecord record(qemu->pid(), observer.checked(), true);
  RuleCounters counters;
  counters.open(record, observer.tracefs, qemu->pid());
  forward_signals_to(qemu->pid());
  qemu->go();
  auto recorded = record_until_end(*recorder, record);
  const int status = qemu->wait_for_end();
  if (!recorded) return recorded.error();
  if (!record.saw_exec()) return end_like(status);  // it has said why it is no QEMU
  counters.read(record);
  counters = {};  // a file needs a descriptor, too
  if (!record.saw_devices_ready()) say("warning: QEMU ended before its devices were ready");
  auto written = write_trace(options, *recorder, record, described);
  if (!written) return written.error();
  return end_like(status);
}

Result<int> trace_running(const TraceOptions& options, const Observer& observer) {
  const Trace described = describe_running(options.pid);
  TraceRecord record(options.pid, observer.checked(), false);
  auto threads = threads_of(options.pid);
  if (!threads) return threads.error();
  for (const ThreadState& thread : *threads) {
    record.add_thread(options.pid, thread.tid, thread.name);
  }
  for (RuleCount& rule : record.rules()) rule.why_not_kernel = "the process was already running";
  end_recording_at_signals();
  auto recorder = CallRecorder::of_running_process(running_kernel(), observer.layout, options.pid);
  if (!recorder) return recorder.error();
  if (auto recorded = record_until_end(*recorder, record); !recorded) return recorded.error();
  if (auto written = write_trace(options, *recorder, record, described); !written) {
    return written.error();
  }
  return kYes;
}

int trace_command(const TraceOptions& options) {
  if (options.qemu.empty() == (options.pid == 0)) {
    say("trace what? Either --pid PID, or -- and then QEMU with its options last on the line");
    return kBadInput;
  }
  if (auto writable = check_writable(options.output); !writable) return report(writable.error());
  auto observer = prepare(options);
  if (!observer) return report(observer.error());
  auto status =
      options.pid == 0 ? trace_new(options, *observer) : trace_running(options, *observer);
  return status ? *status : report(status.error());
}

void add_policy_options(CLI::App& command, TraceOptions& options) {
  const char* group = "Count by rule, and show what would be denied";
  command.add_option("--rules", options.selection.rule_files, "The rules of this file")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--profile", options.selection.profile_names, "This profile")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->group(group);
  command.add_flag("--own-policy", options.against_own_policy, "The policy of this very machine")
      ->group(group);
  add_profile_folder_option(command, options.selection.profile_folder)->group(group);
  command
      .add_option("--allow", options.selection.features,
                  "What a manager may do later, such as hotplug; separated by commas")
      ->type_name("FEATURE[,FEATURE]")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(group);
}

}  // namespace

void add_trace_command(CLI::App& app, const QemuCommand& qemu, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("trace", "Record what a QEMU really calls, by phase, role and argument");
  command->footer(
      "QEMU and its options follow --, last on the line:\n"
      "  qsbx trace -o calls.txt -- qemu-system-x86_64 -M q35 ...");
  auto options = std::make_shared<TraceOptions>();
  command->add_option("-o", options->output, "Write to FILE; to standard output when absent")
      ->type_name("FILE")
      ->check(not_empty());
  command->add_flag("--json", options->json, "Write JSON");
  command->add_option("--pid", options->pid, "Observe this process, until it or qsbx is to end")
      ->type_name("PID")
      ->check(CLI::PositiveNumber);
  add_policy_options(*command, *options);
  command->callback([options, &qemu, &exit_status] {
    options->qemu = qemu;
    exit_status = trace_command(*options);
  });
}

}  // namespace qsbx
