// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/profile_set.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace qsbx {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr Architecture kArchitecture = Architecture::kX86_64;

using Texts = std::map<std::string, std::string>;

std::string errors_of(const Texts& texts, const ParseLimits& limits = {}) {
  const auto set = ProfileSet::from_texts(texts, kArchitecture, limits);
  return set.ok() ? "" : set.error().to_string();
}

TEST(ProfileSet, FindsByNameAndByPath) {
  const auto set = ProfileSet::from_texts({{"device/net.profile", "profile virtio-net\n"},
                                           {"base/eventfd.profile", "profile eventfd\n"}},
                                          kArchitecture);
  ASSERT_TRUE(set.ok()) << set.error().to_string();
  ASSERT_EQ(set->profiles().size(), 2u);
  EXPECT_EQ(set->profiles()[0].file, "base/eventfd.profile");
  EXPECT_EQ(set->find("virtio-net"), &set->profiles()[1]);
  EXPECT_EQ(set->find("device/net"), &set->profiles()[1]);
  EXPECT_EQ(set->find("net"), nullptr);
  EXPECT_EQ(set->nearest_name("virtio-nat"), "virtio-net");
  EXPECT_EQ(set->nearest_name("base/evntfd"), "base/eventfd");
}

TEST(ProfileSet, FollowsIncludesOnce) {
  const auto set = ProfileSet::from_texts({{"a.profile", "profile a\ninclude b\ninclude c\n"},
                                           {"b.profile", "profile b\ninclude d\n"},
                                           {"c.profile", "profile c\ninclude d\n"},
                                           {"d.profile", "profile d\n"}},
                                          kArchitecture);
  ASSERT_TRUE(set.ok()) << set.error().to_string();
  std::string names;
  for (const Profile* profile : set->with_includes(*set->find("a"))) names += profile->name;
  EXPECT_EQ(names, "abcd");
  EXPECT_EQ(set->with_includes(*set->find("d")).size(), 1u);
}

TEST(ProfileSet, MissingInclude) {
  EXPECT_THAT(errors_of({{"a.profile", "profile a\n\ninclude base/evntfd\n"},
                         {"base/eventfd.profile", "profile eventfd\n"}}),
              HasSubstr("a.profile:3:9: error QSBX-161: there is no profile 'base/evntfd' (did you "
                        "mean base/eventfd?)"));
}

TEST(ProfileSet, IncludesInACircle) {
  EXPECT_THAT(
      errors_of({{"a.profile", "profile a\ninclude b\n"}, {"b.profile", "profile b\ninclude a\n"}}),
      HasSubstr("b.profile:2:9: error QSBX-162: a includes this file in its turn"));
  EXPECT_THAT(errors_of({{"a.profile", "profile a\ninclude a\n"}}),
              HasSubstr("a.profile:2:9: error QSBX-162"));
}

TEST(ProfileSet, IncludesTooDeep) {
  Texts texts;
  for (int i = 0; i < 5; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    const std::string next(1, static_cast<char>('b' + i));
    texts[name + ".profile"] = "profile " + name + (i < 4 ? "\ninclude " + next + "\n" : "\n");
  }
  EXPECT_EQ(errors_of(texts, {.include_depth = 4}), "");
  EXPECT_THAT(errors_of(texts, {.include_depth = 3}),
              HasSubstr("a.profile:2:9: error QSBX-106: more than 3 files"));
}

TEST(ProfileSet, TwoOfOneName) {
  EXPECT_THAT(errors_of({{"x/a.profile", "profile same\n"}, {"y/b.profile", "profile same\n"}}),
              HasSubstr("y/b.profile: error QSBX-160: the name 'same' is taken by x/a.profile"));
}

// Processes may be refused, as long as threads are granted.
TEST(ProfileSet, ElseOnCloneNeedsThreadsGrantedSomewhere) {
  Texts texts = {{"a.profile", "profile a\ninclude b\nclone: 0 else EPERM\n"},
                 {"b.profile", "profile b\nclone: clone_flags & CLONE_THREAD\n"}};
  EXPECT_EQ(errors_of(texts), "");
  texts["b.profile"] = "profile b\nclone: clone_flags & CLONE_VFORK\n";
  EXPECT_THAT(errors_of(texts), HasSubstr("a.profile:3:1: error QSBX-148"));
}

TEST(ProfileSet, ReportsWhatIsWrongInAllFiles) {
  const std::string errors =
      errors_of({{"a.profile", "profile a\nraed: 1\n"}, {"b.profile", "profile b\nwirte: 1\n"}});
  EXPECT_THAT(errors, HasSubstr("2 errors in the profiles"));
  EXPECT_THAT(errors, HasSubstr("a.profile:2:1: error QSBX-130"));
  EXPECT_THAT(errors, HasSubstr("b.profile:2:1: error QSBX-130"));
}

class ProfileFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "qsbx-profiles-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    write("base/a.profile", "profile a\nread: 1\n");
    write("device/b.profile", "profile b\ninclude base/a\n");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& below, const std::string& text) {
    fs::create_directories((folder_ / below).parent_path());
    std::ofstream(folder_ / below) << text;
  }

  Result<ProfileSet> read(const std::function<void()>& before_check = {}) {
    return ProfileSet::read(folder_, kArchitecture, limits_, before_check);
  }

  void expect_failure(const Result<ProfileSet>& set, const std::string& part) {
    ASSERT_FALSE(set.ok());
    EXPECT_EQ(set.error().code, ErrorCode::kProfileSet);
    EXPECT_THAT(set.error().message, HasSubstr(part));
  }

  void expect_noticed(const std::function<void()>& change) {
    expect_failure(read(change), "the profiles in " + folder_.string() +
                                     " changed while they were being read; try again when nothing "
                                     "writes to them");
    EXPECT_TRUE(read().ok());
  }

  fs::path folder_;
  ParseLimits limits_;
};

