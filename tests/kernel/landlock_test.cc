// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/landlock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "kernel/fake_kernel.h"
#include "tests/kernel/live_child.h"

namespace qsbx {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = FakeKernel::CallRecord::Kind;

// Landlock and no_new_privs of the running kernel, as a kernel of an earlier ABI has them.
class EarlierKernel : public FakeKernel {
 public:
  explicit EarlierKernel(int abi) : abi_(abi) {}
  int landlock_create_ruleset(const void* attributes, size_t size, unsigned flags) override {
    if (attributes == nullptr) return abi_;
    return running_kernel().landlock_create_ruleset(attributes, size, flags);
  }
  int landlock_add_rule(int ruleset, int type, const void* attributes) override {
    return running_kernel().landlock_add_rule(ruleset, type, attributes);
  }
  int landlock_restrict_self(int ruleset, unsigned flags) override {
    return running_kernel().landlock_restrict_self(ruleset, flags);
  }
  int set_no_new_privs() override { return running_kernel().set_no_new_privs(); }

 private:
  int abi_;
};

int abi_here() {
  const Result<int> abi = landlock_abi(running_kernel());
  return abi ? *abi : 0;
}

// Empty when the wall is up.
std::string put_up(const WallPlan& plan, Kernel& kernel = running_kernel()) {
  auto wall = Wall::prepare(kernel, plan);
  if (!wall) return wall.error().message;
  const Status up = wall->put_up();
  return up ? "" : up.error().message;
}

// 0 when the file can be opened so, else the errno.
int try_open(const fs::path& path, int flags) {
  const int file = open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  close(file);
  return 0;
}

std::string contents(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

// Checks of a child: the first that is wrong becomes its answer.
class Findings {
 public:
  void expect(const std::string& what, int wanted, int found) {
    if (wanted == found || !text_.empty()) return;
    text_ = what + ": " + strerror(found) + " instead of " + strerror(wanted);
  }
  std::string text() const { return text_; }

 private:
  std::string text_;
};

class LandlockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (abi_here() == 0) GTEST_SKIP() << landlock_abi(running_kernel()).error().message;
    char name[] = "/tmp/qsbx-wall-XXXXXX";
    folder_ = mkdtemp(name);
    for (const char* sub : {"in", "out", "read"}) {
      fs::create_directory(folder_ / sub);
      write_file(folder_ / sub / "file", sub);
    }
    fs::create_symlink(folder_ / "out/file", folder_ / "in/link");
    plan_.paths = {{(folder_ / "in").string(), PathUse::kReadWrite},
                   {(folder_ / "read").string(), PathUse::kRead}};
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  fs::path folder_;
  WallPlan plan_;
};

TEST_F(LandlockTest, OnlyWhatIsLetThroughCanBeOpened) {
  const std::string found = testing::in_child([&]() -> std::string {
    if (auto error = put_up(plan_); !error.empty()) return error;
    Findings findings;
    findings.expect("write inside", 0, try_open(folder_ / "in/file", O_RDWR | O_TRUNC));
    findings.expect("read inside", 0, try_open(folder_ / "read/file", O_RDONLY));
    findings.expect("write what is read", EACCES, try_open(folder_ / "read/file", O_WRONLY));
    findings.expect("create inside", EACCES, try_open(folder_ / "in/new", O_CREAT | O_WRONLY));
    findings.expect("outside", EACCES, try_open(folder_ / "out/file", O_RDONLY));
    findings.expect("by a link", EACCES, try_open(folder_ / "in/link", O_RDONLY));
    findings.expect("by ..", EACCES, try_open(folder_ / "in/../out/file", O_RDONLY));
    findings.expect("list", EACCES, try_open(folder_ / "out", O_RDONLY | O_DIRECTORY));
    findings.expect("unlink", EACCES, unlink((folder_ / "in/file").c_str()) == 0 ? 0 : errno);
    if (contents(folder_ / "read/file") != "read") return "what was read is something else";
    return findings.text();
  });
  EXPECT_EQ(found, "");
  EXPECT_EQ(contents(folder_ / "in/file"), "");  // was cut short, really
  EXPECT_EQ(contents(folder_ / "out/file"), "out");
}

TEST_F(LandlockTest, HoldsWithEveryEarlierAbi) {
  for (int abi = 1; abi <= std::min(abi_here(), 7); ++abi) {
    const std::string found = testing::in_child([&]() -> std::string {
      EarlierKernel kernel(abi);
      if (auto error = put_up(plan_, kernel); !error.empty()) return error;
      Findings findings;
      findings.expect("inside", 0, try_open(folder_ / "in/file", O_RDWR));
      findings.expect("outside", EACCES, try_open(folder_ / "out/file", O_RDONLY));
      const bool cut = truncate((folder_ / "read/file").c_str(), 4) == 0;
      findings.expect("truncate", abi < 3 ? 0 : EACCES, cut ? 0 : errno);
      return findings.text();
    });
    EXPECT_EQ(found, "") << "ABI " << abi;
  }
}

TEST_F(LandlockTest, AFolderOfItsOwnAndAFolderOfSockets) {
  plan_.paths = {{(folder_ / "in").string(), PathUse::kOwn},
                 {(folder_ / "read").string(), PathUse::kMakeSockets}};
  const std::string found = testing::in_child([&]() -> std::string {
    if (auto error = put_up(plan_); !error.empty()) return error;
    Findings findings;
    findings.expect("create", 0, try_open(folder_ / "in/new", O_CREAT | O_WRONLY));
    findings.expect("folder", 0, mkdir((folder_ / "in/sub").c_str(), 0700) == 0 ? 0 : errno);
    findings.expect("unlink", 0, unlink((folder_ / "in/file").c_str()) == 0 ? 0 : errno);
    findings.expect("create beside", EACCES, try_open(folder_ / "read/new", O_CREAT | O_WRONLY));
    struct sockaddr_un address = {AF_UNIX, {}};
    const std::string path = (folder_ / "read/socket").string();
    memcpy(address.sun_path, path.c_str(), path.size());
    const int server = socket(AF_UNIX, SOCK_STREAM, 0);
    const auto* plain = reinterpret_cast<struct sockaddr*>(&address);
    findings.expect("socket", 0, bind(server, plain, sizeof address) == 0 ? 0 : errno);
    findings.expect("unlink beside", EACCES, unlink(path.c_str()) == 0 ? 0 : errno);
    return findings.text();
  });
  EXPECT_EQ(found, "");
  EXPECT_TRUE(fs::is_socket(folder_ / "read/socket"));
  EXPECT_TRUE(fs::is_directory(folder_ / "in/sub"));
  EXPECT_FALSE(fs::exists(folder_ / "in/file"));
}

// errno of connecting to a port where somebody listens.
int try_connect(const struct sockaddr_in& address) {
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  const auto* plain = reinterpret_cast<const struct sockaddr*>(&address);
  const int error = connect(client, plain, sizeof address) == 0 ? 0 : errno;
  close(client);
  return error;
}

int try_bind() {
  struct sockaddr_in any = {};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  const int error = bind(server, reinterpret_cast<struct sockaddr*>(&any), sizeof any);
  const int saved = error == 0 ? 0 : errno;
  close(server);
  return saved;
}

struct sockaddr_in listen_somewhere(int server) {
  struct sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<struct sockaddr*>(&address);
  if (bind(server, plain, size) != 0 || listen(server, 4) != 0) _exit(9);
  if (getsockname(server, plain, &size) != 0) _exit(9);
  return address;
}

std::string tcp_behind(WallPlan plan, int bind_error, int connect_error) {
  return testing::in_child([&]() -> std::string {
    const auto address = listen_somewhere(socket(AF_INET, SOCK_STREAM, 0));
    if (try_connect(address) != 0) return "nobody listens";
    if (auto error = put_up(plan); !error.empty()) return error;
    Findings findings;
    findings.expect("connect", connect_error, try_connect(address));
    findings.expect("bind", bind_error, try_bind());
    return findings.text();
  });
}

TEST_F(LandlockTest, TcpIsRefusedUnlessItIsLetThrough) {
  if (abi_here() < 4) GTEST_SKIP() << "Landlock knows TCP since ABI 4, Linux 6.7";
  EXPECT_EQ(tcp_behind(plan_, EACCES, EACCES), "");
  plan_.tcp_connect = true;
  EXPECT_EQ(tcp_behind(plan_, EACCES, 0), "");
  plan_.tcp_bind = true;
  EXPECT_EQ(tcp_behind(plan_, 0, 0), "");
}

TEST_F(LandlockTest, DevicesThatAreReadGetNoIoctl) {
  if (abi_here() < 5) GTEST_SKIP() << "Landlock knows ioctl(2) since ABI 5, Linux 6.10";
  for (const PathUse use : {PathUse::kRead, PathUse::kReadDevice, PathUse::kReadWrite}) {
    plan_.paths = {{"/dev/null", use}};
    const std::string found = testing::in_child([&]() -> std::string {
      if (auto error = put_up(plan_); !error.empty()) return error;
      Findings findings;
      const int device = open("/dev/null", O_RDONLY);
      char unused[64];
      const int error = ioctl(device, TCGETS, unused) == 0 ? 0 : errno;
      findings.expect("ioctl", use == PathUse::kRead ? EACCES : ENOTTY, error);
      findings.expect("write", use == PathUse::kReadWrite ? 0 : EACCES,
                      try_open("/dev/null", O_WRONLY));
      return findings.text();
    });
    EXPECT_EQ(found, "");
  }
}

TEST_F(LandlockTest, SignalsStayBehindTheWall) {
  if (abi_here() < 6) GTEST_SKIP() << "Landlock knows signals since ABI 6, Linux 6.12";
  for (const bool free : {false, true}) {
    plan_.signals = free;
    const std::string found = testing::in_child([&]() -> std::string {
      if (auto error = put_up(plan_); !error.empty()) return error;
      Findings findings;
      findings.expect("kill", free ? 0 : EPERM, kill(getppid(), 0) == 0 ? 0 : errno);
      findings.expect("kill of its own", 0, kill(getpid(), 0) == 0 ? 0 : errno);
      return findings.text();
    });
    EXPECT_EQ(found, "");
  }
}

TEST_F(LandlockTest, AbstractSocketsOfOthersAreRefused) {
  if (abi_here() < 6) GTEST_SKIP() << "Landlock knows abstract sockets since ABI 6, Linux 6.12";
  struct sockaddr_un address = {AF_UNIX, {}};
  const std::string name = "qsbx-wall-" + std::to_string(getpid());
  memcpy(address.sun_path + 1, name.c_str(), name.size());
  const auto* plain = reinterpret_cast<struct sockaddr*>(&address);
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(server, plain, sizeof address), 0);
  ASSERT_EQ(listen(server, 4), 0);
  for (const bool free : {false, true}) {
    plan_.abstract_sockets = free;
    const std::string found = testing::in_child([&]() -> std::string {
      if (auto error = put_up(plan_); !error.empty()) return error;
      Findings findings;
      const int client = socket(AF_UNIX, SOCK_STREAM, 0);
      const bool connected = connect(client, plain, sizeof address) == 0;
      findings.expect("connect", free ? 0 : EPERM, connected ? 0 : errno);
      return findings.text();
    });
    EXPECT_EQ(found, "");
  }
  close(server);
}

