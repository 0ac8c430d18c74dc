// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The emulator of kernel/seccomp.c that decides, as a filter is attached, which calls need no run
// of it.
#include "src/bpf/kernel_bitmap.h"

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

constexpr uint16_t kReturn = BPF_RET | BPF_K;

struct Emulation {
  size_t end;  // the instruction where it stopped
  int steps;
};

Emulation emulate_call(const Program& program, uint32_t audit_arch, int number) {
  uint32_t accumulator = 0;
  int steps = 0;
  for (size_t at = 0; at < program.size();) {
    const Instruction& instruction = program[at];
    ++steps;
    const Step step = emulate(instruction, at, accumulator, audit_arch, number);
    if (!step.known) return {at, steps};
    at = step.next;
    accumulator = step.value;
  }
  return {program.size(), steps};
}

bool is_allow(const Instruction& instruction) {
  return instruction.code == kReturn && instruction.k == SECCOMP_RET_ALLOW;
}

bool is_denial(const Instruction& instruction) {
  return instruction.code == kReturn &&
         (instruction.k & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ALLOW;
}

bool is_emulated(const Instruction& instruction) {
  return emulate(instruction, 0, 0, 0, 0).known || is_allow(instruction) || is_denial(instruction);
}

}  // namespace

bool kernel_caches(const Program& program, uint32_t audit_arch, int number) {
  const size_t end = emulate_call(program, audit_arch, number).end;
  return end < program.size() && is_allow(program[end]);
}

int emulation_steps(const Program& program, uint32_t audit_arch, int number) {
  return emulate_call(program, audit_arch, number).steps;
}

std::optional<size_t> bitmap_obstacle(const Program& program, uint32_t audit_arch, int number) {
  const size_t end = emulate_call(program, audit_arch, number).end;
  if (end < program.size() && (is_allow(program[end]) || is_denial(program[end]))) {
    return std::nullopt;
  }
  return end;
}

std::optional<size_t> first_bitmap_obstacle(const Program& program) {
  for (size_t at = 0; at < program.size(); ++at) {
    if (!is_emulated(program[at])) return at;
  }
  return std::nullopt;
}

}  // namespace qsbx
