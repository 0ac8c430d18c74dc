// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/probe.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "kernel/event.h"
#include "kernel/filter_escape.h"
#include "kernel/notification_probe.h"
#include "src/syscalls/beyond_filters.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

// What is said of a capability, whether it is there or not.
struct Facility {
  const char* name;
  bool required;
  const char* use;
  const char* since;
  const char* without;
};

Capability found(const Facility& facility, bool present, std::string here = "") {
  return {facility.name,  present,          facility.required, facility.use,
          facility.since, facility.without, std::move(here)};
}

// Of an answer as a Kernel gives it; empty where it is no error.
std::string error_text(int answer) { return answer < 0 ? strerror(-answer) : ""; }

Capability answered(const Facility& facility, bool present, int answer) {
  return found(facility, present, present ? "" : error_text(answer));
}

constexpr char kNoLockdown[] = "there is no lockdown: it fails, and nothing is in force";
constexpr char kNoAudit[] =
    "mode audit fails, and nothing is in force; the other modes do not need it";
constexpr char kAnOption[] = "asking for it is an error that names it; nothing else needs it";
constexpr char kNotAnswered[] = "nothing changes: no program of qsbx answers so";
constexpr char kNoTrace[] = "there is no qsbx trace, and lockdown is as it is";

struct FlagQuestion {
  Facility facility;
  unsigned flags;
};

