// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Real rings: what is said of them at lockdown, and whether it is true.
#include "src/lockdown/ring_report.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/lockdown/child.h"
#include "tests/lockdown/test_profiles.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

using testing::HasSubstr;

constexpr int kAsExpected = 42;

int make_ring(unsigned flags) {
  struct io_uring_params parameters = {};
  parameters.flags = flags;
  return static_cast<int>(syscall(SYS_io_uring_setup, 4, &parameters));
}

std::string why_no_ring() {
  const int ring = make_ring(0);
  if (ring < 0) return std::string("io_uring_setup: ") + strerror(errno);
  close(ring);
  return "";
}

#define SKIP_WITHOUT_RINGS() \
  if (const std::string why = why_no_ring(); !why.empty()) GTEST_SKIP() << why

Policy granting(std::initializer_list<int> numbers) {
  Policy policy(native_architecture());
  for (const int number : numbers) policy.grant(number, {Expression::always(), {"test", "t", 1}});
  return policy;
}

TEST(RingReport, IsEmptyWithoutARing) {
  EXPECT_EQ(ring_report({}, granting({SYS_io_uring_enter}), Mode::kEnforce), "");
  EXPECT_FALSE(rings_pass_filter({}, granting({SYS_io_uring_enter}), Mode::kEnforce));
}

TEST(RingReport, NamesTheDescriptorsAndWhatTheyLetThrough) {
  const IoUringState state = {{{5, false}, {7, false}}};
  const std::string text = ring_report(state, granting({SYS_io_uring_enter}), Mode::kEnforce);
  EXPECT_THAT(text, HasSubstr("qsbx: warning: this process has 2 io_uring rings, at descriptors 5 "
                              "and 7: what is submitted there is not seen by the filter"));
  EXPECT_THAT(text, HasSubstr("since the policy grants io_uring_enter"));
}

TEST(RingReport, WithoutTheCallARingIsHarmless) {
  const IoUringState state = {{{5, false}}};
  const std::string text = ring_report(state, granting({SYS_read}), Mode::kErrno);
  EXPECT_THAT(text, HasSubstr("qsbx: note: this process has 1 io_uring ring, at descriptor 5: "
                              "nothing can be submitted there any more"));
}

TEST(RingReport, APolledRingNeedsNoCall) {
  const IoUringState state = {{{5, true}}};
  EXPECT_TRUE(rings_pass_filter(state, granting({}), Mode::kEnforce));
  EXPECT_THAT(ring_report(state, granting({}), Mode::kEnforce),
              HasSubstr("descriptor 5 (polled): what is submitted"));
  const IoUringState no_descriptor = {{}, 1};
  EXPECT_THAT(ring_report(no_descriptor, granting({}), Mode::kEnforce),
              HasSubstr("an io_uring ring without a descriptor (polled)"));
}

TEST(RingReport, ModeAuditLetsRingsBeEntered) {
  EXPECT_THAT(ring_report({{{5, false}}}, granting({}), Mode::kAudit),
              HasSubstr("warning: this process has 1 io_uring ring"));
}

// The thread gives itself its name when it first runs, and that of a closed ring ends a moment
// later.
bool comes_to_have_polling_threads(int count) {
  for (int tries = 0; tries < 5000; ++tries) {
    const auto state = io_uring_of(getpid());
    if (state && state->polling_threads == count) return true;
    usleep(1000);
  }
  return false;
}

TEST(Rings, AreFoundInARunningProcess) {
  SKIP_WITHOUT_RINGS();
  const int plain = make_ring(0);
  const int polled = make_ring(IORING_SETUP_SQPOLL);
  ASSERT_GE(plain, 0);
  const auto state = io_uring_of(getpid());
  close(plain);
  ASSERT_TRUE(state.ok()) << state.error().message;
  ASSERT_EQ(state->rings.size(), polled < 0 ? 1U : 2U);
  EXPECT_EQ(state->rings[0].descriptor, plain);
  EXPECT_FALSE(state->rings[0].polled);
  if (polled < 0) GTEST_SKIP() << "no IORING_SETUP_SQPOLL here";
  EXPECT_TRUE(state->rings[1].polled);
  EXPECT_TRUE(comes_to_have_polling_threads(1));
  close(polled);
}

TEST(Rings, OfAProcessThatIsNotThereAreAnError) {
  const auto state = io_uring_of(0x3fffffff);
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.error().saved_errno, ENOENT);
  EXPECT_THAT(state.error().message, HasSubstr("cannot read /proc/1073741823/fd"));
}

ChildEnd lock_down_with_ring(unsigned flags, Mode mode) {
  return run_in_child([&] {
    if (make_ring(flags) < 0) return 1;
    Sandbox sandbox = test_sandbox(mode);
    const Status status = sandbox.lockdown();
    if (!status.ok() || !sandbox.rings()) return 2;
    return sandbox.rings()->rings.size() == 1 ? kAsExpected : 3;
  });
}

TEST(Lockdown, SaysWhichRingsAreThere) {
  SKIP_WITHOUT_RINGS();
  const ChildEnd end = lock_down_with_ring(0, Mode::kEnforce);
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.status << end.errors;
  EXPECT_EQ(end.count("qsbx: note: this process has 1 io_uring ring"), 1) << end.errors;
}

TEST(Lockdown, WarnsOfAPolledRing) {
  SKIP_WITHOUT_RINGS();
  const int polled = make_ring(IORING_SETUP_SQPOLL);
  if (polled < 0) GTEST_SKIP() << "no IORING_SETUP_SQPOLL here";
  close(polled);
  const ChildEnd end = lock_down_with_ring(IORING_SETUP_SQPOLL, Mode::kEnforce);
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.status << end.errors;
  EXPECT_EQ(end.count("qsbx: warning: this process has 1 io_uring ring"), 1) << end.errors;
}

TEST(Lockdown, LeavesNoWayToMakeARing) {
  SKIP_WITHOUT_RINGS();
  const ChildEnd refused = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kErrno);
    if (!sandbox.lockdown().ok()) return 1;
    return make_ring(0) == -1 && errno == EPERM ? kAsExpected : 2;
  });
  EXPECT_TRUE(refused.exited_with(kAsExpected)) << refused.status << refused.errors;
  EXPECT_EQ(refused.count("io_uring_setup"), 1) << refused.errors;
  const ChildEnd killed = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    if (!sandbox.lockdown().ok()) return 1;
    return make_ring(0);
  });
  EXPECT_TRUE(killed.killed_by(SIGSYS)) << killed.status << killed.errors;
}

// The shipped profiles, of a machine that has no aio=io_uring.
TEST(Lockdown, TheShippedBaseGrantsNoRing) {
  auto set = ProfileSet::read(in_source_tree("profiles/qemu"), native_architecture());
  ASSERT_TRUE(set.ok());
  Machine machine;
  machine.add("device", "virtio-blk-pci");
  const auto selection = select_profiles(machine, *set);
  ASSERT_TRUE(selection.ok());
  const auto policy = compose(*selection, {}, set->architecture());
  ASSERT_TRUE(policy.ok());
  for (const int number : {SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register}) {
    const Call call = {audit_architecture(policy->architecture()), number};
    EXPECT_NE(evaluate(*policy, call).verdict, Verdict::kAllow) << number;
  }
}

}  // namespace
}  // namespace qsbx
