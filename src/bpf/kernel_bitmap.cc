// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The emulator of kernel/seccomp.c that decides, as a filter is attached, which calls need no run
// of it.
#include "src/bpf/interpreter.h"
#include "src/bpf/kernel_cost.h"

namespace qsbx {
namespace {

struct Step {
  bool known;      // the emulator can go on
  size_t next;     // where
  uint32_t value;  // with this accumulator
};

bool jump_taken(uint16_t operation, uint32_t accumulator, uint32_t k) {
  switch (operation) {
    case BPF_JEQ:
      return accumulator == k;
    case BPF_JGE:
      return accumulator >= k;
    case BPF_JGT:
      return accumulator > k;
    default:  // BPF_JSET
      return (accumulator & k) != 0;
  }
}

Step emulate(const Instruction& instruction, size_t at, uint32_t accumulator, uint32_t audit_arch,
             int number) {
  switch (instruction.code) {
    case BPF_LD | BPF_W | BPF_ABS:
      if (instruction.k == kNumberOffset) return {true, at + 1, static_cast<uint32_t>(number)};
      return {instruction.k == kArchitectureOffset, at + 1, audit_arch};
    case BPF_JMP | BPF_JA:
      return {true, at + 1 + instruction.k, accumulator};
    case BPF_JMP | BPF_JEQ | BPF_K:
    case BPF_JMP | BPF_JGE | BPF_K:
    case BPF_JMP | BPF_JGT | BPF_K:
    case BPF_JMP | BPF_JSET | BPF_K: {
      const bool taken = jump_taken(BPF_OP(instruction.code), accumulator, instruction.k);
      return {true, at + 1 + (taken ? instruction.jt : instruction.jf), accumulator};
    }
    case BPF_ALU | BPF_AND | BPF_K:
      return {true, at + 1, accumulator & instruction.k};
    default:
      return {false, at, accumulator};
  }
}

struct Emulation {
  bool allows;
  int steps;
};

Emulation emulate_call(const Program& program, uint32_t audit_arch, int number) {
  uint32_t accumulator = 0;
  int steps = 0;
  for (size_t at = 0; at < program.size();) {
    const Instruction& instruction = program[at];
    ++steps;
    if (instruction.code == (BPF_RET | BPF_K)) {
      return {instruction.k == SECCOMP_RET_ALLOW, steps};
    }
    const Step step = emulate(instruction, at, accumulator, audit_arch, number);
    if (!step.known) break;
    at = step.next;
    accumulator = step.value;
  }
  return {false, steps};
}

}  // namespace

bool kernel_caches(const Program& program, uint32_t audit_arch, int number) {
  return emulate_call(program, audit_arch, number).allows;
}

int emulation_steps(const Program& program, uint32_t audit_arch, int number) {
  return emulate_call(program, audit_arch, number).steps;
}

}  // namespace qsbx
