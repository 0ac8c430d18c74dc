// SPDX-License-Identifier: LGPL-2.1-or-later
//
// attempt PID WHAT...: makes a running process itself do what an attacker inside it would do.
//
// WHAT is open, connect, exec, map, protect or fork; PID may be the ID of a thread. Prints a line
// for each call; exit status 0 when the process lives, 3 when it was ended, which the line says
// too. A call that succeeds is really made; exec succeeding replaces the process.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/attack/victim.h"

namespace {

[[noreturn]] void tell_the_end(const std::string& name, int status) {
  if (WIFSIGNALED(status)) {
    printf("%s: stopped: the process was ended by signal %s\n", name.c_str(),
           sigabbrev_np(WTERMSIG(status)));
  } else {
    printf("%s: the process has ended\n", name.c_str());
  }
  exit(3);
}

void tell_the_result(const std::string& name, long result) {
  if (result == -EPERM || result == -EACCES) {
    printf("%s: refused with %s\n", name.c_str(), strerrorname_np(static_cast<int>(-result)));
  } else if (result < 0 && result >= -4095) {
    printf("%s: NOT STOPPED, the kernel ran it (%s)\n", name.c_str(),
           strerrorname_np(static_cast<int>(-result)));
  } else {
    printf("%s: NOT STOPPED, it returned %#lx\n", name.c_str(), static_cast<unsigned long>(result));
  }
  fflush(stdout);
}

long told(const std::string& name, const Answer& answer) {
  if (answer.outcome == Outcome::kEnded) tell_the_end(name, static_cast<int>(answer.value));
  tell_the_result(name, answer.value);
  return answer.value;
}

void attempt_open(Victim& victim) {
  constexpr char kPath[] = "/etc/shadow";
  told("open /etc/shadow", victim.call(SYS_openat, {static_cast<uint64_t>(AT_FDCWD),
                                                    victim.put(kPath, sizeof kPath), O_RDONLY}));
}

void attempt_connect(Victim& victim) {
  const long fd = told("make a Unix socket", victim.call(SYS_socket, {AF_UNIX, SOCK_STREAM, 0}));
  if (fd < 0) return;
  struct sockaddr_un address = {AF_UNIX, "/run/systemd/private"};
  told("connect it",
       victim.call(SYS_connect, {static_cast<uint64_t>(fd), victim.put(&address, sizeof address),
                                 sizeof address}));
}

void attempt_exec(Victim& victim) {
  constexpr char kPath[] = "/bin/true";
  told("exec /bin/true", victim.call(SYS_execve, {victim.put(kPath, sizeof kPath), 0, 0}));
}

void attempt_map(Victim& victim) {
  told("map executable memory", victim.call(SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                                       MAP_PRIVATE | MAP_ANONYMOUS, ~0ull, 0}));
}

void attempt_protect(Victim& victim) {
  told("make memory executable",
       victim.call(SYS_mprotect, {victim.stack_page(), 4096, PROT_READ | PROT_EXEC}));
}

void attempt_fork(Victim& victim) { told("fork", victim.call_that_makes_a_task(SYS_fork, {})); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: attempt PID open|connect|exec|map|protect|fork...\n");
    return 2;
  }
  Victim victim(static_cast<pid_t>(strtol(argv[1], nullptr, 10)));
  victim.deliver_traps();
  for (int i = 2; i < argc; i++) {
    const std::string what = argv[i];
    if (what == "open") attempt_open(victim);
    if (what == "connect") attempt_connect(victim);
    if (what == "exec") attempt_exec(victim);
    if (what == "map") attempt_map(victim);
    if (what == "protect") attempt_protect(victim);
    if (what == "fork") attempt_fork(victim);
  }
  victim.let_go();
  return 0;
}
