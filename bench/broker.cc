// SPDX-License-Identifier: LGPL-2.1-or-later
//
// broker: how many opens of a locked down process its broker answers in a second.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/expect.h"
#include "kernel/filter.h"
#include "src/compile/compile.h"
#include "src/lockdown/broker_link.h"
#include "src/lockdown/handed_opens.h"

namespace qsbx::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kOpens = 20'000;
constexpr int kRounds = 9;
constexpr char kListed[] = "/dev/null";
constexpr char kNotListed[] = "/dev/full";

BrokerLink fork_broker() {
  OpenList list;
  expect(list.add(kListed));
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) exit(2);
  const pid_t broker = fork();
  if (broker == 0) {
    close(ends[0]);
    expect(serve_broker(ends[1], list), "serve");
    exit(0);
  }
  close(ends[1]);
  return {ends[0], broker};
}

void hand_opens_to(const BrokerLink& broker) {
  allow_reading(broker);
  const Policy policy = handing_over(Policy(native_architecture()));
  const Actions actions = handing_actions(Mode::kEnforce);
  const auto program = expect(verify(expect(compile(policy, actions)), policy, actions));
  const int silent = open("/dev/null", O_WRONLY);
  const auto installed = expect(install_filter(running_kernel(), program, {.new_listener = true}));
  expect(give_listener(broker, installed.listener, silent), "give the listener");
}

// Opens a second.
double rate(const char* path, bool opens) {
  const auto before = Clock::now();
  for (int i = 0; i < kOpens; ++i) {
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if ((descriptor >= 0) != opens) {
      fprintf(stderr, "broker: %s: the broker's answer is wrong\n", path);
      exit(1);
    }
    if (descriptor >= 0) close(descriptor);
  }
  return kOpens / std::chrono::duration<double>(Clock::now() - before).count();
}

void print(const char* what, const char* path, bool opens) {
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) rates.push_back(rate(path, opens));
  std::ranges::sort(rates);
  printf("%-28s %9.0f a second (%.0f to %.0f)\n", what, rates[kRounds / 2], rates.front(),
         rates.back());
}

int run() {
  print("open without a broker", kListed, true);
  fflush(nullptr);
  const BrokerLink broker = fork_broker();
  const pid_t child = fork();
  if (child == 0) {
    hand_opens_to(broker);
    print("open that is listed", kListed, true);
    print("open that is refused", kNotListed, false);
    exit(0);
  }
  close(broker.socket);
  int status = 0;
  waitpid(child, &status, 0);
  waitpid(broker.process, nullptr, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace
}  // namespace qsbx::bench

int main() { return qsbx::bench::run(); }
