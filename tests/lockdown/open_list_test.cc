// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/open_list.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "tests/lockdown/broker_folder.h"

namespace qsbx {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OpenListTest : public ::testing::Test {
 protected:
  OpenListTest() {
    for (const std::string& text : {folder_.of("file"), folder_.of("in/"), folder_.of("new:rw")}) {
      EXPECT_TRUE(list_.add(text).ok()) << text;
    }
  }

  std::string read(const std::string& path, uint64_t flags = O_RDONLY) const {
    const Opened opened = list_.open({path, flags, 0600});
    if (opened.descriptor >= 0) return content(opened.descriptor);
    return opened.refused.empty() ? strerrorname_np(opened.error) : "refused: " + opened.refused;
  }

  BrokerFolder folder_;
  OpenList list_;
};

TEST_F(OpenListTest, OpensWhatItNames) {
  EXPECT_EQ(read(folder_.of("file")), "file");
  EXPECT_EQ(read(folder_.of("in/file")), "in/file");
  EXPECT_EQ(read(folder_.of("in/sub/deep")), "in/sub/deep");
  EXPECT_EQ(read("//" + folder_.path() + "/./in//sub/./deep"), "in/sub/deep");
}

TEST_F(OpenListTest, RefusesWhatItDoesNotName) {
  const std::string not_named = "refused: no --open names it";
  EXPECT_EQ(read(folder_.of("secret")), not_named);
  EXPECT_EQ(read(folder_.of("into/file")), not_named);
  EXPECT_EQ(read(folder_.of("in")), not_named);
  EXPECT_EQ(read(folder_.of("file/")), "file");  // as it is spelt, it can be no other
  EXPECT_EQ(read(folder_.of("file/more")), not_named);
  EXPECT_EQ(read("/etc/passwd"), not_named);
}

TEST_F(OpenListTest, RefusesPathsThatGoUpOrBeginElsewhere) {
  for (const std::string& path : {folder_.of("in/../secret"), folder_.of("in/sub/.."),
                                  std::string("in/file"), std::string("..")}) {
    EXPECT_THAT(read(path), HasSubstr("goes up")) << path;
  }
}

TEST_F(OpenListTest, FollowsNoLinkBelowAFolder) {
  EXPECT_THAT(read(folder_.of("in/link")), HasSubstr("symbolic link"));
  EXPECT_THAT(read(folder_.of("in/out/secret")), HasSubstr("symbolic link"));
}

TEST_F(OpenListTest, FollowsNoLinkThatComesLater) {
  std::filesystem::remove(folder_.of("file"));
  std::filesystem::create_symlink("secret", folder_.of("file"));
  EXPECT_THAT(read(folder_.of("file")), HasSubstr("symbolic link"));
  std::filesystem::create_symlink("secret", folder_.of("new"));
  EXPECT_THAT(read(folder_.of("new"), O_WRONLY | O_CREAT | O_TRUNC), HasSubstr("symbolic link"));
  EXPECT_EQ(std::filesystem::file_size(folder_.of("secret")), 6u);
}

TEST_F(OpenListTest, ALinkThatIsNamedIsFollowedOnceAtTheStart) {
  OpenList list;
  std::filesystem::create_symlink("in", folder_.of("alias"));
  ASSERT_TRUE(list.add(folder_.of("in/link")).ok());
  ASSERT_TRUE(list.add(folder_.of("alias/")).ok());
  std::filesystem::remove(folder_.of("in/link"));
  std::filesystem::create_symlink("../file", folder_.of("in/link"));
  const Opened opened = list.open({folder_.of("in/link"), O_RDONLY});
  ASSERT_GE(opened.descriptor, 0) << opened.refused;
  EXPECT_EQ(content(opened.descriptor), "secret");
  const Opened by_alias = list.open({folder_.of("alias/file"), O_RDONLY});
  ASSERT_GE(by_alias.descriptor, 0) << by_alias.refused;
  EXPECT_EQ(content(by_alias.descriptor), "in/file");
}

TEST_F(OpenListTest, WritesOnlyWhereItSaysSo) {
  for (const uint64_t flags : {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_RDONLY | O_CREAT,
                               O_RDONLY | O_APPEND, O_RDONLY | O_EXCL}) {
    EXPECT_THAT(read(folder_.of("in/file"), flags), HasSubstr("add :rw")) << flags;
    EXPECT_THAT(read(folder_.of("file"), flags), HasSubstr("add :rw")) << flags;
  }
  EXPECT_EQ(read(folder_.of("file")), "file");
  EXPECT_EQ(read(folder_.of("new"), O_RDWR), "ENOENT");
  EXPECT_EQ(read(folder_.of("new"), O_RDWR | O_CREAT | O_EXCL), "");
  EXPECT_EQ(read(folder_.of("new"), O_RDWR | O_CREAT | O_EXCL), "EEXIST");
  struct stat status = {};
  ASSERT_EQ(stat(folder_.of("new").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST_F(OpenListTest, GivesNoSpecialModeBits) {
  const Opened opened = list_.open({folder_.of("new"), O_WRONLY | O_CREAT, 06700});
  ASSERT_GE(opened.descriptor, 0);
  struct stat status = {};
  EXPECT_EQ(fstat(opened.descriptor, &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  close(opened.descriptor);
}

// 3 is neither reading nor writing: such a descriptor takes ioctls.
TEST_F(OpenListTest, RefusesFlagsThatChangeWhatAnOpenIs) {
  for (const uint64_t flags :
       {uint64_t{O_PATH}, uint64_t{O_TMPFILE | O_RDWR}, uint64_t{O_DIRECTORY}, uint64_t{O_ASYNC},
        uint64_t{3}, uint64_t{1} << 40}) {
    EXPECT_THAT(read(folder_.of("in/file"), flags), HasSubstr("these flags")) << flags;
  }
}

TEST_F(OpenListTest, OpensNeitherFoldersNorPipesAndWaitsForNobody) {
  EXPECT_THAT(read(folder_.of("in/sub")), HasSubstr("neither a file nor a device"));
  EXPECT_THAT(read(folder_.of("in/pipe")), HasSubstr("neither a file nor a device"));
}

TEST_F(OpenListTest, KeepsToTheFlagsOfTheCaller) {
  const Opened plain = list_.open({folder_.of("file"), O_RDONLY});
  const Opened without_waiting = list_.open({folder_.of("file"), O_RDONLY | O_NONBLOCK});
  EXPECT_EQ(fcntl(plain.descriptor, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(fcntl(without_waiting.descriptor, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  EXPECT_EQ(fcntl(plain.descriptor, F_GETFD), FD_CLOEXEC);
  close(plain.descriptor);
  close(without_waiting.descriptor);
}

TEST_F(OpenListTest, AnotherMountBelowAFolderIsNotTheFolders) {
  struct stat folder = {};
  struct stat mount = {};
  if (stat("/dev", &folder) != 0 || stat("/dev/pts/ptmx", &mount) != 0 ||
      folder.st_dev == mount.st_dev) {
    GTEST_SKIP() << "/dev/pts is no mount of its own here";
  }
  OpenList list;
  ASSERT_TRUE(list.add("/dev/").ok());
  EXPECT_THAT(list.open({"/dev/pts/ptmx", O_RDONLY}).refused, HasSubstr("another file system"));
  ASSERT_TRUE(list.add("/dev/pts/ptmx").ok());
  EXPECT_EQ(list.open({"/dev/pts/ptmx", O_RDONLY}).refused, "");
}

// A folder on the way is swapped with a link to where the secret is, as fast as can be.
TEST_F(OpenListTest, NoRaceLeadsOut) {
  std::filesystem::create_directory(folder_.of("elsewhere"));
  std::ofstream(folder_.of("elsewhere/deep")) << "secret";
  std::filesystem::create_symlink("../elsewhere", folder_.of("in/swap"));
  const std::string sub = folder_.of("in/sub");
  const std::string swap = folder_.of("in/swap");
  std::atomic<bool> over = false;
  std::thread racer([&] {
    while (!over) renameat2(AT_FDCWD, sub.c_str(), AT_FDCWD, swap.c_str(), RENAME_EXCHANGE);
  });
  int opened = 0;
  int refused = 0;
  for (int i = 0; i < 200000 && (opened < 1000 || refused < 1000); ++i) {
    const std::string text = read(folder_.of("in/sub/deep"));
    ASSERT_NE(text, "secret");
    (text == "in/sub/deep" ? opened : refused)++;
  }
  over = true;
  racer.join();
  EXPECT_GT(opened, 0);
  EXPECT_GT(refused, 0);
}

std::string complaint(const std::string& text) {
  OpenList list;
  auto added = list.add(text);
  return added ? "" : added.error().message;
}

TEST_F(OpenListTest, SaysWhatIsWrongAtTheStart) {
  EXPECT_THAT(complaint(""), HasSubstr("needs a path"));
  EXPECT_THAT(complaint(":rw"), HasSubstr("needs a path"));
  EXPECT_THAT(complaint(folder_.of("in")), HasSubstr("write " + folder_.of("in") + "/ for"));
  EXPECT_THAT(complaint(folder_.of("file/")),
              HasSubstr("is no folder that can be found: Not a dir"));
  EXPECT_THAT(complaint(folder_.of("none/")), HasSubstr("No such file"));
  EXPECT_THAT(complaint(folder_.of("none/file")), HasSubstr("folder of"));
  EXPECT_THAT(complaint("/"), HasSubstr("every file of this machine"));
  EXPECT_THAT(complaint("/proc/self/mem:rw"), HasSubstr("in /proc"));
  EXPECT_THAT(complaint("/proc/"), HasSubstr("in /proc"));
  std::filesystem::create_symlink("nowhere", folder_.of("dangling"));
  EXPECT_THAT(complaint(folder_.of("dangling")), HasSubstr("symbolic link to a file that is not"));
  EXPECT_THAT(complaint(folder_.of("not-there-yet:rw")), IsEmpty());
}

TEST_F(OpenListTest, TakesPathsRelativeToTheCurrentFolderAndWithColons) {
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  folder_.write("a:b");
  OpenList list;
  EXPECT_TRUE(list.add("file").ok());
  EXPECT_TRUE(list.add("in/").ok());
  EXPECT_TRUE(list.add("a:b:ro").ok());
  std::filesystem::current_path(before);
  for (const char* name : {"file", "in/file", "a:b"}) {
    const Opened opened = list.open({folder_.of(name), O_RDONLY});
    EXPECT_EQ(content(opened.descriptor), name) << opened.refused;
  }
}

}  // namespace
}  // namespace qsbx
