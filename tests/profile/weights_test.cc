// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "src/profile/profile_set.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr Architecture kX86 = Architecture::kX86_64;
constexpr Architecture kArm = Architecture::kAarch64;
constexpr int kReadOfX86 = 0;
constexpr int kIoctlOfX86 = 16;
constexpr uint64_t kKvmRun = 0xae80;

std::vector<WeightedCall> weights(const std::string& text, Architecture architecture = kX86) {
  const auto parsed = parse_weights(text, "f", architecture);
  EXPECT_TRUE(parsed.ok()) << parsed.error().to_string();
  return parsed.ok() ? *parsed : std::vector<WeightedCall>();
}

std::string errors_of(const std::string& text, const ParseLimits& limits = {},
                      Architecture architecture = kX86) {
  const auto parsed = parse_weights(text, "f", architecture, limits);
  return parsed.ok() ? "" : parsed.error().to_string();
}

TEST(Weights, ReadsCallsByNameWithConstants) {
  const auto list = weights(
      "# a comment\n\n 1200 ioctl 0 KVM_RUN  # the guest runs\r\n7 read\n"
      "3 mmap 0 0 PROT_READ|PROT_WRITE 0x22\n");
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].call.number, kReadOfX86);
  EXPECT_EQ(list[0].count, 7u);
  EXPECT_EQ(list[0].call.audit_arch, audit_architecture(kX86));
  EXPECT_EQ(list[1].call.arguments[2], 3u);
  EXPECT_EQ(list[1].call.arguments[3], 0x22u);
  EXPECT_EQ(list[2].call.number, kIoctlOfX86);
  EXPECT_EQ(list[2].call.arguments[1], kKvmRun);
  EXPECT_EQ(list[2].count, 1200u);
}

TEST(Weights, EqualCallsAddUp) {
  const auto list = weights("5 ioctl 0 KVM_RUN\n6 ioctl 0 0xae80\n1 ioctl 1 KVM_RUN");
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].count, 11u);
}

TEST(Weights, WhatOnlyAnotherArchitectureHasIsLeftOut) {
  const std::string text = "1 open 0 O_RDONLY\n1 ioctl 0 KVM_GET_PIT2\n1 close 3\n";
  EXPECT_EQ(weights(text, kX86).size(), 3u);
  EXPECT_EQ(weights(text, kArm).size(), 1u);
}

TEST(Weights, MistakesAreSaidWithTheirPlace) {
  EXPECT_THAT(errors_of("1 read\nread 3\n"),
              HasSubstr("f:2:1: error QSBX-170: 'read' is no number of calls (begin the line with "
                        "a number from 1 to 1000000000000)"));
  EXPECT_THAT(errors_of("0 read\n"), HasSubstr("f:1:1: error QSBX-170: '0' is no number of calls"));
  EXPECT_THAT(errors_of("1000000000001 read\n"), HasSubstr("f:1:1: error QSBX-170"));
  EXPECT_THAT(errors_of("  12\n"),
              HasSubstr("f:1:5: error QSBX-113: expected the name of a system call"));
  EXPECT_THAT(errors_of("12 raed 1\n"),
              HasSubstr("f:1:4: error QSBX-130: there is no system call 'raed' (did you mean "
                        "read?)"));
  EXPECT_THAT(errors_of("12 0 1\n"), HasSubstr("f:1:4: error QSBX-130"));
  EXPECT_THAT(errors_of("1 close 1 2\n"),
              HasSubstr("f:1:11: error QSBX-171: close has 1 argument, and here is one more"));
  EXPECT_THAT(errors_of("1 ioctl 0 KVM_RUM\n"),
              HasSubstr("f:1:11: error QSBX-172: 'KVM_RUM' is neither a number nor a constant for "
                        "cmd of ioctl (did you mean 'KVM_RUN'?)"));
  EXPECT_THAT(errors_of("1 ioctl 0 KVM_RUN|\n"), HasSubstr("f:1:11: error QSBX-172: ''"));
}

