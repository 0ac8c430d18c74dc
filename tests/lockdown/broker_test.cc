// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "kernel/fake_kernel.h"
#include "tests/lockdown/broker_folder.h"
#include "tests/lockdown/brokered_child.h"
#include "tests/lockdown/child.h"
#include "tests/lockdown/test_profiles.h"
#include "tests/support/scaled.h"

namespace qsbx {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

#define EXPECT_AS_EXPECTED(end) EXPECT_TRUE((end).as_expected()) << (end).status << (end).reports

// What is behind the path, or the name of the errno.
std::string behind(const std::string& path, int flags = O_RDONLY) {
  const int descriptor = open(path.c_str(), flags, 0600);
  if (descriptor == 0) return "standard input";
  return descriptor < 0 ? strerrorname_np(errno) : content(descriptor);
}

// Empty, or the difference in words.
std::string differs(const std::string& what, const std::string& is, const std::string& expected) {
  return is == expected ? "" : what + " is " + is + ", not " + expected;
}

class BrokerTest : public ::testing::Test {
 protected:
  BrokerFolder folder_;
};

TEST_F(BrokerTest, OpensWhatIsListedAndRefusesAndReportsTheRest) {
  const BrokeredEnd end = run_brokered({folder_.of("in/:rw")}, [&](const BrokerLink&) {
    std::string wrong = differs("in/file", behind(folder_.of("in/file")), "in/file");
    wrong += differs("a new one", behind(folder_.of("in/new"), O_RDWR | O_CREAT), "");
    wrong += differs("secret", behind(folder_.of("secret")), "EACCES");
    wrong += differs("link", behind(folder_.of("in/link")), "EACCES");
    wrong += differs("up", behind(folder_.of("in/../secret"), O_RDWR), "EACCES");
    return wrong + differs("nothing", behind(folder_.of("in/none")), "ENOENT");
  });
  EXPECT_AS_EXPECTED(end);
  EXPECT_TRUE(std::filesystem::exists(folder_.of("in/new")));
  const std::string begin = "qsbx: violation (broker, failed with EACCES): thread ";
  EXPECT_THAT(end.reports, HasSubstr(begin));
  EXPECT_THAT(end.reports, HasSubstr("open of \"" + folder_.of("secret") +
                                     "\" for reading: no --open names it"));
  EXPECT_THAT(end.reports, HasSubstr("in/link\" for reading: a symbolic link is in the way"));
  EXPECT_THAT(end.reports, HasSubstr("in/../secret\" for writing"));
  EXPECT_THAT(end.reports, Not(HasSubstr("none")));
  EXPECT_EQ(std::ranges::count(end.reports, '\n'), 3);
}

int close_on_exec(long descriptor) {
  const int flags = fcntl(static_cast<int>(descriptor), F_GETFD);
  close(static_cast<int>(descriptor));
  return flags;
}

TEST_F(BrokerTest, AnswersEveryCallThatOpens) {
  const BrokeredEnd end = run_brokered({folder_.of("file")}, [&](const BrokerLink&) {
    const std::string path = folder_.of("file");
    struct open_how how = {};
    how.flags = O_CLOEXEC;
    if (close_on_exec(syscall(SYS_openat, 12345, path.c_str(), O_RDONLY)) != 0)
      return std::string("openat");
    if (close_on_exec(syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)) != FD_CLOEXEC)
      return std::string("openat2");
#if defined(SYS_open)
    if (close_on_exec(syscall(SYS_open, path.c_str(), O_CLOEXEC)) != FD_CLOEXEC)
      return std::string("open");
#endif
    return std::string();
  });
  EXPECT_AS_EXPECTED(end);
  EXPECT_EQ(end.reports, "");
}

TEST_F(BrokerTest, RelativePathsBeginAtTheCallersCurrentFolder) {
  const BrokeredEnd end = run_brokered({folder_.of("in/")}, [&](const BrokerLink&) {
    if (chdir(folder_.of("in").c_str()) != 0) return std::string("no chdir");
    std::string wrong = differs("sub/deep", behind("sub/deep"), "in/sub/deep");
    wrong += differs("secret", behind("../secret"), "EACCES");
    const long by_descriptor = syscall(SYS_openat, 2, "file", O_RDONLY);
    return wrong + differs("dfd", by_descriptor < 0 ? strerrorname_np(errno) : "open", "EACCES");
  });
  EXPECT_AS_EXPECTED(end);
}

