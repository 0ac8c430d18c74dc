// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/report_channel.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/lockdown/test_profiles.h"
#include "tests/support/read_all.h"
#include "tests/support/scaled.h"

namespace qsbx {
namespace {

using ::testing::HasSubstr;

struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) abort();
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }

  // Until a write would wait.
  size_t fill() {
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    const std::string filler(4096, '.');
    size_t size = 0;
    for (ssize_t one; (one = write(ends[1], filler.data(), filler.size())) > 0;) {
      size += static_cast<size_t>(one);
    }
    fcntl(ends[1], F_SETFL, 0);
    return size;
  }

  std::string read_all() { return testing::read_all(ends[0]); }

  int ends[2];
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void send(ReportChannel& channel, int number) {
  Line line;
  line.text("line ").decimal(number);
  channel.send(line);
}

TEST(ReportChannel, WritesALineAtOnce) {
  Pipe pipe;
  ReportChannel channel(pipe.ends[1]);
  for (int i = 0; i < 200; ++i) {
    send(channel, i);
    EXPECT_EQ(pipe.read_all(), "line " + std::to_string(i) + "\n");
  }
}

TEST(ReportChannel, KeepsTheFirstLinesOfAFullPipeAndTellsHowManyWereDropped) {
  Pipe pipe;
  ReportChannel channel(pipe.ends[1]);
  const size_t filler = pipe.fill();
  constexpr int kSent = 1000;
  for (int i = 0; i < kSent; ++i) send(channel, i);
  EXPECT_EQ(pipe.read_all().size(), filler);
  channel.send_rest();
  const auto lines = lines_of(pipe.read_all());
  ASSERT_EQ(lines.size(), ReportChannel::kLines + 1);
  for (size_t i = 0; i < ReportChannel::kLines; ++i) {
    EXPECT_EQ(lines[i], "line " + std::to_string(i));
  }
  EXPECT_EQ(lines.back(), "qsbx: " + std::to_string(kSent - ReportChannel::kLines) +
                              " reports were dropped, since they were not read fast enough");
  send(channel, kSent);
  EXPECT_EQ(pipe.read_all(), "line 1000\n");
}

TEST(ReportChannel, ALineThatComesWhenTheReaderHasCaughtUpIsNotDropped) {
  Pipe pipe;
  ReportChannel channel(pipe.ends[1]);
  pipe.fill();
  for (size_t i = 0; i < ReportChannel::kLines; ++i) send(channel, static_cast<int>(i));
  pipe.read_all();
  send(channel, 777);
  const auto lines = lines_of(pipe.read_all());
  ASSERT_EQ(lines.size(), ReportChannel::kLines + 1);
  EXPECT_EQ(lines.back(), "line 777");
}

TEST(ReportChannel, WithoutAReaderNothingWaits) {
  Pipe pipe;
  ReportChannel channel(pipe.ends[1]);
  pipe.fill();
  send(channel, 1);
  close(pipe.ends[0]);
  pipe.ends[0] = open("/dev/null", O_RDONLY);
  signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < 200; ++i) send(channel, i);
  signal(SIGPIPE, SIG_DFL);
}

TEST(ReportChannel, AForkedChildDoesNotTellTheParentsLinesAgain) {
  Pipe pipe;
  ReportChannel channel(pipe.ends[1]);
  pipe.fill();
  send(channel, 1);
  const pid_t child = fork();
  if (child == 0) {
    pipe.read_all();
    send(channel, 2);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(pipe.read_all(), "line 2\n");
}

// Nothing lost, doubled, torn or left over, whoever writes for whom.
TEST(ReportChannel, ThreadsWriteForEachOther) {
  Pipe pipe;
  ReportChannel channel(pipe.ends[1]);
  constexpr int kThreads = 8;
  constexpr int kEach = 2000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&channel, i] {
      for (int j = 0; j < kEach; ++j) send(channel, i * kEach + j);
    });
  }
  std::string text;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      text += pipe.read_all();
      usleep(100);
    }
  });
  for (std::thread& thread : threads) thread.join();
  done = true;
  reader.join();
  text += pipe.read_all();
  channel.send_rest();
  text += pipe.read_all();
  std::multiset<std::string> lines;
  int dropped = 0;
  int told = 0;
  for (const std::string& line : lines_of(text)) {
    if (sscanf(line.c_str(), "qsbx: %d reports were dropped", &told) == 1) {
      dropped += told;
      continue;
    }
    ASSERT_TRUE(lines.insert(line)->starts_with("line ")) << line;
    ASSERT_EQ(lines.count(line), 1u) << line;
  }
  EXPECT_EQ(lines.size() + static_cast<size_t>(dropped), static_cast<size_t>(kThreads * kEach));
}

