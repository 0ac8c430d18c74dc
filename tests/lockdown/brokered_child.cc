// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/lockdown/brokered_child.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/filter.h"
#include "src/compile/compile.h"
#include "src/lockdown/handed_opens.h"
#include "tests/lockdown/child.h"

namespace qsbx {
namespace {

constexpr int kAsExpected = 42;

}  // namespace

Result<BrokerLink> fork_broker(const std::vector<std::string>& opens) {
  OpenList list;
  for (const std::string& path : opens) {
    if (auto added = list.add(path); !added) return added.error();
  }
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) {
    return Error{ErrorCode::kKernel, "no sockets"};
  }
  fflush(nullptr);
  const pid_t broker = fork();
  if (broker == 0) {
    close(ends[0]);
    for (const int number : {STDOUT_FILENO, STDERR_FILENO}) close(number);
    _exit(serve_broker(ends[1], list) ? 0 : 1);
  }
  close(ends[1]);
  return BrokerLink{ends[0], broker};
}

std::string hand_opens_to(const BrokerLink& broker, int reports) {
  allow_reading(broker);
  const Policy policy = handing_over(Policy(native_architecture()));
  const Actions actions = handing_actions(Mode::kEnforce);
  auto program = compile(policy, actions);
  if (!program) return program.error().message;
  auto verified = verify(*program, policy, actions);
  if (!verified) return verified.error().message;
  auto installed = install_filter(running_kernel(), *verified, {.new_listener = true});
  if (!installed) return installed.error().message;
  auto given = give_listener(broker, installed->listener, reports);
  return given ? "" : given.error().message;
}

bool BrokeredEnd::as_expected() const {
  return WIFEXITED(status) && WEXITSTATUS(status) == kAsExpected;
}

BrokeredEnd run_brokered(const std::vector<std::string>& opens,
                         const std::function<std::string(const BrokerLink&)>& body) {
  auto broker = fork_broker(opens);
  if (!broker) return {-1, broker.error().message};
  const ChildEnd end = run_in_child([&] {
    std::string wrong = hand_opens_to(*broker, STDERR_FILENO);
    if (wrong.empty()) wrong = body(*broker);
    if (wrong.empty()) return kAsExpected;
    fprintf(stderr, "%s\n", wrong.c_str());
    return 1;
  });
  close(broker->socket);
  waitpid(broker->process, nullptr, 0);
  return {end.status, end.errors};
}

}  // namespace qsbx