std::string error_of(long result) { return result < 0 ? strerrorname_np(errno) : "none"; }

TEST_F(BrokerTest, BadPointersAndStructuresFailAsInTheKernel) {
  const BrokeredEnd end = run_brokered({folder_.of("file")}, [&](const BrokerLink&) {
    const std::string path = folder_.of("file");
    struct open_how how = {};
    const auto openat2 = [&](const void* structure, size_t size) {
      return error_of(syscall(SYS_openat2, AT_FDCWD, path.c_str(), structure, size));
    };
    std::string wrong = differs("8", error_of(syscall(SYS_openat, AT_FDCWD, 8, 0)), "EFAULT");
    wrong += differs("empty", error_of(open("", O_RDONLY)), "ENOENT");
    wrong += differs("long", error_of(open(std::string(5000, 'x').c_str(), O_RDONLY)), "EFAULT");
    wrong += differs("short how", openat2(&how, sizeof how - 1), "EINVAL");
    wrong += differs("long how", openat2(&how, sizeof how + 1), "E2BIG");
    wrong += differs("no how", openat2(nullptr, sizeof how), "EFAULT");
    how.resolve = RESOLVE_IN_ROOT;
    return wrong + differs("root", openat2(&how, sizeof how), "EOPNOTSUPP");
  });
  EXPECT_AS_EXPECTED(end);
}

TEST_F(BrokerTest, AFullTableOfDescriptorsFailsWithEmfileAndLeavesNothingBehind) {
  const BrokeredEnd end = run_brokered({folder_.of("file")}, [&](const BrokerLink&) {
    int last = -1;
    for (int next; (next = dup(2)) >= 0;) last = next;
    std::string wrong = differs("full", behind(folder_.of("file")), "EMFILE");
    close(last);
    return wrong + differs("room", behind(folder_.of("file")), "file");
  });
  EXPECT_AS_EXPECTED(end);
}

// What the broker has read is what it opens: the descriptor is the allowed file's, or there is
// none, whenever the path changes in memory.
TEST_F(BrokerTest, APathThatAnotherThreadChangesOpensWhatIsListedOrNothing) {
  const BrokeredEnd end = run_brokered({folder_.of("file")}, [&](const BrokerLink&) {
    const std::string texts[] = {folder_.of("file"), folder_.of("secret")};
    static char shared[128];
    strcpy(shared, texts[0].c_str());
    std::atomic<bool> over = false;
    std::thread racer([&] {
      for (unsigned i = 0; !over; ++i) strcpy(shared, texts[i % 2].c_str());
    });
    int opened = 0;
    int refused = 0;
    std::string wrong;
    for (int i = 0; i < 100000 && wrong.empty() && (opened < 500 || refused < 500); ++i) {
      const std::string text = behind(shared);
      if (text == "file") ++opened;
      if (text == "EACCES") ++refused;
      if (text == "secret") wrong = "the secret is open";
    }
    over = true;
    racer.join();
    if (opened == 0 || refused == 0) wrong += "no race: " + std::to_string(opened);
    return wrong;
  });
  EXPECT_AS_EXPECTED(end);
}

