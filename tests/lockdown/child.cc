// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/lockdown/child.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "tests/support/read_all.h"
#include "tests/support/scaled.h"

namespace qsbx {
namespace {

[[noreturn]] void be_child(const int pipe_ends[2], const std::function<int()>& body) {
  dup2(pipe_ends[1], STDERR_FILENO);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  alarm(testing::patience(20));
  _exit(body());
}

}  // namespace

bool ChildEnd::exited_with(int code) const {
  return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

bool ChildEnd::killed_by(int signal) const {
  return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

int ChildEnd::count(const std::string& text) const {
  std::istringstream lines(errors);
  int count = 0;
  for (std::string line; std::getline(lines, line);) count += line.find(text) != line.npos;
  return count;
}

ChildEnd run_in_child(const std::function<int()>& body) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return {-1, "no pipe"};
  fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) be_child(pipe_ends, body);
  close(pipe_ends[1]);
  ChildEnd end = {-1, testing::read_all(pipe_ends[0])};
  close(pipe_ends[0]);
  waitpid(child, &end.status, 0);
  return end;
}

}  // namespace qsbx
