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

#include "kernel/descriptor_state.h"
#include "kernel/filter_dump.h"
#include "kernel/io_uring_state.h"
#include "kernel/thread_state.h"
#include "src/bpf/stack_cost.h"
#include "src/cli/commands.h"
#include "src/cli/report.h"
#include "src/policy/strict_policy.h"
#include "src/profile/call_words.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

struct StatusOptions {
  std::vector<pid_t> processes;
  bool json = false;
};

// What all filters of a thread together let run; unknown where they cannot be read back.
using EffectivePolicy = std::optional<std::vector<CallCost>>;

struct FilteredThread {
  ThreadState state;
  EffectivePolicy effective;
};

struct ProcessState {
  pid_t pid;
  std::string name;
  std::vector<FilteredThread> threads;
  EffectivePolicy effective;          // of the main thread
  std::optional<IoUringState> rings;  // unknown where its descriptors may not be read
  std::optional<Descriptors> descriptors;

  // As far as is known.
  bool may_enter_rings() const;
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

// In strict mode there is no filter to read, and not because everything is let through.
std::vector<CallCost> strict_calls() {
  std::vector<CallCost> calls;
  const Policy strict = strict_policy(native_architecture());
  for (const auto& [number, call] : strict.calls()) {
    calls.push_back({number, false, {}});
  }
  return calls;
}

EffectivePolicy effective_policy(const ThreadState& thread) {
  if (thread.seccomp_mode == 1) return strict_calls();
  const Result<std::vector<Program>> filters = filters_of_thread(thread.tid);
  if (!filters.ok()) return std::nullopt;
  return costs_of_stack(*filters, native_architecture());
}

size_t cached_calls(const std::vector<CallCost>& calls) {
  return static_cast<size_t>(std::ranges::count_if(calls, &CallCost::cached));
}

bool ProcessState::may_enter_rings() const {
  const Syscall* enter = find_syscall(native_architecture(), "io_uring_enter");
  if (enter == nullptr || !effective) return enter != nullptr;
  return std::ranges::find(*effective, enter->number, &CallCost::number) != effective->end();
}

std::string rings_text(const ProcessState& process) {
  if (!process.rings) return "its io_uring rings may not be read";
  if (process.rings->empty()) return "";
  std::string text = "has " + to_string(*process.rings);
  if (process.rings->polled()) return text + ": a kernel thread submits, past every filter";
  if (!process.may_enter_rings())
    return text + ": nothing can be submitted, io_uring_enter is denied";
  return text + (process.effective
                     ? ": operations run past the filters"
                     : ": operations run past the filters if io_uring_enter is granted");
}

// The filters do not say which of them are bound; QEMU's line at lockdown does.
std::string descriptors_text(const ProcessState& process) {
  if (!process.descriptors) return "";
  Descriptors found = *process.descriptors;
  std::erase_if(found, [](const auto& entry) { return entry.second.empty(); });
  return found.empty() ? ""
                       : "has now, of the descriptors that rules can name: " + to_string(found);
}

nlohmann::ordered_json descriptors_to_json(const std::optional<Descriptors>& found) {
  if (!found) return nullptr;
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [kind, numbers] : *found) {
    json[std::string(descriptor_kind_name(kind))] = numbers;
  }
  return json;
}

size_t known_calls() { return syscalls(native_architecture()).size(); }

void print_thread(const FilteredThread& thread) {
  const auto& calls = thread.effective;
  std::cout << std::right << std::setw(9) << thread.state.tid << "  " << std::left << std::setw(15)
            << thread.state.name << "  " << std::setw(7) << filters_text(thread.state) << "  "
            << std::setw(5) << (calls ? std::to_string(calls->size()) : "?") << "  " << std::setw(6)
            << (calls ? std::to_string(cached_calls(*calls)) : "?") << "  "
            << (thread.state.no_new_privs ? "yes" : "no") << "\n";
}

void print_text(const ProcessState& process) {
  std::cout << process.pid << " " << process.name << "\n";
  if (process.effective) {
    std::cout << "  can make " << process.effective->size() << " of " << known_calls()
              << " system calls\n";
  }
  if (const std::string rings = rings_text(process); !rings.empty()) {
    std::cout << "  " << rings << "\n";
  }
  if (const std::string found = descriptors_text(process); !found.empty()) {
    std::cout << "  " << found << "\n";
  }
  std::cout << "      TID  THREAD           FILTERS  CALLS  CACHED  NO_NEW_PRIVS\n";
  for (const FilteredThread& thread : process.threads) print_thread(thread);
}