size_t open_in(pid_t process) {
  size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

void open_until_killed(const std::string& path, unsigned after_microseconds) {
  const pid_t child = fork();
  if (child == 0) {
    for (;;) close(open(path.c_str(), O_RDONLY));
  }
  usleep(after_microseconds);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(BrokerTest, CallersThatDieWhileTheyWaitLeaveNothingBehind) {
  const BrokeredEnd end = run_brokered({folder_.of("file")}, [&](const BrokerLink&) {
    const unsigned seed = std::random_device()();
    std::mt19937 random(seed);
    printf("seed %u\n", seed);
    for (int i = 0; i < 200; ++i) open_until_killed(folder_.of("file"), random() % 1000);
    return differs("file", behind(folder_.of("file")), "file");
  });
  EXPECT_AS_EXPECTED(end);
}

// Its rounds are started by the parent, which looks at the broker in between: the child's own looks
// into /proc would go to the broker.
[[noreturn]] void open_in_rounds(const BrokerFolder& folder, const BrokerLink& broker, int steps) {
  alarm(testing::patience(60));
  char step = hand_opens_to(broker, open("/dev/null", O_WRONLY)).empty() ? 'h' : 'x';
  // It has said that it serves before it has closed the link and opened what it serves by. A
  // refusal comes after that, and when the broker has closed all that it looked with.
  (void)behind(folder.of("secret"));
  while (write(steps, &step, 1) == 1 && read(steps, &step, 1) == 1) {
    open_until_killed(folder.of("file"), 20000);
    for (int i = 0; i < 100; ++i) (void)behind(folder.of("secret"));
  }
  _exit(0);
}

TEST_F(BrokerTest, HoldsNoDescriptorAfterItsAnswer) {
  auto broker = fork_broker({folder_.of("file")});
  ASSERT_TRUE(broker.ok());
  int steps[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, steps), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(steps[0]);
    open_in_rounds(folder_, *broker, steps[1]);
  }
  close(steps[1]);
  close(broker->socket);
  std::vector<size_t> counts;
  for (int round = 0; round < 3; ++round) {
    char step = 0;
    ASSERT_EQ(read(steps[0], &step, 1), 1);
    ASSERT_EQ(step, 'h');
    counts.push_back(open_in(broker->process));
    ASSERT_EQ(write(steps[0], &step, 1), 1);
  }
  close(steps[0]);
  EXPECT_GT(counts[0], 0u);
  EXPECT_EQ(counts[0], counts[1]);
  EXPECT_EQ(counts[0], counts[2]);
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(waitpid(broker->process, nullptr, 0), broker->process);  // with its last caller
}

uint64_t peak_kilobytes(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6));
  }
  return 0;
}

// Nobody reads the reports, and each path is another one of nearly 4,000 characters.
TEST_F(BrokerTest, AFloodOfRefusedOpensFillsAndBlocksNothing) {
  const int opens = testing::scaled(20000, 6000);  // of more than is asked for below
  auto broker = fork_broker({folder_.of("file")});
  ASSERT_TRUE(broker.ok());
  int reports[2];
  ASSERT_EQ(pipe(reports), 0);
  const uint64_t before = peak_kilobytes(broker->process);
  int held[2];
  ASSERT_EQ(pipe(held), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(held[0]);
    close(reports[0]);
    alarm(testing::patience(60));
    if (!hand_opens_to(*broker, reports[1]).empty()) _exit(3);
    std::string path = "/" + std::string(3900, 'x');
    for (int i = 0; i < opens; ++i) {
      path.replace(path.size() - 8, 8, std::to_string(10000000 + i));
      if (open(path.c_str(), O_RDONLY) != -1 || errno != EACCES) _exit(4);
    }
    const bool works = behind(folder_.of("file")) == "file";
    if (write(held[1], "x", 1) != 1) _exit(5);
    pause();
    _exit(works ? 0 : 6);
  }
  close(held[1]);
  char done = 0;
  EXPECT_EQ(read(held[0], &done, 1), 1);
  EXPECT_GT(before, 0u);
#if !defined(__SANITIZE_ADDRESS__)  // which keeps what is freed
  EXPECT_LT(peak_kilobytes(broker->process), before + 16 * 1024);
#endif
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(broker->socket);
  EXPECT_EQ(waitpid(broker->process, nullptr, 0), broker->process);
  for (const int end : {reports[0], reports[1], held[0]}) close(end);
}

// Opens what is listed until there is no broker; never anything but these three answers.
std::string open_until_no_broker(const BrokerFolder& folder) {
  for (;;) {
    const std::string listed = behind(folder.of("file"));
    const std::string other = behind(folder.of("secret"));
    if (listed != "file" && listed != "ENOSYS") return "listed: " + listed;
    if (other != "EACCES" && other != "ENOSYS") return "not listed: " + other;
    if (listed == "ENOSYS") return differs("afterwards", behind(folder.of("secret")), "ENOSYS");
  }
}

void end_broker(const BrokerLink& broker) {
  kill(broker.process, SIGKILL);
  waitpid(broker.process, nullptr, 0);
}

