// SPDX-License-Identifier: LGPL-2.1-or-later
//
//   without_vdso QEMU ARG...
//
// Runs a QEMU, or a launcher of one, that does not find the vDSO, so that every question for the
// time is a system call, as on hosts whose clock the vDSO cannot read. A child traces this process
// and takes the address of the vDSO out of what the kernel tells each program that it executes,
// until that has happened as often as $QSBX_EXECUTIONS says (once when absent).
#include <elf.h>
#include <limits.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <string_view>

namespace {

// Reads of another process's memory, a word each.
long word_at(pid_t process, unsigned long address) {
  return ptrace(PTRACE_PEEKDATA, process, address, nullptr);
}

unsigned long behind_null(pid_t process, unsigned long address) {
  while (word_at(process, address) != 0) address += sizeof(long);
  return address + sizeof(long);
}

// A new program's stack: argc, the arguments, the environment, and pairs of a type and a value.
void hide_vdso(pid_t process) {
  user_regs_struct registers = {};
  ptrace(PTRACE_GETREGS, process, nullptr, &registers);
  const unsigned long arguments = registers.rsp + sizeof(long);
  unsigned long pair = behind_null(process, behind_null(process, arguments));
  for (; word_at(process, pair) != AT_NULL; pair += 2 * sizeof(long)) {
    if (word_at(process, pair) == AT_SYSINFO_EHDR)
      ptrace(PTRACE_POKEDATA, process, pair, AT_IGNORE);
  }
}

// The program at the end of the chain, whatever launchers come before.
bool runs_qemu(pid_t process) {
  char path[PATH_MAX] = "";
  const std::string link = "/proc/" + std::to_string(process) + "/exe";
  if (readlink(link.c_str(), path, sizeof path - 1) < 0) return false;
  return std::string_view(path).find("/qemu-system-") != std::string_view::npos;
}

// SIGSTOP and signals of others' stop the process, too; they are passed on.
void follow(pid_t process) {
  for (bool arrived = false; !arrived;) {
    int status = 0;
    if (waitpid(process, &status, __WALL) != process || !WIFSTOPPED(status)) return;
    const bool executed = status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8);
    if (executed) hide_vdso(process);
    arrived = executed && runs_qemu(process);
    ptrace(arrived ? PTRACE_DETACH : PTRACE_CONT, process, nullptr,
           executed ? 0 : WSTOPSIG(status));
  }
}

// Never returns. The tracer is nobody's child, so that QEMU has none that it does not know.
[[noreturn]] void become_tracer(pid_t process, int ready) {
  if (fork() != 0) _exit(0);
  if (ptrace(PTRACE_SEIZE, process, nullptr, PTRACE_O_TRACEEXEC) != 0) _exit(1);
  if (write(ready, "", 1) != 1) _exit(1);
  close(ready);
  follow(process);
  _exit(0);
}

bool is_traced() {
  int ready[2];
  if (pipe(ready) != 0) return false;
  const pid_t process = getpid();
  const pid_t child = fork();
  if (child == 0) become_tracer(process, ready[1]);
  close(ready[1]);
  waitpid(child, nullptr, 0);
  char byte = 0;
  const bool traced = read(ready[0], &byte, 1) == 1;
  close(ready[0]);
  return traced;
}

}  // namespace

int main(int, char* arguments[]) {
  if (arguments[1] == nullptr) return 2;
  if (!is_traced()) {
    fprintf(stderr, "without_vdso: cannot trace itself\n");
    return 2;
  }
  execvp(arguments[1], arguments + 1);
  perror(arguments[1]);
  return 2;
}