TEST(Weights, ACallOfAnotherArchitectureIsCheckedToo) {
  EXPECT_THAT(errors_of("1 open 1 2 3 4\n", {}, kArm), HasSubstr("f:1:14: error QSBX-171"));
}

TEST(Weights, HaveLimits) {
  EXPECT_EQ(errors_of("1 read\n1 write\n", {.rules = 2}), "");
  EXPECT_THAT(errors_of("1 read\n\n1 write\n1 close\n", {.rules = 2}),
              HasSubstr("f:4:1: error QSBX-103: more than 2 weights in one file (leave out the "
                        "rarest)"));
  EXPECT_EQ(errors_of("1 read", {.file_bytes = 6}), "");
  EXPECT_THAT(errors_of("1 read\n", {.file_bytes = 6}),
              HasSubstr("f: error QSBX-101: the file has more than 6 bytes"));
  EXPECT_THAT(errors_of("x\nx\nx\nx\n", {.diagnostics = 2}),
              HasSubstr("f:3:1: error QSBX-105: more than 2 errors"));
}

class WeightsFolder : public ::testing::Test {
 protected:
  WeightsFolder() {
    char name[] = "/tmp/qsbx-weights.XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~WeightsFolder() override { fs::remove_all(folder_); }

  void write(const std::string& file, const std::string& text) {
    fs::create_directories(fs::path(folder_ + "/" + file).parent_path());
    std::ofstream(folder_ + "/" + file) << text;
  }

  std::string folder_;
};

TEST_F(WeightsFolder, AddsUpAllFiles) {
  write("weights/a.weights", "1 read\n2 ioctl 0 KVM_RUN\n");
  write("weights/b.weights", "40 read\n");
  write("weights/README", "no weights\n");
  const auto list = weights_of(folder_, kX86);
  ASSERT_TRUE(list.ok()) << list.error().to_string();
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ(list->front().count, 41u);
}

TEST_F(WeightsFolder, NeedNotBeThere) {
  const auto list = weights_of(folder_, kX86);
  ASSERT_TRUE(list.ok()) << list.error().to_string();
  EXPECT_TRUE(list->empty());
}

TEST_F(WeightsFolder, ThatCannotBeReadIsAnError) {
  write("weights", "a file\n");
  const auto list = weights_of(folder_, kX86);
  ASSERT_FALSE(list.ok());
  EXPECT_EQ(list.error().code, ErrorCode::kProfileSet);
  EXPECT_THAT(list.error().message,
              HasSubstr("cannot read the profile folder " + folder_ + "/weights: Not a directory"));
}

TEST_F(WeightsFolder, SaysWhatIsWrongInAllFiles) {
  write("weights/a.weights", "1 raed\n");
  write("weights/b.weights", "x read\n");
  const auto list = weights_of(folder_, kX86);
  ASSERT_FALSE(list.ok());
  EXPECT_EQ(list.error().code, ErrorCode::kProfile);
  const std::string text = list.error().to_string();
  EXPECT_THAT(text, HasSubstr("2 errors in the weights of " + folder_));
  EXPECT_THAT(text, HasSubstr("weights/a.weights:1:3: error QSBX-130"));
  EXPECT_THAT(text, HasSubstr("weights/b.weights:1:1: error QSBX-170"));
}

TEST_F(WeightsFolder, IsNoProfile) {
  write("a.profile", "profile a\nread: 1\n");
  write("weights/a.weights", "1 read\n");
  const auto set = ProfileSet::read(folder_, kX86);
  ASSERT_TRUE(set.ok()) << set.error().to_string();
  EXPECT_EQ(set->profiles().size(), 1u);
}

// What is shipped names calls and constants that exist.
TEST(ShippedWeights, AreRightOnBothArchitectures) {
  for (const Architecture architecture : {kX86, kArm}) {
    const auto list = weights_of(in_source_tree("profiles/qemu"), architecture);
    ASSERT_TRUE(list.ok()) << list.error().to_string();
    EXPECT_FALSE(list->empty());
  }
}

}  // namespace
}  // namespace qsbx