TEST_F(LandlockTest, LaterThreadsAndProgramsAreBehindIt) {
  plan_.paths.push_back({"/usr", PathUse::kRun});
  for (const char* folder : {"/lib", "/lib64", "/bin"}) {
    plan_.paths.push_back({folder, PathUse::kRun, true});
  }
  const std::string found = testing::in_child([&]() -> std::string {
    if (auto error = put_up(plan_); !error.empty()) return error;
    Findings findings;
    std::thread([&] {
      findings.expect("thread", EACCES, try_open(folder_ / "out/file", O_RDONLY));
    }).join();
    const std::string inside =
        "test -r " + (folder_ / "in/file").string() + " && : < " + (folder_ / "in/file").string();
    findings.expect("program inside", 0, system(inside.c_str()));
    const std::string outside = "(: < " + (folder_ / "out/file").string() + ") 2>&1";
    if (system((outside + " | grep -q 'Permission denied'").c_str()) != 0) {
      return "a program that was started opens what is outside";
    }
    return findings.text();
  });
  EXPECT_EQ(found, "");
}

// Descriptors and memory of others, though /proc may be read.
TEST_F(LandlockTest, OtherProcessesAreNotLookedInto) {
  plan_.paths.push_back({"/proc", PathUse::kRead});
  const fs::path parent = "/proc/" + std::to_string(getpid());
  const std::string found = testing::in_child([&]() -> std::string {
    Findings findings;
    findings.expect("before", 0, try_open(parent / "cwd", O_RDONLY));
    if (auto error = put_up(plan_); !error.empty()) return error;
    findings.expect("descriptor of another", EACCES, try_open(parent / "fd/0", O_RDONLY));
    findings.expect("folder of another", EACCES, try_open(parent / "cwd", O_RDONLY));
    findings.expect("memory of another", EACCES, try_open(parent / "mem", O_RDONLY));
    findings.expect("its own environment", 0, try_open("/proc/self/environ", O_RDONLY));
    findings.expect("its memory, to write", EACCES, try_open("/proc/self/mem", O_RDWR));
    return findings.text();
  });
  EXPECT_EQ(found, "");
}

