// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Rules that are bound to the descriptors of a locked process, on the running kernel.
#include "src/lockdown/binding.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/descriptor_state.h"
#include "tests/lockdown/child.h"
#include "tests/lockdown/test_profiles.h"

namespace qsbx {
namespace {

constexpr int kLockdownFailed = 99;
constexpr int kAsExpected = 42;

constexpr char kNetwork[] = R"(
profile tap
applies to netdev tap
include base/process

ioctl: fd in fds(tap) && cmd == TUNGETFEATURES
{ dup2, dup3, close_range, openat }: 1
)";

constexpr char kMachine[] = R"(
profile kvm
applies to accelerator kvm
include base/process

ioctl: fd in fds(kvm) && cmd == KVM_CHECK_EXTENSION
ioctl: fd in fds(kvm-vm) && cmd == KVM_CHECK_EXTENSION
ioctl: fd in fds(kvm-vcpu) && cmd == KVM_KVMCLOCK_CTRL
{ dup2, openat }: 1
)";

// Too little for reading /proc, as the check of it has it.
constexpr char kBoot[] = R"(
profile boot
phase boot
all except { lseek }: 1
)";

constexpr char kHotplug[] = R"(
profile hotplug-net
applies to feature hotplug-net
changes fds(tap)
)";

Sandbox sandbox_with(Mode mode, const std::string& kind, const std::string& part) {
  std::map<std::string, std::string> profiles = test_profiles();
  profiles["backend/tap.profile"] = kNetwork;
  profiles["accel/kvm.profile"] = kMachine;
  profiles["feature/hotplug-net.profile"] = kHotplug;
  profiles["boot.profile"] = kBoot;
  Sandbox sandbox = sandbox_of(profiles, mode);
  if (!sandbox.add_part(kind, part)) abort();
  return sandbox;
}

int open_tap() { return open("/dev/net/tun", O_RDWR | O_CLOEXEC); }

bool answers(int tap) {
  unsigned features = 0;
  return ioctl(tap, TUNGETFEATURES, &features) == 0;
}

bool has_taps() {
  const int tap = open_tap();
  if (tap < 0) return false;
  close(tap);
  return true;
}

// Locks a process with one tap down, then does `then` with it.
ChildEnd with_tap(Mode mode, const std::function<int(int)>& then, const std::string& feature = "") {
  return run_in_child([&] {
    const int tap = open_tap();
    Sandbox sandbox = sandbox_with(mode, "netdev", "tap");
    if (!feature.empty() && !sandbox.allow_feature(feature)) return kLockdownFailed;
    if (auto status = sandbox.lockdown(); !status) {
      fprintf(stderr, "%s\n", status.error().to_string().c_str());
      return kLockdownFailed;
    }
    return then(tap);
  });
}

class BoundTap : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_taps()) GTEST_SKIP() << "no /dev/net/tun";
  }
};

TEST_F(BoundTap, GoesOnToAnswer) {
  const ChildEnd end =
      with_tap(Mode::kEnforce, [](int tap) { return answers(tap) ? kAsExpected : 1; });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.errors;
  EXPECT_EQ(end.errors, "");
}

TEST_F(BoundTap, AnotherTapThatCameLaterIsNotMeant) {
  const ChildEnd end = with_tap(Mode::kEnforce, [](int) { return answers(open_tap()) ? 1 : 2; });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.errors;
  EXPECT_EQ(
      end.count("the descriptor is another one: backend/tap.profile:6 is for fds(tap), which is "),
      1)
      << end.errors;
}

TEST_F(BoundTap, IsNotReplaced) {
  for (const int flags : {-1, 0, O_CLOEXEC}) {
    const ChildEnd end = with_tap(Mode::kEnforce, [flags](int tap) {
      const int other = open_tap();
      return flags < 0 ? dup2(other, tap) : dup3(other, tap, flags);
    });
    EXPECT_TRUE(end.killed_by(SIGSYS)) << end.errors;
    EXPECT_EQ(
        end.count("rules are bound to descriptors that can neither be closed nor replaced: tap "),
        1)
        << end.errors;
  }
}

