// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx status: which threads run under which filters.
#include <errno.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "kernel/filter_dump.h"
#include "kernel/io_uring_state.h"
#include "kernel/thread_state.h"
#include "src/bpf/reach.h"
#include "src/cli/commands.h"
#include "src/cli/report.h"
#include "src/policy/strict_policy.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

struct StatusOptions {
  std::vector<pid_t> processes;
  bool json = false;
};

struct ProcessState {
  pid_t pid;
  std::string name;
  std::vector<ThreadState> threads;
  std::optional<size_t> callable;     // unknown where the filters cannot be read back
  std::optional<IoUringState> rings;  // unknown where its descriptors may not be read
  bool may_enter_rings;               // as far as is known
};

std::string first_line(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

std::string name_of(pid_t pid) { return first_line("/proc/" + std::to_string(pid) + "/comm"); }

// QEMU may have another name set (-name process=), so its file counts as well.
bool is_qemu(pid_t pid) {
  constexpr std::string_view kQemu = "qemu-system-";
  if (name_of(pid).starts_with(kQemu)) return true;
  std::error_code error;
  const auto file = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
  return !error && file.filename().string().starts_with(kQemu);
}

std::optional<pid_t> pid_from(const std::string& text) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(pid) : std::nullopt;
}

std::vector<pid_t> running_qemus() {
  std::vector<pid_t> pids;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::optional<pid_t> pid = pid_from(entry->path().filename().string());
    if (pid && is_qemu(*pid)) pids.push_back(*pid);
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

std::string filters_text(const ThreadState& thread) {
  if (thread.seccomp_mode == 0) return "none";
  if (thread.seccomp_mode == 1) return "strict";
  return thread.filters < 0 ? "yes" : std::to_string(thread.filters);
}

bool passes(const std::vector<Program>& filters, int number) {
  return std::ranges::all_of(filters, [number](const Program& filter) {
    return may_run(filter, audit_architecture(native_architecture()), number);
  });
}

// How many calls of the main thread the kernel would let run, with some arguments at least.
std::optional<size_t> callable_calls(const Result<std::vector<Program>>& filters) {
  if (!filters.ok()) return std::nullopt;
  const auto calls = syscalls(native_architecture());
  return static_cast<size_t>(std::ranges::count_if(
      calls, [&](const Syscall& call) { return passes(*filters, call.number); }));
}

bool may_enter_rings(const Result<std::vector<Program>>& filters) {
  const Syscall* enter = find_syscall(native_architecture(), "io_uring_enter");
  return enter != nullptr && (!filters.ok() || passes(*filters, enter->number));
}

std::string rings_text(const ProcessState& process) {
  if (!process.rings) return "its io_uring rings may not be read";
  if (process.rings->empty()) return "";
  std::string text = "has " + to_string(*process.rings);
  if (process.rings->polled()) return text + ": a kernel thread submits, past every filter";
  if (!process.may_enter_rings)
    return text + ": nothing can be submitted, io_uring_enter is denied";
  return text + (process.callable
                     ? ": operations run past the filters"
                     : ": operations run past the filters if io_uring_enter is granted");
}

size_t known_calls() { return syscalls(native_architecture()).size(); }

void print_text(const ProcessState& process) {
  std::cout << process.pid << " " << process.name << "\n";
  if (process.callable) {
    std::cout << "  can make " << *process.callable << " of " << known_calls() << " system calls\n";
  }
  if (const std::string rings = rings_text(process); !rings.empty()) {
    std::cout << "  " << rings << "\n";
  }
  std::cout << "      TID  THREAD           FILTERS  NO_NEW_PRIVS\n";
  for (const ThreadState& thread : process.threads) {
    std::cout << std::right << std::setw(9) << thread.tid << "  " << std::left << std::setw(15)
              << thread.name << "  " << std::setw(7) << filters_text(thread) << "  "
              << (thread.no_new_privs ? "yes" : "no") << "\n";
  }
}

nlohmann::ordered_json rings_to_json(const std::optional<IoUringState>& state) {
  if (!state) return nullptr;
  nlohmann::ordered_json rings = nlohmann::ordered_json::array();
  for (const IoUringRing& ring : state->rings) {
    rings.push_back({{"descriptor", ring.descriptor}, {"polled", ring.polled}});
  }
  return {{"rings", rings}, {"polling_threads", state->polling_threads}};
}

nlohmann::ordered_json to_json(const ProcessState& process) {
  nlohmann::ordered_json threads = nlohmann::ordered_json::array();
  for (const ThreadState& thread : process.threads) {
    nlohmann::ordered_json one = {{"tid", thread.tid},
                                  {"name", thread.name},
                                  {"seccomp_mode", thread.seccomp_mode},
                                  {"filters", thread.filters},
                                  {"no_new_privs", thread.no_new_privs},
                                  {"blocks_sigsys", thread.blocks_sigsys}};
    if (thread.filters < 0) one["filters"] = nullptr;
    threads.push_back(one);
  }
  nlohmann::ordered_json state = {{"pid", process.pid},
                                  {"name", process.name},
                                  {"callable", nullptr},
                                  {"calls", known_calls()},
                                  {"threads", threads}};
  if (process.callable) state["callable"] = *process.callable;
  state["io_uring"] = rings_to_json(process.rings);
  state["may_enter_rings"] = nullptr;
  if (process.callable) state["may_enter_rings"] = process.may_enter_rings;
  return state;
}

void print(const std::vector<ProcessState>& processes, bool json) {
  if (!json) {
    for (const ProcessState& process : processes) print_text(process);
    return;
  }
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ProcessState& process : processes) list.push_back(to_json(process));
  std::cout << list.dump(2) << "\n";
}