TEST_F(LandlockTest, ProgramsAreStartedOnlyWhereThatIsLetThrough) {
  plan_.paths.push_back({"/", PathUse::kRead});
  const std::string found = testing::in_child([&]() -> std::string {
    if (auto error = put_up(plan_); !error.empty()) return error;
    execl("/bin/true", "true", nullptr);
    Findings findings;
    findings.expect("exec", EACCES, errno);
    return findings.text();
  });
  EXPECT_EQ(found, "");
}

// Another thread is there when the wall is put up.
TEST_F(LandlockTest, NoThreadIsLeftOutside) {
  const std::string found = testing::in_child([&]() -> std::string {
    std::atomic<bool> ready = false;
    std::atomic<int> other = -1;
    std::thread thread([&] {
      ready.wait(false);
      other = try_open(folder_ / "out/file", O_RDONLY);
    });
    const std::string error = put_up(plan_);
    ready = true;
    ready.notify_all();
    thread.join();
    Findings findings;
    if (abi_here() >= 8) {
      findings.expect("other thread", EACCES, other);
      return error + findings.text();
    }
    findings.expect("other thread", 0, other);
    findings.expect("this thread", 0, try_open(folder_ / "out/file", O_RDONLY));
    return findings.text() + error;
  });
  if (abi_here() >= 8) {
    EXPECT_EQ(found, "");
  } else {
    EXPECT_THAT(found, HasSubstr("is for one thread, and this process has 2 threads, so no wall is "
                                 "up; put it up before threads are started"));
  }
}