TEST_F(BoundTap, IsNotReplacedByAThreadOfModeErrno) {
  const ChildEnd end = with_tap(Mode::kErrno, [](int tap) {
    const bool refused = dup2(STDERR_FILENO, tap) == -1 && errno == EPERM;
    return refused && answers(tap) ? kAsExpected : 1;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.errors;
  EXPECT_EQ(end.count("qsbx: violation (errno)"), 1) << end.errors;
}

TEST_F(BoundTap, IsNotClosedAndNothingIsSaid) {
  const ChildEnd end = with_tap(Mode::kEnforce, [](int tap) {
    const bool refused = close(tap) == -1 && errno == EPERM;
    return refused && answers(tap) && open_tap() != tap ? kAsExpected : 1;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.errors;
  EXPECT_EQ(end.errors, "");
}

TEST_F(BoundTap, IsNotClosedWithARange) {
  const ChildEnd end = with_tap(Mode::kEnforce, [](int tap) {
    return static_cast<int>(syscall(SYS_close_range, tap - 1, tap + 1, 0));
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.errors;
}

TEST_F(BoundTap, OthersAreClosedAsBefore) {
  const ChildEnd end = with_tap(Mode::kEnforce, [](int tap) {
    const int other = dup2(tap, tap + 1);
    return other == tap + 1 && close(other) == 0 ? kAsExpected : 1;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.errors;
}

TEST_F(BoundTap, IsUnboundWhereTapsComeAndGo) {
  const ChildEnd end = with_tap(
      Mode::kEnforce,
      [](int tap) { return close(tap) == 0 && answers(open_tap()) ? kAsExpected : 1; },
      "hotplug-net");
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.errors;
  EXPECT_EQ(end.errors, "");
}

TEST_F(BoundTap, IsTheOneThatIsThereAtLockdown) {
  const ChildEnd end = run_in_child([] {
    const int first = open_tap();
    Sandbox sandbox = sandbox_with(Mode::kEnforce, "netdev", "tap");
    if (!sandbox.prepare()) return kLockdownFailed;
    const std::string before = sandbox.describe();
    const int second = open_tap();
    close(first);
    if (!sandbox.lockdown()) return kLockdownFailed;
    const bool bound = sandbox.bound() == Descriptors{{DescriptorKind::kTap, {second}}};
    const bool said =
        sandbox.describe().ends_with("; bound to descriptors: tap " + std::to_string(second));
    return bound && said && sandbox.describe() != before && answers(second) ? kAsExpected : 1;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.errors;
}

TEST(Binding, AKindThatIsNotFoundStaysUnboundAndIsNamed) {
  const ChildEnd end = run_in_child([] {
    Sandbox sandbox = sandbox_with(Mode::kEnforce, "netdev", "tap");
    if (!sandbox.lockdown()) return kLockdownFailed;
    // The rule lets the call through, to a descriptor that does not know it.
    return ioctl(STDERR_FILENO, TUNGETFEATURES, nullptr) == -1 && errno != EPERM ? kAsExpected : 1;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.errors;
  EXPECT_EQ(end.errors,
            "qsbx: warning: fds(tap) stays unbound: this process has no such descriptor; rules for "
            "it let any descriptor through, and it can be closed\n");
}

TEST_F(BoundTap, InModeAuditAViolationIsReportedAndRuns) {
  const ChildEnd end = with_tap(Mode::kAudit, [](int tap) {
    return answers(open_tap()) && close(tap) == 0 ? kAsExpected : 1;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.errors;
  EXPECT_EQ(end.count("qsbx: violation (audit)"), 1) << end.errors;
  EXPECT_EQ(end.count("the descriptor is another one"), 1) << end.errors;
}

TEST_F(BoundTap, IsUnboundWhereTheBootPolicyHidesProc) {
  const ChildEnd end = run_in_child([] {
    const int tap = open_tap();
    Sandbox sandbox = sandbox_with(Mode::kEnforce, "netdev", "tap");
    if (!sandbox.boot() || !sandbox.lockdown()) return kLockdownFailed;
    return answers(tap) && answers(open_tap()) ? kAsExpected : 1;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.errors;
  EXPECT_EQ(end.count("qsbx: warning: fds(tap) stays unbound: the boot policy does not let this "
                      "process read /proc; rules for it let any descriptor through"),
            1)
      << end.errors;
}

TEST(Binding, NothingIsLookedForThatNoRuleNames) {
  const ChildEnd end = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    return sandbox.lockdown().ok() && sandbox.bound().empty() ? kAsExpected : 1;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.errors;
  EXPECT_EQ(end.errors, "");
}

// A machine of the kernel's with one processor; nullopt where there is no /dev/kvm that makes one.
struct Machine {
  int kvm;
  int machine;
  int processor;
};

std::optional<Machine> make_machine() {
  const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  const int machine = ioctl(kvm, KVM_CREATE_VM, 0);
  if (machine < 0) return std::nullopt;
  return Machine{kvm, machine, ioctl(machine, KVM_CREATE_VCPU, 0)};
}

ChildEnd with_machine(const std::function<int(const Machine&)>& then) {
  return run_in_child([&] {
    const auto machine = make_machine();
    Sandbox sandbox = sandbox_with(Mode::kEnforce, "accelerator", "kvm");
    if (!machine || !sandbox.lockdown()) return kLockdownFailed;
    return then(*machine);
  });
}

class BoundMachine : public testing::Test {
 protected:
  void SetUp() override {
    const auto machine = make_machine();
    if (!machine) GTEST_SKIP() << "no /dev/kvm that makes virtual machines";
    for (const int one : {machine->processor, machine->machine, machine->kvm}) close(one);
  }
};

bool knows_extension(int descriptor) {
  return ioctl(descriptor, KVM_CHECK_EXTENSION, KVM_CAP_USER_MEMORY) == 1;
}

TEST_F(BoundMachine, EachKindTakesItsOwnCommands) {
  const ChildEnd end = with_machine([](const Machine& machine) {
    const bool answered = knows_extension(machine.kvm) && knows_extension(machine.machine);
    return answered ? kAsExpected : 1;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.errors;
  EXPECT_EQ(end.errors, "");
  const ChildEnd other = with_machine(
      [](const Machine& machine) { return ioctl(machine.machine, KVM_KVMCLOCK_CTRL, 0); });
  EXPECT_TRUE(other.killed_by(SIGSYS)) << other.errors;
  EXPECT_EQ(other.count("is for fds(kvm-vcpu), which is "), 1) << other.errors;
}

TEST_F(BoundMachine, ClosingIsAViolation) {
  const ChildEnd end =
      with_machine([](const Machine& machine) { return close(machine.processor); });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.errors;
  EXPECT_EQ(end.count("can neither be closed nor replaced: kvm "), 1) << end.errors;
}

TEST_F(BoundMachine, IsNotReplacedByAnotherMachine) {
  const ChildEnd end =
      with_machine([](const Machine& machine) { return dup2(machine.kvm, machine.machine); });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.errors;
}

TEST_F(BoundMachine, DescriptorsAreFoundByWhatTheyLeadTo) {
  const auto machine = make_machine();
  const int tap = open_tap();
  const auto found = descriptors_of(getpid());
  ASSERT_TRUE(machine && found.ok());
  EXPECT_EQ(found->at(DescriptorKind::kKvm), std::set<int>{machine->kvm});
  EXPECT_EQ(found->at(DescriptorKind::kKvmVm), std::set<int>{machine->machine});
  EXPECT_EQ(found->at(DescriptorKind::kKvmVcpu), std::set<int>{machine->processor});
  EXPECT_EQ(found->at(DescriptorKind::kKvmDevice), std::set<int>{});
  const std::set<int> taps = tap < 0 ? std::set<int>{} : std::set<int>{tap};
  EXPECT_EQ(found->at(DescriptorKind::kTap), taps);
  for (const int one : {machine->processor, machine->machine, machine->kvm, tap}) close(one);
}

TEST(Binding, OfAProcessThatIsNotThere) {
  const auto found = descriptors_of(1 << 30);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().message, "cannot read /proc/1073741824/fd: No such file or directory");
}

}  // namespace
}  // namespace qsbx
