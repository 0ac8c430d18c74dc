// SPDX-License-Identifier: LGPL-2.1-or-later
//
// attempt PID WHAT...: makes a running process itself do what an attacker inside it would do, by
// writing a system call instruction over its entry point, which no running program needs any more,
// and having one of its threads run it.
//
// WHAT is open, connect, exec, map, protect or fork; PID may be the ID of a thread. Prints a line
// for each call; exit status 0 when the process lives, 3 when it was ended, which the line says
// too. A call that succeeds is really made; exec succeeding replaces the process.
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace {

// syscall; int3
constexpr unsigned char kCode[] = {0x0f, 0x05, 0xcc};

[[noreturn]] void fail(const std::string& what) {
  fprintf(stderr, "attempt: %s: %s\n", what.c_str(), strerror(errno));
  exit(2);
}

uint64_t entry_point(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/auxv", std::ios::binary);
  Elf64_auxv_t entry;
  while (file.read(reinterpret_cast<char*>(&entry), sizeof entry)) {
    if (entry.a_type == AT_ENTRY) return entry.a_un.a_val;
  }
  fail("no entry point of process " + std::to_string(pid));
}

class Victim {
 public:
  explicit Victim(pid_t pid) : pid_(pid), code_(entry_point(pid)) {
    if (ptrace(PTRACE_SEIZE, pid_, nullptr, nullptr) != 0) fail("cannot attach");
    if (ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr) != 0) fail("cannot stop");
    wait_for_stop();
    if (ptrace(PTRACE_GETREGS, pid_, nullptr, &saved_) != 0) fail("cannot read registers");
    errno = 0;
    saved_code_ = ptrace(PTRACE_PEEKTEXT, pid_, code_, nullptr);
    if (errno != 0) fail("cannot read code");
    long code = saved_code_;
    memcpy(&code, kCode, sizeof kCode);
    if (ptrace(PTRACE_POKETEXT, pid_, code_, code) != 0) fail("cannot write code");
  }

  // What the call returns; ends this program when it ends the process.
  long call(const std::string& name, long number, const std::array<uint64_t, 6>& arguments) {
    struct user_regs_struct registers = saved_;
    registers.rip = code_;
    registers.rax = static_cast<uint64_t>(number);
    registers.orig_rax = ~0ull;  // no system call to restart
    registers.rsp = (saved_.rsp - 4096) & ~0xfull;
    registers.rdi = arguments[0];
    registers.rsi = arguments[1];
    registers.rdx = arguments[2];
    registers.r10 = arguments[3];
    registers.r8 = arguments[4];
    registers.r9 = arguments[5];
    if (ptrace(PTRACE_SETREGS, pid_, nullptr, &registers) != 0) fail("cannot set registers");
    run_to_breakpoint(name);
    if (ptrace(PTRACE_GETREGS, pid_, nullptr, &registers) != 0) fail("cannot read registers");
    const long result = static_cast<long>(registers.rax);
    report(name, result);
    return result;
  }

  // Bytes for the process to point at; below its stack pointer, where nothing lives.
  uint64_t put(const void* bytes, size_t size) {
    const uint64_t address = (saved_.rsp - 16384) & ~0xfull;
    struct iovec local = {const_cast<void*>(bytes), size};
    struct iovec remote = {reinterpret_cast<void*>(address), size};
    if (process_vm_writev(pid_, &local, 1, &remote, 1, 0) < 0) fail("cannot write memory");
    return address;
  }

  uint64_t stack_page() const { return saved_.rsp & ~0xfffull; }

  void let_go() {
    ptrace(PTRACE_POKETEXT, pid_, code_, saved_code_);
    ptrace(PTRACE_SETREGS, pid_, nullptr, &saved_);
    ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
  }

 private:
  static void report(const std::string& name, long result) {
    if (result == -EPERM || result == -EACCES) {
      printf("%s: refused with %s\n", name.c_str(), strerrorname_np(static_cast<int>(-result)));
    } else if (result < 0 && result >= -4095) {
      printf("%s: NOT STOPPED, the kernel ran it (%s)\n", name.c_str(),
             strerrorname_np(static_cast<int>(-result)));
    } else {
      printf("%s: NOT STOPPED, it returned %#lx\n", name.c_str(),
             static_cast<unsigned long>(result));
    }
    fflush(stdout);
  }

  int wait_for_stop() const {
    int status = 0;
    if (waitpid(pid_, &status, __WALL) != pid_) fail("cannot wait");
    return status;
  }

  void run_to_breakpoint(const std::string& name) const {
    for (long signal_to_deliver = 0;;) {
      ptrace(PTRACE_CONT, pid_, nullptr, signal_to_deliver);
      const int status = wait_for_stop();
      if (WIFSIGNALED(status)) {
        printf("%s: stopped: the process was ended by signal %s\n", name.c_str(),
               sigabbrev_np(WTERMSIG(status)));
        exit(3);
      }
      if (WIFEXITED(status)) {
        printf("%s: the process has ended\n", name.c_str());
        exit(3);
      }
      if (WSTOPSIG(status) == SIGTRAP && status >> 16 == 0) return;
      signal_to_deliver = status >> 16 == 0 ? WSTOPSIG(status) : 0;
    }
  }

  pid_t pid_;
  uint64_t code_;
  long saved_code_ = 0;
  struct user_regs_struct saved_ = {};
};

void attempt_open(Victim& victim) {
  constexpr char kPath[] = "/etc/shadow";
  victim.call("open /etc/shadow", SYS_openat,
              {static_cast<uint64_t>(AT_FDCWD), victim.put(kPath, sizeof kPath), O_RDONLY});
}

void attempt_connect(Victim& victim) {
  const long fd = victim.call("make a Unix socket", SYS_socket, {AF_UNIX, SOCK_STREAM, 0});
  if (fd < 0) return;
  struct sockaddr_un address = {AF_UNIX, "/run/systemd/private"};
  victim.call("connect it", SYS_connect,
              {static_cast<uint64_t>(fd), victim.put(&address, sizeof address), sizeof address});
}

void attempt_exec(Victim& victim) {
  constexpr char kPath[] = "/bin/true";
  victim.call("exec /bin/true", SYS_execve, {victim.put(kPath, sizeof kPath), 0, 0});
}

void attempt_map(Victim& victim) {
  victim.call("map executable memory", SYS_mmap,
              {0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, ~0ull, 0});
}

void attempt_protect(Victim& victim) {
  victim.call("make memory executable", SYS_mprotect,
              {victim.stack_page(), 4096, PROT_READ | PROT_EXEC});
}

void attempt_fork(Victim& victim) { victim.call("fork", SYS_fork, {}); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: attempt PID open|connect|exec|map|protect|fork...\n");
    return 2;
  }
  Victim victim(static_cast<pid_t>(strtol(argv[1], nullptr, 10)));
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