// A terminal that is stopped (Ctrl-S) takes nothing, and one that nobody reads not much.
TEST(ReportChannel, ASlowTerminalHoldsNobodyUp) {
  int master = -1;
  int slave = -1;
  if (openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) GTEST_SKIP() << "no pty here";
  const pid_t child = fork();
  if (child == 0) {
    alarm(testing::patience(20));
    ReportChannel channel(slave);
    Line line;
    for (int i = 0; i < 150; ++i) line.text("0123456789");
    for (int i = 0; i < 1000; ++i) channel.send(line);
    _exit(0);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  close(slave);
  close(master);
}

constexpr int kThreads = 4;

// Of 64 kinds, all of calls that do not exist. How many the policy refused.
int make_calls(int count) {
  int refused = 0;
  for (int i = 0; i < count; ++i) {
    refused += syscall(337 + i % 64) == -1 && errno == EPERM ? 1 : 0;
  }
  return refused;
}

// In a child, whose reports go to a pipe that is full. Closes `over` after the flood, and goes on
// when `go_on` has a byte.
[[noreturn]] void flood(Mode mode, int each, int reports, int over, int go_on) {
  alarm(testing::patience(20));
  Sandbox sandbox = test_sandbox(mode);
  if (!sandbox.set_report_descriptor(reports)) _exit(2);
  std::atomic<bool> go = false;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      go.wait(false);
      refused += make_calls(each);
    });
  }
  if (!sandbox.lockdown()) _exit(3);
  syscall(SYS_getpgrp);
  syscall(SYS_getuid);
  go = true;
  go.notify_all();
  for (std::thread& thread : threads) thread.join();
  char byte;
  if (refused != (mode == Mode::kErrno ? kThreads * each : 0)) _exit(4);
  close(over);
  if (read(go_on, &byte, 1) != 1) _exit(5);
  syscall(SYS_geteuid);
  _exit(0);
}

// The process goes on, the first violations are told, and that later ones were not.
void expect_flood_is_bounded(Mode mode) {
  const int each = testing::scaled(20'000, 1000);
  Pipe reports;
  int over[2];
  int go_on[2];
  ASSERT_EQ(pipe(over) + pipe(go_on), 0);
  reports.fill();
  const pid_t child = fork();
  if (child == 0) flood(mode, each, reports.ends[1], over[1], go_on[0]);
  close(over[1]);
  char byte;
  EXPECT_EQ(read(over[0], &byte, 1), 0);
  std::string text = reports.read_all();
  EXPECT_EQ(write(go_on[1], "x", 1), 1);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  text += reports.read_all();
  for (const int end : {over[0], go_on[0], go_on[1]}) close(end);
  for (const char* call : {"getpgrp()", "getuid()", "geteuid()", "call 337,"}) {
    EXPECT_THAT(text, HasSubstr(call));
  }
  EXPECT_THAT(text, HasSubstr(" reports were dropped, since they were not read fast enough"));
}

TEST(Flood, OfRefusedCallsHoldsNobodyUp) { expect_flood_is_bounded(Mode::kErrno); }
TEST(Flood, OfAuditedCallsHoldsNobodyUp) { expect_flood_is_bounded(Mode::kAudit); }

}  // namespace
}  // namespace qsbx