// A ring with one entry, mapped; enough to submit one operation and see its result.
class OneRing {
 public:
  bool set_up() {
    fd_ = static_cast<int>(syscall(SYS_io_uring_setup, 1, &parameters_));
    if (fd_ < 0) return false;
    submissions_ = map(4096, IORING_OFF_SQ_RING);
    completions_ = map(4096, IORING_OFF_CQ_RING);
    entries_ = static_cast<struct io_uring_sqe*>(map(sizeof(struct io_uring_sqe), IORING_OFF_SQES));
    return submissions_ != MAP_FAILED && completions_ != MAP_FAILED && entries_ != MAP_FAILED;
  }
  int open_file(const char* path, int flags) {
    *entries_ = {};
    entries_->opcode = IORING_OP_OPENAT;
    entries_->fd = AT_FDCWD;
    entries_->addr = reinterpret_cast<uint64_t>(path);
    entries_->open_flags = flags;
    const unsigned tail = number(submissions_, parameters_.sq_off.tail)++;
    (&number(submissions_, parameters_.sq_off.array))[tail % 1] = 0;
    if (syscall(SYS_io_uring_enter, fd_, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0) != 1) return -1;
    const unsigned head = number(completions_, parameters_.cq_off.head)++;
    const auto* results = reinterpret_cast<struct io_uring_cqe*>(static_cast<char*>(completions_) +
                                                                 parameters_.cq_off.cqes);
    return results[head % parameters_.cq_entries].res;
  }

 private:
  void* map(size_t size, off_t offset) {
    return mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, offset);
  }
  static unsigned& number(void* ring, unsigned offset) {
    return *reinterpret_cast<unsigned*>(static_cast<char*>(ring) + offset);
  }

  struct io_uring_params parameters_ = {};
  int fd_ = -1;
  void* submissions_ = nullptr;
  void* completions_ = nullptr;
  struct io_uring_sqe* entries_ = nullptr;
};