TEST_F(ProfileFolder, IsReadWithAllBelow) {
  write("README.md", "not a profile");
  write("base/.a.profile.swp", "not a profile");
  write("base/.hidden.profile", "not a profile");
  const auto set = read();
  ASSERT_TRUE(set.ok()) << set.error().to_string();
  EXPECT_EQ(set->directory(), folder_);
  ASSERT_EQ(set->profiles().size(), 2u);
  EXPECT_EQ(set->profiles()[0].rules.at(0).where.file, "base/a.profile");
  EXPECT_EQ(set->with_includes(*set->find("b")).size(), 2u);
}

TEST_F(ProfileFolder, LinksToFilesAreRead) {
  fs::rename(folder_ / "base/a.profile", folder_ / "kept-elsewhere");
  fs::create_symlink("../kept-elsewhere", folder_ / "base/a.profile");
  EXPECT_TRUE(read().ok());
  expect_noticed([&] { write("kept-elsewhere", "profile a\nread: 1\nwrite: 1\n"); });
}

TEST_F(ProfileFolder, LinksToFoldersAreNotFollowed) {
  fs::create_directory_symlink("..", folder_ / "base/up");
  EXPECT_TRUE(read().ok());
}

TEST_F(ProfileFolder, AChangeWhileReadingIsNoticed) {
  expect_noticed([&] { write("base/a.profile", "profile a\nread: 1\nwrite: 1\n"); });
  expect_noticed([&] { write("base/new.profile", "profile new\n"); });
  expect_noticed([&] { fs::remove(folder_ / "base/new.profile"); });
  expect_noticed([&] { fs::create_directory(folder_ / "another"); });
  expect_noticed([&] {
    write("aside", "profile a\nread: 0\n");
    fs::rename(folder_ / "aside", folder_ / "base/a.profile");
  });
}

TEST_F(ProfileFolder, ARewriteOfTheSameLengthWithItsOldTimeIsNoticed) {
  const fs::path file = folder_ / "base/a.profile";
  const auto time = fs::last_write_time(file);
  expect_noticed([&] {
    usleep(20'000);
    write("base/a.profile", "profile a\nread: 0\n");
    fs::last_write_time(file, time);
  });
}

TEST_F(ProfileFolder, OtherFilesMayChange) {
  EXPECT_TRUE(read([&] { write("base/notes.txt", "x"); }).ok());
}

TEST_F(ProfileFolder, MissingOrEmpty) {
  expect_failure(ProfileSet::read("/no/such/folder", kArchitecture),
                 "cannot read the profile folder /no/such/folder: No such file or directory");
  fs::remove_all(folder_ / "base");
  fs::remove_all(folder_ / "device");
  expect_failure(read(), "has no file that ends in .profile");
}

TEST_F(ProfileFolder, WhatIsNoFile) {
  ASSERT_EQ(mkfifo((folder_ / "pipe.profile").c_str(), 0600), 0);
  expect_failure(read(), "pipe.profile is no regular file");
  fs::remove(folder_ / "pipe.profile");
  fs::create_symlink("nowhere", folder_ / "dangling.profile");
  expect_failure(read(), "dangling.profile: No such file or directory");
}

TEST_F(ProfileFolder, Limits) {
  limits_.files = 3;
  expect_failure(read(), "has more than 3 files and folders");
  limits_ = {.folder_depth = 1};
  EXPECT_TRUE(read().ok());
  fs::create_directories(folder_ / "x/y");
  expect_failure(read(), "has more than 1 folders inside each other");
}

TEST_F(ProfileFolder, AFileThatIsTooLarge) {
  limits_.file_bytes = 100;
  write("base/a.profile", "profile a\n#" + std::string(10'000'000, 'x'));
  const auto set = read();
  ASSERT_FALSE(set.ok());
  EXPECT_EQ(set.error().code, ErrorCode::kProfile);
  EXPECT_THAT(set.error().to_string(), HasSubstr("base/a.profile: error QSBX-101"));
  EXPECT_THAT(set.error().message, HasSubstr("in the profiles of " + folder_.string()));
}

// In a child, because it takes all file descriptors away.
TEST_F(ProfileFolder, NoFileDescriptorLeft) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const struct rlimit none = {3, 3};
    setrlimit(RLIMIT_NOFILE, &none);
    const auto set = read();
    const bool right = !set.ok() && set.error().code == ErrorCode::kProfileSet &&
                       set.error().saved_errno == EMFILE &&
                       set.error().message.find(folder_) != std::string::npos &&
                       set.error().message.find("Too many open files") != std::string::npos;
    _exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(ProfileFolder, NoDescriptorIsLeftOpen) {
  const auto count = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = count();
  EXPECT_TRUE(read().ok());
  write("base/a.profile", "wrong\n");
  EXPECT_FALSE(read().ok());
  EXPECT_EQ(count(), before);
}

}  // namespace
}  // namespace qsbx