constexpr FlagQuestion kFlags[] = {
    {{"filter", true, "seccomp(2) with filters", "Linux 3.17, CONFIG_SECCOMP_FILTER", kNoLockdown},
     0},
    {{"tsync", true, "a filter for all threads at once", "Linux 3.17", kNoLockdown},
     SECCOMP_FILTER_FLAG_TSYNC},
    {{"log", false, "denials in the kernel log", "Linux 4.14", kAnOption}, SECCOMP_FILTER_FLAG_LOG},
    {{"spec-allow", false, "filters without store bypass mitigation", "Linux 4.17", kAnOption},
     SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    {{"new-listener", false, "mode audit, and supervisors of calls", "Linux 5.0", kNoAudit},
     SECCOMP_FILTER_FLAG_NEW_LISTENER},
    {{"tsync-esrch", false, "mode audit for all threads", "Linux 5.7", kNoAudit},
     SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER |
         SECCOMP_FILTER_FLAG_TSYNC_ESRCH},
    {{"wait-killable-recv", false, "mode audit undisturbed by signals", "Linux 5.19",
      "mode audit works, and may report a call twice that a signal interrupts"},
     SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
};

struct ActionQuestion {
  Facility facility;
  uint32_t action;
};

constexpr ActionQuestion kActions[] = {
    {{"action-kill-process", true, "mode enforce", "Linux 4.14", kNoLockdown},
     SECCOMP_RET_KILL_PROCESS},
    {{"action-trap", true, "modes enforce and errno", "Linux 3.5", kNoLockdown}, SECCOMP_RET_TRAP},
    {{"action-errno", true, "`else ERRNO` in profiles", "Linux 3.5", kNoLockdown},
     SECCOMP_RET_ERRNO},
    {{"action-user-notif", false, "mode audit, and supervisors of calls", "Linux 5.0", kNoAudit},
     SECCOMP_RET_USER_NOTIF},
    {{"action-log", false, "filters of others", "Linux 4.14", kNotAnswered}, SECCOMP_RET_LOG},
    {{"action-trace", false, "filters of others", "Linux 3.5", kNotAnswered}, SECCOMP_RET_TRACE},
};

Capability ask_flags(Kernel& kernel, const FlagQuestion& question) {
  const int answer = kernel.seccomp(SECCOMP_SET_MODE_FILTER, question.flags, nullptr);
  return answered(question.facility, answer == -EFAULT, answer);
}

Capability ask_action(Kernel& kernel, const ActionQuestion& question) {
  uint32_t action = question.action;
  const int answer = kernel.seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action);
  return answered(question.facility, answer == 0, answer);
}

Capability ask_notification_sizes(Kernel& kernel) {
  constexpr Facility kSizes = {"notification-sizes", false, "how long notifications are",
                               "Linux 5.0", kNoAudit};
  struct seccomp_notif_sizes sizes = {};
  const int answer = kernel.seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
  if (answer < 0) return answered(kSizes, false, answer);
  return found(kSizes, true,
               std::to_string(sizes.seccomp_notif) + " bytes received, " +
                   std::to_string(sizes.seccomp_notif_resp) + " sent");
}

void add_notifications(Kernel& kernel, std::vector<Capability>& capabilities) {
  constexpr Facility kAddFd = {"notif-addfd", false, "a supervisor that passes descriptors in",
                               "Linux 5.9", "a supervisor can pass none in: such a call fails"};
  constexpr Facility kAddFdSend = {"notif-addfd-send", false,
                                   "a descriptor and the answer in one step", "Linux 5.14",
                                   "a supervisor passes no descriptor in: such a call fails"};
  constexpr Facility kWakeUp = {"notif-sync-wake-up", false,
                                "caller and supervisor in turns on one CPU", "Linux 6.6",
                                "a supervisor answers as surely, and more slowly"};
  const NotificationAbilities abilities = find_notification_abilities(kernel);
  const std::string here = abilities.known ? "" : "not known, no listener could be tried out";
  capabilities.push_back(found(kAddFd, abilities.add_descriptor, here));
  capabilities.push_back(found(kAddFdSend, abilities.add_and_answer, here));
  capabilities.push_back(found(kWakeUp, abilities.wake_in_turns, here));
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

struct Release {
  std::string text;  // empty: not known
  std::string machine;
  std::pair<long, long> version;
};

Release release_of(Kernel& kernel) {
  struct utsname name = {};
  if (kernel.identify(&name) < 0) return {};
  char* dot = nullptr;
  const long major = strtol(name.release, &dot, 10);
  return {name.release, name.machine, {major, *dot == '.' ? strtol(dot + 1, nullptr, 10) : 0}};
}

// The version alone decides nothing: each facility is asked for by itself.
Capability linux_release(const Release& release) {
  constexpr Facility kLinux = {"linux", false, "lockdown",
                               "Linux 4.14 has all that it needs, Linux 5.7 all modes",
                               "each of the following says what is done"};
  if (release.text.empty()) return found(kLinux, false, "not known");
  return found(kLinux, release.version >= std::pair(4L, 14L), release.text + " " + release.machine);
}

Capability bpf_jit(const std::string& sysctls) {
  constexpr Facility kJit = {"bpf-jit", false, "filters as machine code",
                             "Linux 3.16, CONFIG_BPF_JIT",
                             "the kernel interprets them: as strict, and slower"};
  const std::string value = first_line(sysctls + "/net/core/bpf_jit_enable");
  if (value.empty())
    return found(kJit, false, "not known, net.core.bpf_jit_enable may not be read");
  return found(kJit, value != "0", "net.core.bpf_jit_enable = " + value);
}

Capability strict_mode(Kernel& kernel) {
  constexpr Facility kStrict = {"strict", false, "four calls and no filter",
                                "Linux 2.6.12, CONFIG_SECCOMP",
                                "the backend strict fails, and nothing is in force"};
  const int answer = kernel.get_seccomp_mode();
  return answered(kStrict, answer >= 0, answer);
}

// Nothing asks the kernel for this one: its version has to do.
Capability call_bitmap(const Release& release) {
  constexpr Facility kBitmap = {"bitmap", false, "granted calls without a run of the program",
                                "Linux 5.11, by the version", "they run it: as strict, and slower"};
  return found(kBitmap, release.version >= std::pair(5L, 11L));
}

constexpr char kEscapeUse[] = "a filter decides on it";
constexpr char kEscapeWithout[] =
    "it runs past every filter, and gives SIGILL or ENXIO to whom no tracer has put it there";

constexpr Facility kEscapes[] = {
    {"filters-uretprobe", false, kEscapeUse,
     "before Linux 6.11 there is no such call, since 6.14 and in stable updates it is not filtered",
     kEscapeWithout},
    {"filters-uprobe", false, kEscapeUse,
     "before Linux 6.18 there is no such call, since then it is not filtered", kEscapeWithout},
};

// One line for each call that some kernels run past every filter.
Capability ask_filter_escape(Kernel& kernel, int number) {
  const std::string call(find_syscall(native_architecture(), number)->name);
  Facility facility = {"", false, kEscapeUse, "depends on the Linux", kEscapeWithout};
  for (const Facility& one : kEscapes) {
    if ("filters-" + call == one.name) facility = one;
  }
  Capability capability = found(facility, false);
  capability.name = "filters-" + call;
  switch (find_filter_escape(kernel, number)) {
    case FilterEscape::kFiltered:
      capability.present = true;
      capability.here = "a filter decides on " + call;
      break;
    case FilterEscape::kUnfiltered:
      capability.here = "this kernel runs " + call + " whatever a filter says";
      break;
    case FilterEscape::kUnknown:
      capability.here = "not known, no filter could be tried out";
      break;
  }
  return capability;
}

// Who may see records depends on root, capabilities, a sysctl and security modules; only trying
// tells.
Capability ask_event_perf(Kernel& kernel, const ProbeSources& sources) {
  constexpr Facility kPerf = {"event-perf", false,
                              "qsbx trace, by perf_event_open(2) on tracepoints", "Linux 2.6.31",
                              kNoTrace};
  const auto event =
      sources.tracefs ? sources.tracefs->event(kEveryCallEvent) : sources.tracefs.error();
  if (!event) return found(kPerf, false, "not known without event-tracefs");
  struct perf_event_attr attributes = event_attributes(event->id, EventStart::kNow);
  attributes.sample_type = PERF_SAMPLE_RAW;
  auto opened = open_event(kernel, attributes, 0, -1);
  if (opened) return found(kPerf, true);
  const std::string level = first_line(sources.sysctls + "/kernel/perf_event_paranoid");
  return found(
      kPerf, false,
      opened.error().message + (level.empty() ? "" : "; kernel.perf_event_paranoid = " + level));
}

Capability ask_event_tracefs(const Result<Tracefs>& tracefs) {
  constexpr Facility kTracefs = {"event-tracefs", false, "qsbx trace, by /sys/kernel/tracing",
                                 "Linux 4.1", kNoTrace};
  return found(kTracefs, tracefs.ok(), tracefs.ok() ? "" : tracefs.error().message);
}

Capability ask_event_syscalls(const Result<Tracefs>& tracefs) {
  constexpr Facility kSyscalls = {
      "event-syscalls", false, "qsbx trace, the kernel's own counts of rules",
      "Linux 2.6.30, CONFIG_FTRACE_SYSCALLS", "rules are counted from records of raw_syscalls"};
  const Syscall* call = find_syscall(native_architecture(), std::string_view("close"));
  const bool present = tracefs.ok() && tracefs->event_of(*call).ok();
  return found(kSyscalls, present, present ? "" : "no sys_enter_close");
}

// ABI 4 is the first that knows TCP.
void add_landlock(Kernel& kernel, std::vector<Capability>& capabilities) {
  constexpr Facility kPaths = {"landlock", false, "a wall of paths, --landlock", "Linux 5.13",
                               "qsbx run --landlock refuses to start QEMU"};
  constexpr Facility kTcp = {"landlock-net", false, "a wall for TCP, --landlock", "Linux 6.7",
                             "the wall is of paths alone, and says so"};
  constexpr unsigned kAskVersion = 1;
  constexpr int kFirstWithTcp = 4;
  const int abi = kernel.landlock_create_ruleset(nullptr, 0, kAskVersion);
  const std::string here = abi > 0 ? "ABI " + std::to_string(abi) : error_text(abi);
  capabilities.push_back(found(kPaths, abi > 0, here));
  capabilities.push_back(found(kTcp, abi >= kFirstWithTcp, here));
}

// A ring of no entries is never made: the kernel says why, or that it has no rings.
Capability ask_io_uring(Kernel& kernel) {
  constexpr Facility kRings = {"io-uring", false,
                               "work past the filter for rings that exist at lockdown", "Linux 5.1",
                               "no ring runs past a filter"};
  const int answer = kernel.io_uring_setup(0, nullptr);
  return answered(kRings, answer != -ENOSYS && answer != -EPERM, answer);
}

// A child that waits under a filter, until it is killed.
class ChildToRead {
 public:
  explicit ChildToRead(Kernel& kernel) {
    int ends[2];
    if (pipe(ends) != 0) return;
    pid_ = fork();
    if (pid_ == 0) wait_under_filter(kernel, ends[1]);
    close(ends[1]);
    char ready = 0;
    is_filtered_ = pid_ > 0 && read(ends[0], &ready, 1) == 1;
    close(ends[0]);
  }
  ~ChildToRead() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ChildToRead(const ChildToRead&) = delete;
  ChildToRead& operator=(const ChildToRead&) = delete;

  bool is_filtered() const { return is_filtered_; }
  pid_t pid() const { return pid_; }

 private:
  [[noreturn]] static void wait_under_filter(Kernel& kernel, int ready) {
    alarm(10);  // should nobody be left to kill it
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {1, &allow};
    const bool installed =
        kernel.set_no_new_privs() >= 0 && kernel.seccomp(SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
    if (!installed || write(ready, "", 1) != 1) _exit(1);
    for (;;) pause();
  }

  pid_t pid_ = -1;
  bool is_filtered_ = false;
};

Capability ask_filter_dump(Kernel& kernel, const ProbeSources& sources) {
  constexpr Facility kDump = {"filter-dump", false, "the filters of a process, read back",
                              "Linux 4.4, CONFIG_CHECKPOINT_RESTORE",
                              "qsbx status leaves out what can be called, and qsbx stack "
                              "--in-force fails; nothing else needs it"};
  const ChildToRead child(kernel);
  if (!child.is_filtered()) return found(kDump, false, "not known, no filter could be tried out");
  const auto filters = sources.read_filters(child.pid());
  return found(kDump, filters.ok(), filters.ok() ? "" : strerror(filters.error().saved_errno));
}

}  // namespace

std::string Capability::detail() const {
  return use + ": " + since + (here.empty() ? "" : "; here: " + here) + "; without it " + without;
}

std::vector<Capability> probe(Kernel& kernel, const ProbeSources& sources) {
  const Release release = release_of(kernel);
  std::vector<Capability> capabilities = {linux_release(release)};
  for (const FlagQuestion& question : kFlags) {
    capabilities.push_back(ask_flags(kernel, question));
  }
  for (const ActionQuestion& question : kActions) {
    capabilities.push_back(ask_action(kernel, question));
  }
  capabilities.push_back(ask_notification_sizes(kernel));
  add_notifications(kernel, capabilities);
  for (const int number : unfiltered_calls(native_architecture())) {
    capabilities.push_back(ask_filter_escape(kernel, number));
  }
  capabilities.push_back(ask_filter_dump(kernel, sources));
  capabilities.push_back(strict_mode(kernel));
  capabilities.push_back(call_bitmap(release));
  add_landlock(kernel, capabilities);
  capabilities.push_back(ask_io_uring(kernel));
  capabilities.push_back(bpf_jit(sources.sysctls));
  capabilities.push_back(ask_event_perf(kernel, sources));
  capabilities.push_back(ask_event_tracefs(sources.tracefs));
  capabilities.push_back(ask_event_syscalls(sources.tracefs));
  return capabilities;
}

}  // namespace qsbx