TEST_F(BrokerTest, KilledAtAnyMomentItLeavesItsCallersRunningAndNeverUnfiltered) {
  const unsigned seed = std::random_device()();
  printf("seed %u\n", seed);
  std::mt19937 random(seed);
  int before_handover = 0;
  for (int round = 0; round < 40; ++round) {
    // Before the handover is begun, while it is made, and while opens are answered.
    const bool at_once = round < 5;
    const bool at_work = round >= 20;
    auto broker = fork_broker({folder_.of("file")});
    ASSERT_TRUE(broker.ok());
    if (at_once) end_broker(*broker);
    int given_away[2];
    ASSERT_EQ(pipe(given_away), 0);
    const pid_t child = fork();
    if (child == 0) {
      alarm(testing::patience(20));
      const int silent = open("/dev/null", O_WRONLY);
      const bool given = hand_opens_to(*broker, silent).empty();
      if (write(given_away[1], "x", 1) != 1) _exit(3);
      const std::string wrong = open_until_no_broker(folder_);
      if (!wrong.empty()) fprintf(stderr, "%s\n", wrong.c_str());
      _exit(wrong.empty() ? (given ? 0 : 1) : 2);
    }
    close(broker->socket);
    close(given_away[1]);
    char given = 0;
    EXPECT_EQ(at_work ? read(given_away[0], &given, 1) : 1, 1);
    usleep(random() % (at_work ? 100'000 : 10'000));
    if (!at_once) end_broker(*broker);
    int status = -1;
    waitpid(child, &status, 0);
    close(given_away[0]);
    ASSERT_TRUE(WIFEXITED(status)) << "round " << round << " status " << status;
    EXPECT_LT(WEXITSTATUS(status), 2) << "round " << round;
    before_handover += WEXITSTATUS(status) == 1;
  }
  printf("%d of 40 before the listener was there\n", before_handover);
  EXPECT_GT(before_handover, 0);
  EXPECT_LT(before_handover, 40);
}

TEST_F(BrokerTest, EndsWhenNobodyGivesItAListener) {
  auto broker = fork_broker({folder_.of("file")});
  ASSERT_TRUE(broker.ok());
  close(broker->socket);
  int status = -1;
  EXPECT_EQ(waitpid(broker->process, &status, 0), broker->process);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(BrokerTest, SaysWhatIsNoListener) {
  auto broker = fork_broker({folder_.of("file")});
  ASSERT_TRUE(broker.ok());
  const Status given = give_listener(*broker, open("/dev/null", O_RDWR), STDERR_FILENO);
  ASSERT_FALSE(given.ok());
  EXPECT_THAT(given.error().message, HasSubstr("cannot pass descriptors in"));
  waitpid(broker->process, nullptr, 0);
}

// Whoever is told that a broker does not answer finds none at work later.
TEST_F(BrokerTest, ABrokerThatIsStoppedAtTheHandoverAnswersNothingLater) {
  const ChildEnd end = run_in_child([&] {
    auto broker = fork_broker({folder_.of("file")});
    if (!broker) return 1;
    kill(broker->process, SIGSTOP);
    const std::string wrong = hand_opens_to(*broker, STDERR_FILENO);
    kill(broker->process, SIGCONT);
    fprintf(stderr, "%s, and then %s\n", wrong.c_str(), behind(folder_.of("file")).c_str());
    return 0;
  });
  EXPECT_TRUE(end.exited_with(0)) << end.status;
  EXPECT_THAT(end.errors, HasSubstr("the broker does not answer"));
  EXPECT_THAT(end.errors, HasSubstr("and then ENOSYS"));
}

// Octal, as fdinfo has them; of the first descriptor that is the pipe.
int flags_of_pipe(pid_t process, const std::string& pipe) {
  const std::string folder = "/proc/" + std::to_string(process);
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone) != pipe) continue;
    std::ifstream info(folder + "/fdinfo/" + entry.path().filename().string());
    std::string word;
    while (info >> word && word != "flags:") {
    }
    int flags = 0;
    info >> std::oct >> flags;
    return flags;
  }
  return -1;
}

