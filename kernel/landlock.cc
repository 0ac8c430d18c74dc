// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every right that the kernel knows is handled, so what no rule allows is refused. A kernel is told
// only of rights that its ABI has; for each one that is missing, gaps() has a sentence.
#include "kernel/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "kernel/thread_state.h"

namespace qsbx {
namespace {

// Of linux/landlock.h, which the C library's kernel headers have older than the kernel.
constexpr uint64_t kExecute = 1 << 0;
constexpr uint64_t kWriteFile = 1 << 1;
constexpr uint64_t kReadFile = 1 << 2;
constexpr uint64_t kReadDir = 1 << 3;
constexpr uint64_t kMakeSock = 1 << 9;
constexpr uint64_t kAllOfAbi1 = (1 << 13) - 1;
constexpr uint64_t kRefer = 1 << 13;
constexpr uint64_t kTruncate = 1 << 14;
constexpr uint64_t kIoctlDev = 1 << 15;
constexpr uint64_t kResolveUnix = 1 << 16;
constexpr uint64_t kBindTcp = 1 << 0;
constexpr uint64_t kConnectTcp = 1 << 1;
constexpr uint64_t kScopeAbstractSockets = 1 << 0;
constexpr uint64_t kScopeSignals = 1 << 1;

constexpr unsigned kAskVersion = 1 << 0;
constexpr unsigned kAllThreads = 1 << 3;  // LANDLOCK_RESTRICT_SELF_TSYNC
constexpr int kFirstWithAllThreads = 8;
constexpr int kRulePathBeneath = 1;

struct RuleSet {
  uint64_t paths;
  uint64_t tcp;
  uint64_t scoped;
};

struct [[gnu::packed]] PathRule {
  uint64_t allowed;
  int32_t folder;
};

constexpr uint64_t kOfFiles =
    kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDev | kResolveUnix;
constexpr uint64_t kReading = kReadFile | kReadDir;
constexpr uint64_t kWriting = kReading | kWriteFile | kTruncate | kIoctlDev | kResolveUnix;

uint64_t rights_of(PathUse use) {
  switch (use) {
    case PathUse::kRead:
      return kReading;
    case PathUse::kReadDevice:
      return kReading | kIoctlDev;
    case PathUse::kRun:
      return kReading | kExecute;
    case PathUse::kReadWrite:
      return kWriting;
    case PathUse::kMakeSockets:
      return kMakeSock;
    case PathUse::kOwn:
      return ((kAllOfAbi1 | kRefer) & ~kExecute) | kWriting;
  }
  return 0;
}

// What a later ABI closes.
struct Step {
  int abi;
  RuleSet adds;
  const char* gap;
};

constexpr std::array<Step, 6> kSteps = {{
    {2, {kRefer, 0, 0}, ""},  // before, renaming to another folder is always refused
    {3, {kTruncate, 0, 0}, "truncate(2) of any file (closed by Linux 6.2)"},
    {4, {0, kBindTcp | kConnectTcp, 0}, "TCP (closed by Linux 6.7)"},
    {5, {kIoctlDev, 0, 0}, "ioctl(2) on devices that may only be read (closed by Linux 6.10)"},
    {6,
     {0, 0, kScopeAbstractSockets | kScopeSignals},
     "abstract UNIX sockets and signals to other processes (closed by Linux 6.12)"},
    {9, {kResolveUnix, 0, 0}, "connecting to any UNIX socket (closed by Linux 7.1)"},
}};

constexpr const char* kNeverCovered =
    "UDP and other sockets, stat(2), chmod(2) and the like on any path, and what is open already";

// What an ABI knows of the rights.
RuleSet known_to(int abi) {
  RuleSet known = {kAllOfAbi1, 0, 0};
  for (const Step& step : kSteps) {
    if (step.abi > abi) continue;
    known.paths |= step.adds.paths;
    known.tcp |= step.adds.tcp;
    known.scoped |= step.adds.scoped;
  }
  return known;
}

// What is not handled at all is free. A rule for each port would say the same.
RuleSet handled_by(const WallPlan& plan, int abi) {
  RuleSet handled = known_to(abi);
  if (plan.tcp_bind) handled.tcp &= ~kBindTcp;
  if (plan.tcp_connect) handled.tcp &= ~kConnectTcp;
  if (plan.abstract_sockets) handled.scoped &= ~kScopeAbstractSockets;
  if (plan.signals) handled.scoped &= ~kScopeSignals;
  return handled;
}

// A gap that the plan wants open is none.
bool is_wanted(const Step& step, const WallPlan& plan) {
  if (step.adds.tcp != 0) return plan.tcp_bind && plan.tcp_connect;
  return step.adds.scoped != 0 && plan.abstract_sockets && plan.signals;
}

std::vector<std::string> gaps_of(const WallPlan& plan, int abi) {
  std::vector<std::string> gaps;
  for (const Step& step : kSteps) {
    if (step.abi > abi && *step.gap != 0 && !is_wanted(step, plan)) gaps.emplace_back(step.gap);
  }
  gaps.emplace_back(kNeverCovered);
  return gaps;
}

Error no_landlock(int error) {
  std::string reason;
  switch (error) {
    case ENOSYS:
      reason = "it is older than Linux 5.13 or built without CONFIG_SECURITY_LANDLOCK";
      break;
    case EOPNOTSUPP:
      reason = "it is switched off; add landlock to lsm= on the kernel's command line";
      break;
    case EPERM:
    case EACCES:
      reason = "a filter that is in force denies it";
      break;
    default:
      reason = strerror(error);
  }
  return {ErrorCode::kKernel,
          "this kernel has no Landlock: " + reason + "; there can be no wall here", error};
}

Error refused(const std::string& what, int error) {
  return {ErrorCode::kKernel,
          "the kernel refused " + what + ": " + strerror(error) + "; no wall is up", error};
}

Error not_put_up(int error) {
  constexpr const char* kAfter = "; no wall is up, and no_new_privs is set";
  if (error == E2BIG) {
    return {ErrorCode::kKernel,
            std::string("this process is behind as many Landlock walls as the kernel takes; "
                        "start it from a program with fewer") +
                kAfter,
            error};
  }
  if (error == EPERM) {
    return {ErrorCode::kKernel,
            std::string("the kernel refused the Landlock wall: a filter that is in force denies "
                        "it; start without that filter") +
                kAfter,
            error};
  }
  return {ErrorCode::kKernel,
          std::string("the kernel refused the Landlock wall: ") + strerror(error) + kAfter, error};
}

// Landlock of this ABI would leave other threads outside.
Status check_alone(int abi) {
  const std::string found = threads_beside_this();
  if (found.empty()) return Done{};
  return Error{ErrorCode::kThread,
               "Landlock of ABI " + std::to_string(abi) + " is for one thread, and " + found +
                   ", so no wall is up; put it up before threads are started, or on Linux 7.0 "
                   "(ABI 8), which takes all threads at once"};
}

Error not_opened(const WallPath& path, int error) {
  return {ErrorCode::kUsage,
          "the wall cannot let '" + path.path + "' through: " + strerror(error) +
              "; name a path that is there",
          error};
}

}  // namespace

Result<int> landlock_abi(Kernel& kernel) {
  const int abi = kernel.landlock_create_ruleset(nullptr, 0, kAskVersion);
  if (abi < 0) return no_landlock(-abi);
  return abi;
}

Result<Wall> Wall::prepare(Kernel& kernel, const WallPlan& plan) {
  const Result<int> abi = landlock_abi(kernel);
  if (!abi) return abi.error();
  Wall wall(kernel, *abi);
  const RuleSet handled = handled_by(plan, *abi);
  const int rules = kernel.landlock_create_ruleset(&handled, sizeof handled, 0);
  if (rules < 0) return refused("a Landlock rule set", -rules);
  wall.rules_ = OwnedFd(rules);
  for (const WallPath& path : plan.paths) {
    if (Status added = wall.add(path); !added) return added.error();
  }
  wall.gaps_ = gaps_of(plan, *abi);
  return wall;
}

Status Wall::add(const WallPath& path) {
  const OwnedFd opened(open(path.path.c_str(), O_PATH | O_CLOEXEC));
  if (opened.get() < 0) {
    // Otherwise QEMU could not open it either.
    const bool lacking = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
    return path.optional && !lacking ? Status(Done{}) : not_opened(path, errno);
  }
  struct stat file = {};
  if (fstat(opened.get(), &file) != 0) return not_opened(path, errno);
  const uint64_t possible = S_ISDIR(file.st_mode) ? ~uint64_t{0} : kOfFiles;
  const PathRule rule = {rights_of(path.use) & possible & known_to(abi_).paths, opened.get()};
  if (rule.allowed == 0) return not_opened(path, ENOTDIR);
  const int result = kernel_->landlock_add_rule(rules_.get(), kRulePathBeneath, &rule);
  // A pipe, socket or memory file behind /proc/self/fd: Landlock lets these through by itself.
  if (result < 0 && result != -EBADFD) return refused("the rule for '" + path.path + "'", -result);
  return Done{};
}

Status Wall::put_up() {
  const bool all_threads = abi_ >= kFirstWithAllThreads;
  if (!all_threads) {
    if (Status alone = check_alone(abi_); !alone) return alone;
  }
  if (const int result = kernel_->set_no_new_privs(); result < 0) {
    return refused("no_new_privs", -result);
  }
  const int result = kernel_->landlock_restrict_self(rules_.get(), all_threads ? kAllThreads : 0);
  if (result < 0) return not_put_up(-result);
  rules_ = OwnedFd();
  return Done{};
}

}  // namespace qsbx
