// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/probe.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/utsname.h>

#include <fstream>

#include "kernel/filter_escape.h"
#include "src/syscalls/beyond_filters.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

struct FlagQuestion {
  const char* name;
  unsigned flags;
  bool required;
  const char* since;
};

constexpr FlagQuestion kFlags[] = {
    {"filter", 0, true, "seccomp(2) with filters: Linux 3.17, CONFIG_SECCOMP_FILTER"},
    {"tsync", SECCOMP_FILTER_FLAG_TSYNC, true, "all threads at once: Linux 3.17"},
    {"log", SECCOMP_FILTER_FLAG_LOG, false, "denials in the kernel log: Linux 4.14"},
    {"spec-allow", SECCOMP_FILTER_FLAG_SPEC_ALLOW, false,
     "filters without store bypass mitigation: Linux 4.17"},
    {"new-listener", SECCOMP_FILTER_FLAG_NEW_LISTENER, false, "mode audit: Linux 5.0"},
    {"tsync-esrch",
     SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
     false, "mode audit for all threads: Linux 5.7"},
    {"wait-killable-recv",
     SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, false,
     "mode audit undisturbed by signals: Linux 5.19"},
};

struct ActionQuestion {
  const char* name;
  uint32_t action;
  bool required;
  const char* since;
};

constexpr ActionQuestion kActions[] = {
    {"action-kill-process", SECCOMP_RET_KILL_PROCESS, true, "Linux 4.14"},
    {"action-trap", SECCOMP_RET_TRAP, true, "modes enforce and errno: Linux 3.5"},
    {"action-errno", SECCOMP_RET_ERRNO, true, "`else ERRNO` in profiles: Linux 3.5"},
    {"action-user-notif", SECCOMP_RET_USER_NOTIF, false, "mode audit: Linux 5.0"},
    {"action-log", SECCOMP_RET_LOG, false, "Linux 4.14"},
    {"action-trace", SECCOMP_RET_TRACE, false, "Linux 3.5"},
};

std::string detail(const char* since, int error) {
  if (error == 0) return since;
  return std::string(since) + "; here: " + strerror(error);
}

Capability ask_flags(Kernel& kernel, const FlagQuestion& question) {
  const int answer = kernel.seccomp(SECCOMP_SET_MODE_FILTER, question.flags, nullptr);
  const bool present = answer == -EFAULT;
  return {question.name, present, question.required, detail(question.since, present ? 0 : -answer)};
}

Capability ask_action(Kernel& kernel, const ActionQuestion& question) {
  uint32_t action = question.action;
  const int answer = kernel.seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action);
  return {question.name, answer == 0, question.required, detail(question.since, -answer)};
}

Capability ask_notification_sizes(Kernel& kernel) {
  struct seccomp_notif_sizes sizes = {};
  const int answer = kernel.seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
  if (answer < 0) {
    return {"notification-sizes", false, false, detail("mode audit: Linux 5.0", -answer)};
  }
  return {"notification-sizes", true, false,
          std::to_string(sizes.seccomp_notif) + " bytes received, " +
              std::to_string(sizes.seccomp_notif_resp) + " sent"};
}

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

Capability kernel_release() {
  struct utsname name = {};
  uname(&name);
  return {"linux", true, true, std::string(name.release) + " " + name.machine};
}

Capability bpf_jit() {
  const std::string value = first_line("/proc/sys/net/core/bpf_jit_enable");
  if (value.empty()) {
    return {"bpf-jit", true, false,
            "not shown here: a kernel with CONFIG_BPF_JIT_ALWAYS_ON, or no access to /proc/sys"};
  }
  return {"bpf-jit", value != "0", false, "net.core.bpf_jit_enable = " + value};
}

// One line for each call that some kernels run past every filter.
Capability ask_filter_escape(Kernel& kernel, int number) {
  const std::string name(find_syscall(native_architecture(), number)->name);
  Capability capability = {"filters-" + name, false, false, ""};
  switch (find_filter_escape(kernel, number)) {
    case FilterEscape::kFiltered:
      capability.present = true;
      capability.detail = "a filter decides on " + name;
      break;
    case FilterEscape::kUnfiltered:
      capability.detail = "this kernel runs " + name + " whatever a filter says";
      break;
    case FilterEscape::kUnknown:
      capability.detail = "not known: no filter could be tried out";
      break;
  }
  return capability;
}

}  // namespace

std::vector<Capability> probe(Kernel& kernel) {
  std::vector<Capability> capabilities = {kernel_release()};
  for (const FlagQuestion& question : kFlags) {
    capabilities.push_back(ask_flags(kernel, question));
  }
  for (const ActionQuestion& question : kActions) {
    capabilities.push_back(ask_action(kernel, question));
  }
  capabilities.push_back(ask_notification_sizes(kernel));
  for (const int number : unfiltered_calls(native_architecture())) {
    capabilities.push_back(ask_filter_escape(kernel, number));
  }
  capabilities.push_back(bpf_jit());
  return capabilities;
}

}  // namespace qsbx