// Another writer may take the room that the broker has just seen.
TEST_F(BrokerTest, ItsWritesToAPipeOfReportsNeverWait) {
  auto broker = fork_broker({folder_.of("file")});
  ASSERT_TRUE(broker.ok());
  int reports[2], given[2];
  ASSERT_EQ(pipe(reports), 0);
  ASSERT_EQ(pipe(given), 0);
  const pid_t child = fork();
  if (child == 0) {
    const bool handed = hand_opens_to(*broker, reports[1]).empty();
    const bool refused = open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES;  // it is at work
    _exit(handed && refused && write(given[1], "x", 1) == 1 && pause() ? 0 : 1);
  }
  char byte;
  ASSERT_EQ(read(given[0], &byte, 1), 1);
  const std::string pipe =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(reports[1])).string();
  const int flags = flags_of_pipe(broker->process, pipe);
  EXPECT_TRUE(flags >= 0 && (flags & O_NONBLOCK)) << flags;
  EXPECT_FALSE(fcntl(reports[1], F_GETFL) & O_NONBLOCK);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(broker->socket);
  waitpid(broker->process, nullptr, 0);
  for (const int descriptor : {reports[0], reports[1], given[0], given[1]}) close(descriptor);
}

TEST_F(BrokerTest, ABrokerThatMayNotReadTheCallerSaysSo) {
  const ChildEnd end = run_in_child([] {
    constexpr uid_t kNobody = 65534;  // root may read every process
    if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) return 1;
    auto broker = fork_broker({"/dev/null"});
    if (!broker || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return 1;
    const std::string wrong = hand_opens_to(*broker, STDERR_FILENO);
    fprintf(stderr, "%s, and then %s\n", wrong.c_str(), behind("/dev/null").c_str());
    return 0;
  });
  EXPECT_TRUE(end.exited_with(0)) << end.status;
  EXPECT_THAT(end.errors, HasSubstr("cannot read the memory of QEMU: Operation not permitted"));
  EXPECT_THAT(end.errors, HasSubstr("and then ENOSYS"));
}

TEST_F(BrokerTest, ReportsARefusalOnceThenByCounts) {
  const BrokeredEnd end = run_brokered({folder_.of("file")}, [&](const BrokerLink&) {
    for (int i = 0; i < 150; ++i) (void)behind(folder_.of("secret"));
    return std::string();
  });
  EXPECT_AS_EXPECTED(end);
  EXPECT_THAT(end.reports, HasSubstr("no --open names it"));
  EXPECT_THAT(end.reports, HasSubstr(": 10 times by now"));
  EXPECT_THAT(end.reports, HasSubstr(": 100 times by now"));
  EXPECT_EQ(std::ranges::count(end.reports, '\n'), 3);
}

TEST_F(BrokerTest, ANameOfAFileCannotForgeALine) {
  const BrokeredEnd end = run_brokered({folder_.of("file")}, [&](const BrokerLink&) {
    return differs("forged", behind("/a\"\nqsbx: all is well"), "EACCES");
  });
  EXPECT_AS_EXPECTED(end);
  EXPECT_EQ(std::ranges::count(end.reports, '\n'), 1);
  EXPECT_THAT(end.reports, HasSubstr("\"/a??qsbx: all is well\""));
}

TEST_F(BrokerTest, WhatNothingMissesIsRefusedWithoutAReport) {
  const BrokeredEnd end = run_brokered({folder_.of("file")}, [&](const BrokerLink&) {
    return differs("memory", behind("/proc/sys/vm/overcommit_memory"), "EACCES");
  });
  EXPECT_AS_EXPECTED(end);
  EXPECT_EQ(end.reports, "");
}

// A whole lockdown, with a broker below it.

ChildEnd locked_down_with(const BrokerLink& broker, Mode mode, const std::function<int()>& body) {
  const ChildEnd end = run_in_child([&] {
    Sandbox sandbox = test_sandbox(mode);
    sandbox.set_broker(broker);
    const Status locked = sandbox.lockdown();
    if (locked) return body();
    fprintf(stderr, "%s\n", locked.error().message.c_str());
    return 1;
  });
  close(broker.socket);
  waitpid(broker.process, nullptr, 0);
  return end;
}

int check_opens(const BrokerFolder& folder, const std::string& listed, const std::string& other) {
  const bool right = behind(folder.of("file")) == listed && behind(folder.of("secret")) == other;
  return right ? 42 : 1;
}

