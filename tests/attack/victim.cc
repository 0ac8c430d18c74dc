// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/attack/victim.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace {

constexpr uint64_t kPlainCall = 0;
constexpr uint64_t kI386Call = 3;
constexpr uint64_t kTaskCall = 6;
constexpr std::array<unsigned char, 24> kCode = {
    0x0f, 0x05, 0xcc,              // 0: syscall; int3
    0xcd, 0x80, 0xcc,              // 3: int $0x80; int3
    0x0f, 0x05,                    // 6: syscall
    0x85, 0xc0, 0x75, 0x09,        //    test %eax,%eax; jnz 21
    0x31, 0xff,                    //    xor %edi,%edi
    0xb8, 0x3c, 0x00, 0x00, 0x00,  //    mov $SYS_exit,%eax
    0x0f, 0x05,                    //    syscall
    0xcc,                          // 21: int3
};

uint64_t entry_point(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/auxv", std::ios::binary);
  Elf64_auxv_t entry;
  while (file.read(reinterpret_cast<char*>(&entry), sizeof entry)) {
    if (entry.a_type == AT_ENTRY) return entry.a_un.a_val;
  }
  fail("no entry point of process " + std::to_string(process));
}

bool is_plain_stop(int status, int signal) { return WIFSTOPPED(status) && status >> 8 == signal; }

bool is_end(int status) { return WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_EXIT; }

}  // namespace

void fail(const std::string& what) {
  fprintf(stderr, "%s: %s\n", what.c_str(), strerror(errno));
  exit(2);
}

Victim::Victim(pid_t thread) : thread_(thread), code_(entry_point(thread)) {
  if (ptrace(PTRACE_SEIZE, thread_, nullptr, PTRACE_O_TRACEEXIT) != 0) fail("cannot attach");
  if (ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr) != 0) fail("cannot stop");
  wait_for_stop();
  if (ptrace(PTRACE_GETREGS, thread_, nullptr, &saved_) != 0) fail("cannot read registers");
  const struct iovec local = {saved_code_.data(), saved_code_.size()};
  const struct iovec remote = {reinterpret_cast<void*>(code_), saved_code_.size()};
  if (process_vm_readv(thread_, &local, 1, &remote, 1, 0) < 0) fail("cannot read code");
  change_code(kCode.data());
}

void Victim::change_code(const void* bytes) {
  for (size_t at = 0; at < kCode.size(); at += sizeof(long)) {
    long word;
    memcpy(&word, static_cast<const char*>(bytes) + at, sizeof word);
    if (ptrace(PTRACE_POKETEXT, thread_, code_ + at, word) != 0) fail("cannot write code");
  }
}

struct user_regs_struct Victim::registers_for(uint64_t code, long number) const {
  struct user_regs_struct registers = saved_;
  registers.rip = code_ + code;
  registers.rax = static_cast<uint64_t>(number);
  registers.orig_rax = ~0ull;  // no system call to restart
  registers.rsp = (saved_.rsp - 4096) & ~0xfull;
  return registers;
}

Answer Victim::call_by(uint64_t code, long number, const CallArguments& arguments) {
  struct user_regs_struct registers = registers_for(code, number);
  registers.rdi = arguments[0];
  registers.rsi = arguments[1];
  registers.rdx = arguments[2];
  registers.r10 = arguments[3];
  registers.r8 = arguments[4];
  registers.r9 = arguments[5];
  return run(registers);
}

Answer Victim::call(long number, const CallArguments& arguments) {
  return call_by(kPlainCall, number, arguments);
}

Answer Victim::call_that_makes_a_task(long number, const CallArguments& arguments) {
  const Answer answer = call_by(kTaskCall, number, arguments);
  if (answer.outcome == Outcome::kReturned && answer.value > 0)
    wait_for_end_of_thread(answer.value);
  return answer;
}

// The code that a new thread exits by must stay until it has; a process has a copy.
void Victim::wait_for_end_of_thread(long thread) const {
  const std::string task = "/proc/" + std::to_string(thread_) + "/task/" + std::to_string(thread);
  while (access(task.c_str(), F_OK) == 0) usleep(1000);
}

Answer Victim::call_of_i386(long number, const CallArguments& arguments) {
  struct user_regs_struct registers = registers_for(kI386Call, number);
  registers.rbx = arguments[0];
  registers.rcx = arguments[1];
  registers.rdx = arguments[2];
  registers.rsi = arguments[3];
  registers.rdi = arguments[4];
  registers.rbp = arguments[5];
  return run(registers);
}

Answer Victim::run(const struct user_regs_struct& registers) {
  if (ptrace(PTRACE_SETREGS, thread_, nullptr, &registers) != 0) fail("cannot set registers");
  for (long signal_to_deliver = 0;;) {
    ptrace(PTRACE_CONT, thread_, nullptr, signal_to_deliver);
    const int status = wait_for_stop();
    if (!WIFSTOPPED(status)) {
      lives_ = false;
      return {Outcome::kEnded, status};
    }
    if (is_end(status)) return end();
    if (is_plain_stop(status, SIGTRAP)) return result();
    signal_to_deliver = status >> 16 == 0 ? WSTOPSIG(status) : 0;
    long data = 0;
    if (!is_kept(static_cast<int>(signal_to_deliver))) continue;
    if (is_trap(data)) return {Outcome::kTrapped, data};
    return {Outcome::kSignal, signal_to_deliver};
  }
}

Answer Victim::result() const {
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, thread_, nullptr, &registers) != 0) fail("cannot read registers");
  return {Outcome::kReturned, static_cast<long>(registers.rax)};
}

Answer Victim::end() {
  unsigned long status = 0;
  ptrace(PTRACE_GETEVENTMSG, thread_, nullptr, &status);
  ptrace(PTRACE_DETACH, thread_, nullptr, nullptr);
  lives_ = false;
  return {Outcome::kEnded, static_cast<long>(status)};
}

// A signal that the call itself brings about; any other is the process's.
bool Victim::is_kept(int signal) const {
  if (signal == SIGSYS) return !delivers_traps_;
  return signal == SIGSEGV || signal == SIGILL || signal == SIGBUS;
}

bool Victim::is_trap(long& data) const {
  constexpr int kSeccompTrap = 1;  // SYS_SECCOMP
  siginfo_t info;
  if (ptrace(PTRACE_GETSIGINFO, thread_, nullptr, &info) != 0) fail("cannot read the signal");
  if (info.si_signo != SIGSYS || info.si_code != kSeccompTrap) return false;
  data = info.si_errno;
  return true;
}

int Victim::wait_for_stop() const {
  int status = 0;
  if (waitpid(thread_, &status, __WALL) != thread_) fail("cannot wait");
  return status;
}

uint64_t Victim::memory() const { return (saved_.rsp - 65536) & ~0xfffull; }

void Victim::write(uint64_t address, const void* bytes, size_t size) const {
  const struct iovec local = {const_cast<void*>(bytes), size};
  const struct iovec remote = {reinterpret_cast<void*>(address), size};
  if (process_vm_writev(thread_, &local, 1, &remote, 1, 0) < 0) fail("cannot write memory");
}

uint64_t Victim::put(const void* bytes, size_t size) const {
  write(memory(), bytes, size);
  return memory();
}

void Victim::let_go() {
  if (!lives_) return;
  change_code(saved_code_.data());
  ptrace(PTRACE_SETREGS, thread_, nullptr, &saved_);
  ptrace(PTRACE_DETACH, thread_, nullptr, nullptr);
}