// What a filter does not see.
TEST_F(LandlockTest, IoUringIsBehindItToo) {
  const std::string found = testing::in_child([&]() -> std::string {
    OneRing ring;
    if (!ring.set_up()) return "no ring";
    const std::string outside = (folder_ / "out/file").string();
    if (ring.open_file(outside.c_str(), O_RDONLY) < 0) return "the ring opens nothing at all";
    if (auto error = put_up(plan_); !error.empty()) return error;
    Findings findings;
    findings.expect("outside", EACCES, -ring.open_file(outside.c_str(), O_RDONLY));
    const std::string inside = (folder_ / "in/file").string();
    if (ring.open_file(inside.c_str(), O_RDWR) < 0) return "inside is refused";
    return findings.text();
  });
  if (found == "no ring") GTEST_SKIP() << "this kernel makes no io_uring ring";
  EXPECT_EQ(found, "");
}

TEST_F(LandlockTest, APathThatIsNotThere) {
  plan_.paths.push_back({(folder_ / "nowhere").string(), PathUse::kRead});
  auto wall = Wall::prepare(running_kernel(), plan_);
  ASSERT_FALSE(wall.ok());
  EXPECT_EQ(wall.error().code, ErrorCode::kUsage);
  EXPECT_EQ(wall.error().message, "the wall cannot let '" + (folder_ / "nowhere").string() +
                                      "' through: No such file or directory; name a path that is "
                                      "there");
  plan_.paths.back().optional = true;
  EXPECT_TRUE(Wall::prepare(running_kernel(), plan_).ok());
  plan_.paths.back() = {(folder_ / "in/file").string(), PathUse::kMakeSockets};
  wall = Wall::prepare(running_kernel(), plan_);
  ASSERT_FALSE(wall.ok());
  EXPECT_THAT(wall.error().message, HasSubstr("through: Not a directory"));
}

// Descriptors as /proc/self/fd has them, which are on no file system.
TEST_F(LandlockTest, APipeNeedsNoRule) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  plan_.paths.push_back({"/proc/self/fd/" + std::to_string(ends[0]), PathUse::kRead});
  EXPECT_TRUE(Wall::prepare(running_kernel(), plan_).ok());
  close(ends[0]);
  close(ends[1]);
}

TEST_F(LandlockTest, TooManyWalls) {
  plan_.paths.push_back({"/proc", PathUse::kRead});  // where threads are counted
  const std::string found = testing::in_child([&]() -> std::string {
    std::string error;
    for (int i = 0; i < 80 && error.empty(); ++i) error = put_up(plan_);
    return error;
  });
  EXPECT_THAT(found,
              HasSubstr("as the kernel takes; start it from a program with fewer; no wall is up"));
}

TEST(LandlockErrors, WithoutLandlock) {
  FakeKernel kernel;
  kernel.fail(1, -ENOSYS);
  EXPECT_EQ(landlock_abi(kernel).error().message,
            "this kernel has no Landlock: it is older than Linux 5.13 or built without "
            "CONFIG_SECURITY_LANDLOCK; there can be no wall here");
  FakeKernel off;
  off.fail(1, -EOPNOTSUPP);
  EXPECT_THAT(Wall::prepare(off, {}).error().message,
              HasSubstr("it is switched off; add landlock to lsm= on the kernel's command line"));
  FakeKernel denied;
  denied.fail(1, -EPERM);
  EXPECT_THAT(landlock_abi(denied).error().message, HasSubstr("a filter that is in force denies"));
}

WallPlan plan_of_two() {
  WallPlan plan;
  plan.paths = {{"/dev/null", PathUse::kReadWrite}, {"/usr", PathUse::kRead}};
  return plan;
}

// Calls: version, rule set, two rules, no_new_privs, restrict.
TEST(LandlockErrors, EachCallThatFailsLeavesNoWall) {
  constexpr int kCalls = 6;
  const char* const kNamed[kCalls] = {"no Landlock", "a Landlock rule set",  "'/dev/null'",
                                      "for '/usr'",  "refused no_new_privs", "the Landlock wall"};
  for (int nth = 1; nth <= kCalls; ++nth) {
    FakeKernel kernel;
    kernel.fail(nth, -EIO);
    auto wall = Wall::prepare(kernel, plan_of_two());
    const Status up = wall ? wall->put_up() : Status(wall.error());
    ASSERT_FALSE(up.ok()) << nth;
    EXPECT_EQ(up.error().code, ErrorCode::kKernel);
    EXPECT_EQ(up.error().saved_errno, EIO);
    EXPECT_THAT(up.error().message, HasSubstr(kNamed[nth - 1]));
    EXPECT_THAT(up.error().message, HasSubstr(nth == 1 ? "can be no wall" : "no wall is up"));
    EXPECT_FALSE(kernel.has_landlock_domain());
    EXPECT_EQ(kernel.no_new_privs(), nth == kCalls);
    EXPECT_EQ(up.error().message.ends_with("and no_new_privs is set"), nth == kCalls);
  }
  FakeKernel kernel;
  auto wall = Wall::prepare(kernel, plan_of_two());
  ASSERT_TRUE(wall.ok() && wall->put_up().ok());
  EXPECT_TRUE(kernel.has_landlock_domain());
  EXPECT_EQ(kernel.calls().size(), size_t{kCalls});
}

