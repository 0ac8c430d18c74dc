// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/profile/call_words.h"

namespace qsbx {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr Architecture kArchitecture = Architecture::kX86_64;

// Calls as `qsbx eval` takes them, without the name.
std::vector<std::string> conditions(const std::string& name,
                                    const std::vector<std::vector<std::string>>& calls) {
  std::set<TellingArguments> seen;
  for (const auto& words : calls) {
    const Result<Call> call = read_call(name, words, kArchitecture);
    EXPECT_TRUE(call) << call.error().message;
    seen.insert(telling_arguments_of(kArchitecture, call->number, call->arguments));
  }
  return conditions_of(*find_syscall(kArchitecture, name), kArchitecture, seen);
}

TEST(Conditions, WhereNothingTellsEverythingIsMeant) {
  EXPECT_THAT(conditions("close", {{"3"}, {"4"}}), ElementsAre("1"));
}

TEST(Conditions, ALengthIsAllOfAFileOrAny) {
  EXPECT_THAT(conditions("ftruncate", {{"3", "0"}}), ElementsAre("length == 0"));
  EXPECT_THAT(conditions("ftruncate", {{"3", "0"}, {"3", "512"}}), ElementsAre("1"));
  EXPECT_THAT(conditions("fadvise64", {{"3", "0", "0", "POSIX_FADV_DONTNEED"}}),
              ElementsAre("offset == 0 && len == 0 && advice == POSIX_FADV_DONTNEED"));
  EXPECT_THAT(conditions("fadvise64", {{"3", "512", "0", "POSIX_FADV_DONTNEED"}}),
              ElementsAre("len == 0 && advice == POSIX_FADV_DONTNEED"));
}

TEST(Conditions, CommandsAreASet) {
  EXPECT_THAT(conditions("ioctl", {{"3", "KVM_RUN"}}), ElementsAre("cmd == KVM_RUN"));
  EXPECT_THAT(conditions("ioctl", {{"3", "KVM_RUN"}, {"3", "KVM_NMI"}, {"4", "KVM_RUN"}}),
              ElementsAre("cmd in { KVM_RUN, KVM_NMI }"));
}

TEST(Conditions, AFlagThatWasSeenOnAndOffIsNotCompared) {
  EXPECT_THAT(conditions("eventfd2", {{"0", "EFD_CLOEXEC"}, {"0", "EFD_CLOEXEC|EFD_NONBLOCK"}}),
              ElementsAre("(flags & ~EFD_NONBLOCK) == EFD_CLOEXEC"));
  EXPECT_THAT(conditions("eventfd2", {{"0", "0"},
                                      {"0", "EFD_NONBLOCK"},
                                      {"0", "EFD_CLOEXEC"},
                                      {"0", "EFD_CLOEXEC|EFD_NONBLOCK"}}),
              ElementsAre("(flags & ~(EFD_NONBLOCK | EFD_CLOEXEC)) == 0"));
}

TEST(Conditions, FlagsThatWereNotSeenInAllCombinationsAreASet) {
  EXPECT_THAT(conditions("mprotect", {{"0", "0", "PROT_NONE"}, {"0", "0", "PROT_READ|PROT_WRITE"}}),
              ElementsAre("prot in { PROT_NONE, PROT_READ|PROT_WRITE }"));
}

TEST(Conditions, WhatAFieldHoldsIsASetBesideItsFlags) {
  EXPECT_THAT(conditions("openat", {{"AT_FDCWD", "0", "O_RDONLY"},
                                    {"AT_FDCWD", "0", "O_RDONLY|O_CLOEXEC"},
                                    {"AT_FDCWD", "0", "O_RDWR"},
                                    {"AT_FDCWD", "0", "O_RDWR|O_CLOEXEC"}}),
              ElementsAre("dfd == AT_FDCWD && (flags & ~O_CLOEXEC) in { O_RDONLY, O_RDWR }"));
}

TEST(Conditions, CombinationsThatWereNotSeenAreNotThere) {
  EXPECT_THAT(conditions("setsockopt", {{"3", "SOL_SOCKET", "SO_ERROR"},
                                        {"3", "SOL_SOCKET", "SO_TYPE"},
                                        {"3", "IPPROTO_TCP", "TCP_NODELAY"}}),
              UnorderedElementsAre("level == SOL_SOCKET && optname in { 3, 4 }",
                                   "level == IPPROTO_TCP && optname == 1"));
}

TEST(Conditions, AFolderIsTheCurrentOneOrADescriptor) {
  EXPECT_THAT(conditions("mkdirat", {{"7"}}), ElementsAre("dfd != AT_FDCWD"));
  EXPECT_THAT(conditions("mkdirat", {{"AT_FDCWD"}}), ElementsAre("dfd == AT_FDCWD"));
  EXPECT_THAT(conditions("mkdirat", {{"7"}, {"AT_FDCWD"}}), ElementsAre("1"));
}

}  // namespace
}  // namespace qsbx