bool has_thread_without_filter(const ProcessState& process) {
  return std::any_of(process.threads.begin(), process.threads.end(),
                     [](const ThreadState& thread) { return thread.seccomp_mode == 0; });
}

// There is no filter to read then, and not because everything is let through.
bool is_strict(const std::vector<ThreadState>& threads, pid_t main) {
  const auto found = std::ranges::find(threads, main, &ThreadState::tid);
  return found != threads.end() && found->seccomp_mode == 1;
}

size_t strict_calls() { return strict_policy(native_architecture()).calls().size(); }

Result<std::vector<ProcessState>> states_of(const std::vector<pid_t>& pids) {
  std::vector<ProcessState> states;
  for (const pid_t pid : pids) {
    Result<std::vector<ThreadState>> threads = threads_of(pid);
    if (!threads.ok()) return threads.error();
    const Result<std::vector<Program>> filters = filters_of_thread(pid);
    const bool strict = is_strict(*threads, pid);
    auto rings = io_uring_of(pid);
    states.push_back({pid, name_of(pid), std::move(threads).value(),
                      strict ? strict_calls() : callable_calls(filters),
                      rings ? std::optional(std::move(rings).value()) : std::nullopt,
                      !strict && may_enter_rings(filters)});
  }
  return states;
}

int report_process(const Error& error) {
  const bool gone = error.saved_errno == ENOENT || error.saved_errno == ESRCH;
  const int status = report(error);
  return gone ? kBadInput : status;
}

int status_command(const StatusOptions& options) {
  const bool all = options.processes.empty();
  const Result<std::vector<ProcessState>> states =
      states_of(all ? running_qemus() : options.processes);
  if (!states.ok()) return report_process(states.error());
  if (states->empty()) say("no process here is called qemu-system-*");
  print(*states, options.json);
  return std::any_of(states->begin(), states->end(), has_thread_without_filter) ? kNo : kYes;
}

}  // namespace

void add_status_command(CLI::App& app, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("status", "Which threads of a process run under which filters");
  auto options = std::make_shared<StatusOptions>();
  command->add_flag("--json", options->json, "Print JSON");
  command->add_option("PID", options->processes, "Every qemu-system-* process when absent")
      ->type_name("")
      ->check(CLI::PositiveNumber);
  command->callback([options, &exit_status] { exit_status = status_command(*options); });
}

}  // namespace qsbx
