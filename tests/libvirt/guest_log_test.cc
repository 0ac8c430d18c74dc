// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/guest_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace qsbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// As libvirt 9.0 writes it, with a value that has a quote and a line end in it.
constexpr char kStart[] = R"(2026-11-28 23:51:54.123+0000: starting up libvirt version: 9.0.0
LC_ALL=C \
PATH=/usr/bin \
/usr/local/bin/qemu-system-x86_64-qsbx \
-name guest=one,debug-threads=on \
-S \
-object '{"qom-type":"secret","id":"masterKey0"}' \
-append 'it'\''s
two lines' \
-msg timestamp=on
char device redirected to /dev/pts/1 (label charserial0)
)";
constexpr char kKilled[] =
    "qsbx: violation (enforce): thread 7 \"CPU 0/TCG\": execve(filename=\"/bin/sh\") is not "
    "granted by "
    "x; no profile grants it\n";
constexpr char kRefused[] =
    "qsbx: violation (enforce, failed with EACCES): thread 7 \"a\": openat(dfd=AT_FDCWD) is not "
    "granted by x; no profile grants it\n";

std::string ended(const std::string& reason) {
  return "2026-11-28 23:59:01.001+0000: shutting down, reason=" + reason + "\n";
}

std::string call_that_ended(const std::string& text) {
  const GuestLog log = guest_log_from(text);
  return log.ended_by() == nullptr ? "" : log.ended_by()->call;
}

TEST(GuestLog, HasTheCommandOfTheLastStart) {
  const std::string older =
      "2026-11-27 01:02:03.456+0000: starting up libvirt version: 9.0.0\nLC_ALL=C \\\n/old/qemu\n";
  EXPECT_THAT(
      guest_log_from(older + ended("shutdown") + kStart).command,
      ElementsAre("/usr/local/bin/qemu-system-x86_64-qsbx", "-name", "guest=one,debug-threads=on",
                  "-S", "-object", R"({"qom-type":"secret","id":"masterKey0"})", "-append",
                  "it's\ntwo lines", "-msg", "timestamp=on"));
}

TEST(GuestLog, OfAGuestThatNeverStartedHasNoCommand) {
  EXPECT_THAT(guest_log_from("").command, IsEmpty());
  EXPECT_THAT(guest_log_from("something else\n").command, IsEmpty());
}

TEST(GuestLog, CutOffWithinQuotesHasNoCommand) {
  EXPECT_THAT(
      guest_log_from("2026-11-28 23:51:54.123+0000: starting up\nqemu \\\n-append 'it").command,
      IsEmpty());
}

TEST(GuestLog, CountsViolationsSinceTheLastStart) {
  const GuestLog log = guest_log_from(std::string(kStart) + kKilled + ended("crashed") + kStart +
                                      kRefused + kRefused);
  ASSERT_EQ(log.violations.size(), 2u);
  EXPECT_EQ(log.violations[0].call, "openat");
  EXPECT_FALSE(log.violations[0].ends);
  EXPECT_EQ(log.end, "");
}

TEST(GuestLog, TellsAViolationFromACrash) {
  EXPECT_EQ(call_that_ended(std::string(kStart) + kKilled + ended("crashed")), "execve");
  EXPECT_EQ(call_that_ended(std::string(kStart) + kKilled), "execve");
  EXPECT_EQ(call_that_ended(std::string(kStart) + kKilled + kRefused + ended("failed")), "execve");
  EXPECT_EQ(call_that_ended(std::string(kStart) + ended("crashed")), "");
  EXPECT_EQ(call_that_ended(std::string(kStart) + kRefused + ended("crashed")), "");
}

TEST(GuestLog, ThatSomebodyElseEndedNamesNoViolation) {
  EXPECT_EQ(call_that_ended(std::string(kStart) + kKilled + ended("destroyed")), "");
  EXPECT_EQ(call_that_ended(std::string(kStart) + kKilled + ended("shutdown")), "");
}

TEST(GuestLog, KnowsAViolationByItsLineOnly) {
  EXPECT_FALSE(violation_in("the guest says qsbx: violation (enforce): thread 7 \"a\": x()"));
  EXPECT_FALSE(violation_in("qsbx: enforce"));
  const auto counted =
      violation_in("qsbx: violation (errno): thread 7 \"a (b\": socket(1): 10 times by now");
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->call, "socket");
  EXPECT_FALSE(counted->ends);
}

TEST(GuestLog, ThatIsNotThereIsEmpty) {
  const auto log = read_guest_log("/nonexistent/guest.log");
  ASSERT_TRUE(log);
  EXPECT_THAT(log->command, IsEmpty());
}

}  // namespace
}  // namespace qsbx
