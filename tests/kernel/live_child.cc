// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/kernel/live_child.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/compile/compile.h"
#include "src/syscalls/syscall_table.h"
#include "tests/support/read_all.h"
#include "tests/support/scaled.h"

namespace qsbx::testing {
namespace {

static_assert(kRefusedWith == EDOM);

// `exit` may be what the body has had refused: _exit(2) is not.
[[noreturn]] void be_child(int answer, const std::function<std::string()>& body) {
  alarm(patience(60));
  const std::string text = body();
  const bool written = write(answer, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  _exit(written ? 0 : 1);
}

std::string end_of(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return "the child was lost";
  if (WIFSIGNALED(status)) return std::string("killed by ") + strsignal(WTERMSIG(status));
  return status == 0 ? "" : "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

VerifiedProgram all_but(const std::set<int>& refused) {
  Policy policy(native_architecture());
  for (const Syscall& call : syscalls(native_architecture())) {
    if (refused.contains(call.number)) {
      (void)policy.refuse(call.number, {kRefusedWith, {}});
    } else {
      policy.grant(call.number, {Expression::always(), {}});
    }
  }
  const Actions actions = actions_for(Mode::kEnforce);
  return *verify(*compile(policy, actions), policy, actions);
}

bool is_refused(int number) { return syscall(number) == -1 && errno == kRefusedWith; }

std::string in_child(const std::function<std::string()>& body) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) return "no child";
  if (child == 0) {
    close(ends[0]);
    be_child(ends[1], body);
  }
  close(ends[1]);
  const std::string answer = read_all(ends[0]);
  close(ends[0]);
  const std::string end = end_of(child);
  return end.empty() ? answer : end + ": " + answer;
}

}  // namespace qsbx::testing