TEST(LandlockErrors, AFilterThatDeniesIt) {
  FakeKernel kernel;
  kernel.fail(6, -EPERM);
  auto wall = Wall::prepare(kernel, plan_of_two());
  EXPECT_THAT(wall->put_up().error().message, HasSubstr("a filter that is in force denies it"));
}

TEST(LandlockAbi, AllThreadsAtOnceSinceEight) {
  for (const int abi : {7, 8, 9}) {
    FakeKernel kernel;
    kernel.set_landlock_abi(abi);
    auto wall = Wall::prepare(kernel, plan_of_two());
    ASSERT_TRUE(wall.ok() && wall->put_up().ok());
    EXPECT_EQ(kernel.calls().back().flags, abi >= 8 ? 8u : 0u);
  }
}

// What a kernel is told to handle.
class AskedKernel : public FakeKernel {
 public:
  int landlock_create_ruleset(const void* attributes, size_t size, unsigned flags) override {
    if (attributes != nullptr) memcpy(asked, attributes, sizeof asked);
    return FakeKernel::landlock_create_ruleset(attributes, size, flags);
  }
  int landlock_add_rule(int ruleset, int type, const void* attributes) override {
    uint64_t allowed;
    memcpy(&allowed, attributes, sizeof allowed);
    EXPECT_EQ(allowed & ~asked[0], 0u) << "the kernel would refuse the rule";
    return FakeKernel::landlock_add_rule(ruleset, type, attributes);
  }

  uint64_t asked[3] = {};
};

TEST(LandlockAbi, AKernelIsAskedForAllThatItKnowsAndNoMore) {
  struct Known {
    int abi;
    uint64_t paths, tcp, scoped;
    const char* last_gap;
  };
  const Known kKnown[] = {
      {1, 0x1fff, 0, 0, "truncate(2) of any file"}, {2, 0x3fff, 0, 0, "truncate(2) of any file"},
      {3, 0x7fff, 0, 0, "TCP (closed by"},          {4, 0x7fff, 3, 0, "ioctl(2) on devices"},
      {5, 0xffff, 3, 0, "abstract UNIX sockets"},   {6, 0xffff, 3, 3, "any UNIX socket"},
      {8, 0xffff, 3, 3, "any UNIX socket"},         {9, 0x1ffff, 3, 3, "UDP and other sockets"},
      {99, 0x1ffff, 3, 3, "UDP and other sockets"}};
  for (const Known& known : kKnown) {
    AskedKernel kernel;
    kernel.set_landlock_abi(known.abi);
    WallPlan plan = plan_of_two();
    plan.paths.push_back({"/tmp", PathUse::kOwn});
    auto wall = Wall::prepare(kernel, plan);
    ASSERT_TRUE(wall.ok());
    EXPECT_EQ(wall->abi(), known.abi);
    EXPECT_EQ(kernel.asked[0], known.paths) << known.abi;
    EXPECT_EQ(kernel.asked[1], known.tcp) << known.abi;
    EXPECT_EQ(kernel.asked[2], known.scoped) << known.abi;
    EXPECT_THAT(wall->gaps().front(), HasSubstr(known.last_gap)) << known.abi;
  }
}

TEST(LandlockAbi, WhatThePlanLetsThroughIsNoGap) {
  FakeKernel kernel;
  WallPlan plan;
  EXPECT_THAT(Wall::prepare(kernel, plan)->gaps(), Contains(HasSubstr("TCP")));
  plan.tcp_bind = plan.tcp_connect = true;
  EXPECT_THAT(Wall::prepare(kernel, plan)->gaps(), Not(Contains(HasSubstr("TCP"))));
}

}  // namespace
}  // namespace qsbx
