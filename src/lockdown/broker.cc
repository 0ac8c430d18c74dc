// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <fstream>

#include "src/lockdown/violation_counts.h"

namespace qsbx {
namespace {

constexpr size_t kPathRoom = 4096;  // PATH_MAX

// Paths are the caller's to choose; those beyond are counted as one.
constexpr size_t kCountedPaths = 1024;

bool opens(const struct seccomp_data& call) {
#if defined(SYS_open)
  if (call.nr == SYS_open) return true;
#endif
  return call.nr == SYS_openat || call.nr == SYS_openat2;
}

// 0, or the errno that the kernel would give.
int read_how(const struct seccomp_data& call, const WaitingCaller& caller, OpenRequest& request) {
  struct open_how how = {};
  if (call.args[3] < sizeof how) return EINVAL;
  if (call.args[3] > sizeof how) return E2BIG;
  if (!caller.copy(call.args[2], &how, sizeof how)) return EFAULT;
  if (how.resolve & ~uint64_t{RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS}) return EOPNOTSUPP;
  request.flags = how.flags;
  request.mode = how.mode;
  return 0;
}

int read_flags(const struct seccomp_data& call, const WaitingCaller& caller, OpenRequest& request) {
  if (call.nr == SYS_openat2) return read_how(call, caller, request);
  const int first = call.nr == SYS_openat ? 2 : 1;
  request.flags = static_cast<uint32_t>(call.args[first]);
  request.mode = call.args[first + 1];
  return 0;
}

// A path that starts at a descriptor stays relative, and is refused.
int read_path(const struct seccomp_data& call, const WaitingCaller& caller, OpenRequest& request) {
  const bool has_folder = call.nr == SYS_openat || call.nr == SYS_openat2;
  char room[kPathRoom];
  const auto path = caller.text(call.args[has_folder ? 1 : 0], room, sizeof room);
  if (!path) return EFAULT;
  if (path->empty()) return ENOENT;
  request.path = *path;
  if (path->starts_with('/')) return 0;
  if (has_folder && static_cast<int>(call.args[0]) != AT_FDCWD) return 0;
  const auto folder = caller.current_folder();
  if (!folder) return EFAULT;
  request.path = *folder + "/" + request.path;
  return 0;
}

std::string name_of(pid_t tid) {
  std::ifstream file("/proc/" + std::to_string(tid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace

ByRegisters Broker::by_registers(const Notification& notification) {
  if (opens(notification.call)) return LookAtMemory{};
  return Fail{OpenList::kRefusal};
}

void Broker::process_ended() {
  reports_.send_rest();
  const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup3(nothing, reports_.descriptor(), O_CLOEXEC);
  close(nothing);
}

ByMemory Broker::by_memory(const Notification& notification, const WaitingCaller& caller) {
  OpenRequest request;
  if (const int error = read_flags(notification.call, caller, request)) return Fail{error};
  if (const int error = read_path(notification.call, caller, request)) return Fail{error};
  const Opened opened = list_.open(request);
  if (opened.descriptor >= 0) return PassIn{opened.descriptor, (request.flags & O_CLOEXEC) != 0};
  if (!opened.refused.empty()) report(notification.tid, request, opened.refused);
  return Fail{opened.error};
}

uint32_t Broker::count(const std::string& path) {
  const bool counted = refused_.contains(path) || refused_.size() < kCountedPaths;
  return ++refused_[counted ? path : std::string()];
}

void Broker::report(pid_t tid, const OpenRequest& request, const std::string& why) {
  if (quiet_.contains(request.path)) return reports_.send_rest();
  const uint32_t times = count(request.path);
  if (!is_worth_reporting(times)) return reports_.send_rest();
  Line line;
  line.text("qsbx: violation (broker, failed with EACCES): thread ").decimal(tid).text(" \"");
  line.untrusted(name_of(tid)).text("\": open of \"").untrusted(request.path);
  line.text((request.flags & O_ACCMODE) == O_RDONLY ? "\" for reading" : "\" for writing");
  if (times > 1) line.text(": ").decimal(times).text(" times by now");
  if (times == 1) line.text(": ").text(why);
  reports_.send(line);
}

}  // namespace qsbx