nlohmann::ordered_json rings_to_json(const std::optional<IoUringState>& state) {
  if (!state) return nullptr;
  nlohmann::ordered_json rings = nlohmann::ordered_json::array();
  for (const IoUringRing& ring : state->rings) {
    rings.push_back({{"descriptor", ring.descriptor}, {"polled", ring.polled}});
  }
  return {{"rings", rings}, {"polling_threads", state->polling_threads}};
}

nlohmann::ordered_json to_json(const EffectivePolicy& effective) {
  if (!effective) return nullptr;
  nlohmann::ordered_json calls = nlohmann::ordered_json::array();
  for (const CallCost& call : *effective) {
    calls.push_back({{"syscall", call_name(call.number, native_architecture())},
                     {"nr", call.number},
                     {"cached", call.cached},
                     {"steps", {call.steps.least, call.steps.most}}});
  }
  return calls;
}

nlohmann::ordered_json to_json(const FilteredThread& thread) {
  const ThreadState& state = thread.state;
  nlohmann::ordered_json json = {{"tid", state.tid},
                                 {"name", state.name},
                                 {"seccomp_mode", state.seccomp_mode},
                                 {"filters", state.filters},
                                 {"no_new_privs", state.no_new_privs},
                                 {"blocks_sigsys", state.blocks_sigsys},
                                 {"effective", to_json(thread.effective)}};
  if (state.filters < 0) json["filters"] = nullptr;
  return json;
}

nlohmann::ordered_json to_json(const ProcessState& process) {
  nlohmann::ordered_json threads = nlohmann::ordered_json::array();
  for (const FilteredThread& thread : process.threads) threads.push_back(to_json(thread));
  nlohmann::ordered_json state = {{"pid", process.pid},
                                  {"name", process.name},
                                  {"callable", nullptr},
                                  {"calls", known_calls()},
                                  {"threads", threads}};
  if (process.effective) state["callable"] = process.effective->size();
  state["io_uring"] = rings_to_json(process.rings);
  state["may_enter_rings"] = nullptr;
  if (process.effective) state["may_enter_rings"] = process.may_enter_rings();
  state["descriptors"] = descriptors_to_json(process.descriptors);
  return state;
}

void print(const std::vector<ProcessState>& processes, bool json) {
  if (!json) {
    for (const ProcessState& process : processes) print_text(process);
    return;
  }
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ProcessState& process : processes) list.push_back(to_json(process));
  std::cout << json_text(list);
}

bool has_thread_without_filter(const ProcessState& process) {
  return std::any_of(process.threads.begin(), process.threads.end(),
                     [](const FilteredThread& thread) { return thread.state.seccomp_mode == 0; });
}

std::vector<FilteredThread> filtered(std::vector<ThreadState> threads) {
  std::vector<FilteredThread> result;
  for (ThreadState& thread : threads) {
    EffectivePolicy effective = effective_policy(thread);
    result.push_back({std::move(thread), std::move(effective)});
  }
  return result;
}

Result<ProcessState> state_of(pid_t pid) {
  Result<std::vector<ThreadState>> threads = threads_of(pid);
  if (!threads.ok()) return threads.error();
  ProcessState state = {pid, name_of(pid), filtered(std::move(threads).value()), {}, {}, {}};
  const auto main = std::ranges::find(
      state.threads, pid, [](const FilteredThread& thread) { return thread.state.tid; });
  if (main != state.threads.end()) state.effective = main->effective;
  auto rings = io_uring_of(pid);
  if (rings) state.rings = std::move(rings).value();
  auto descriptors = descriptors_of(pid);
  if (descriptors) state.descriptors = std::move(descriptors).value();
  return state;
}

Result<std::vector<ProcessState>> states_of(const std::vector<pid_t>& pids) {
  std::vector<ProcessState> states;
  for (const pid_t pid : pids) {
    Result<ProcessState> state = state_of(pid);
    if (!state.ok()) return state.error();
    states.push_back(std::move(state).value());
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