TEST_F(BrokerTest, ServesALockedDownProcess) {
  for (const Mode mode : {Mode::kEnforce, Mode::kErrno}) {
    auto broker = fork_broker({folder_.of("file")});
    ASSERT_TRUE(broker.ok());
    const ChildEnd end =
        locked_down_with(*broker, mode, [&] { return check_opens(folder_, "file", "EACCES"); });
    EXPECT_TRUE(end.exited_with(42)) << end.status << end.errors;
    EXPECT_EQ(end.count("no --open names it"), 1) << end.errors;
  }
}

TEST_F(BrokerTest, WhatTheProfilesGrantRunsWithoutIt) {
  auto broker = fork_broker({folder_.of("file")});
  ASSERT_TRUE(broker.ok());
  kill(broker->process, SIGKILL);
  const ChildEnd end = run_in_child([&] {
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    sandbox.set_broker(*broker);
    // Grants openat for reading.
    if (!sandbox.allow_feature("hotplug") || !sandbox.lockdown()) return 1;
    if (open(folder_.of("file").c_str(), O_RDWR) != -1 || errno != ENOSYS) return 2;
    return check_opens(folder_, "file", "secret");
  });
  EXPECT_TRUE(end.exited_with(42)) << end.status << end.errors;
  close(broker->socket);
  waitpid(broker->process, nullptr, 0);
}

TEST_F(BrokerTest, WhatIsNoOpenStaysAViolation) {
  auto broker = fork_broker({folder_.of("file")});
  ASSERT_TRUE(broker.ok());
  const ChildEnd end = locked_down_with(*broker, Mode::kEnforce, [] {
    return static_cast<int>(syscall(SYS_creat, "/tmp/never", 0600)) + 2;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status << end.errors;
}

TEST_F(BrokerTest, ABrokerThatIsGoneBeforeTheLockdownIsAWarning) {
  auto broker = fork_broker({folder_.of("file")});
  ASSERT_TRUE(broker.ok());
  kill(broker->process, SIGKILL);
  const ChildEnd end = locked_down_with(*broker, Mode::kEnforce,
                                        [&] { return check_opens(folder_, "ENOSYS", "ENOSYS"); });
  EXPECT_TRUE(end.exited_with(42)) << end.status << end.errors;
  EXPECT_EQ(end.count("qsbx: warning: the broker"), 1) << end.errors;
  EXPECT_EQ(end.count("fails with ENOSYS"), 1) << end.errors;
}

std::string attempt_with_failure(int nth) {
  FakeKernel kernel;
  kernel.fail(nth, -ENOMEM);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) return "no sockets";
  close(ends[1]);
  Sandbox sandbox = test_sandbox(Mode::kEnforce, kernel);
  sandbox.set_broker({ends[0], getpid()});
  const Status locked = sandbox.lockdown();
  if (locked) return kernel.installed() == 2 ? "" : "not both filters";
  const bool told =
      locked.error().message.find("by which opens are handed over") != std::string::npos;
  if (told != (kernel.installed() == 1)) return "told wrongly: " + locked.error().message;
  // As if something had been changed meanwhile: the policy grants what is handed over all the same.
  const size_t granted = sandbox.granted_calls();
  sandbox.set_mode(Mode::kErrno);
  sandbox.set_mode(Mode::kEnforce);
  if (!sandbox.lockdown()) return "cannot be tried again";
  if (sandbox.granted_calls() != granted) return "opens are granted no longer";
  return kernel.installed() == 2 ? "failed" : "not both filters afterwards";
}

TEST(BrokeredLockdown, WhicheverKernelCallFailsTheErrorSaysWhatIsInForce) {
  int failures = 0;
  for (int nth = 1; nth < 20; ++nth) {
    const ChildEnd end = run_in_child([&] {
      const std::string wrong = attempt_with_failure(nth);
      if (!wrong.empty()) fprintf(stderr, "%s\n", wrong.c_str());
      return wrong.empty() ? 0 : wrong == "failed" ? 42 : 1;
    });
    EXPECT_TRUE(end.exited_with(0) || end.exited_with(42)) << "call " << nth << " " << end.errors;
    failures += end.exited_with(42);
  }
  EXPECT_GE(failures, 5);  // two questions, two filters, no_new_privs
}

}  // namespace
}  // namespace qsbx
