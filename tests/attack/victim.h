// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A thread of a running process that makes system calls for somebody else, by ptrace:
//
//   Victim victim(thread);
//   const uint64_t path = victim.put("/etc/shadow", 12);
//   const Answer answer = victim.call(SYS_open, {path, O_RDONLY});
//   victim.let_go();
//
// The thread's filters see these calls as they see its own. They are made by code that is written
// over the process's entry point, which no running program needs any more; so one thread of a
// process at a time.
#ifndef QSBX_TESTS_ATTACK_VICTIM_H_
#define QSBX_TESTS_ATTACK_VICTIM_H_

#include <sys/types.h>
#include <sys/user.h>

#include <array>
#include <cstdint>
#include <string>

using CallArguments = std::array<uint64_t, 6>;

[[noreturn]] void fail(const std::string& what);

enum class Outcome {
  kReturned,  // value: what the call returned
  kTrapped,   // a filter answered TRAP, and the signal was not delivered; value: the answer's data
  kSignal,    // the thread got another signal for it, which was not delivered; value: the signal
  kEnded,     // the thread has ended, and perhaps its process; value: its status, as of wait()
};

struct Answer {
  Outcome outcome;
  long value;
};

class Victim {
 public:
  explicit Victim(pid_t thread);

  // What a filter's SIGSYS does: stays with us, so that the thread lives; or goes to the process's
  // handler.
  void deliver_traps() { delivers_traps_ = true; }

  Answer call(long number, const CallArguments& arguments);
  // For calls that make a process or a thread: what is made exits at once, and touches no memory
  // before.
  Answer call_that_makes_a_task(long number, const CallArguments& arguments);
  // A call of i386, by `int $0x80`.
  Answer call_of_i386(long number, const CallArguments& arguments);

  // Memory of the thread that nothing lives in, some pages: far below its stack pointer.
  uint64_t memory() const;
  void write(uint64_t address, const void* bytes, size_t size) const;
  uint64_t put(const void* bytes, size_t size) const;

  uint64_t stack_page() const { return saved_.rsp & ~0xfffull; }
  void let_go();

 private:
  void change_code(const void* bytes);
  struct user_regs_struct registers_for(uint64_t code, long number) const;
  Answer call_by(uint64_t code, long number, const CallArguments& arguments);
  Answer run(const struct user_regs_struct& registers);
  int wait_for_stop() const;
  void wait_for_end_of_thread(long thread) const;
  Answer result() const;
  Answer end();
  bool is_kept(int signal) const;
  bool is_trap(long& data) const;

  pid_t thread_;
  uint64_t code_;
  std::array<unsigned char, 24> saved_code_ = {};
  struct user_regs_struct saved_ = {};
  bool delivers_traps_ = false;
  bool lives_ = true;
};

#endif
