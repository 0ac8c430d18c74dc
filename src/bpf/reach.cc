// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/bpf/reach.h"

#include <optional>
#include <set>
#include <utility>

namespace qsbx {
namespace {

bool lets_run(uint32_t action) {
  switch (action & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_USER_NOTIF:
      return true;
    default:
      return false;
  }
}

class Explorer {
 public:
  Explorer(const Program& program, uint32_t audit_arch, int number)
      : program_(program), audit_arch_(audit_arch), number_(static_cast<uint32_t>(number)) {}

  bool explore(size_t at, std::optional<uint32_t> accumulator) {
    while (seen_.emplace(at, accumulator).second) {
      const Instruction& instruction = program_[at];
      switch (BPF_CLASS(instruction.code)) {
        case BPF_RET:
          return BPF_RVAL(instruction.code) == BPF_A || lets_run(instruction.k);
        case BPF_JMP:
          if (!is_decided(instruction, accumulator)) {
            if (explore(at + 1 + instruction.jt, accumulator)) return true;
            at += 1 + instruction.jf;
          } else {
            at += 1 + decided(instruction, accumulator);
          }
          break;
        default:
          accumulator = after(instruction, accumulator);
          at++;
      }
    }
    return false;
  }

 private:
  static bool is_decided(const Instruction& instruction, std::optional<uint32_t> accumulator) {
    return BPF_OP(instruction.code) == BPF_JA ||
           (accumulator && BPF_SRC(instruction.code) == BPF_K);
  }

  static uint32_t decided(const Instruction& instruction, std::optional<uint32_t> accumulator) {
    switch (BPF_OP(instruction.code)) {
      case BPF_JEQ:
        return *accumulator == instruction.k ? instruction.jt : instruction.jf;
      case BPF_JGT:
        return *accumulator > instruction.k ? instruction.jt : instruction.jf;
      case BPF_JGE:
        return *accumulator >= instruction.k ? instruction.jt : instruction.jf;
      case BPF_JSET:
        return (*accumulator & instruction.k) != 0 ? instruction.jt : instruction.jf;
      default:  // BPF_JA
        return instruction.k;
    }
  }

  std::optional<uint32_t> after(const Instruction& instruction,
                                std::optional<uint32_t> accumulator) const {
    if (instruction.code == (BPF_LD | BPF_W | BPF_ABS)) {
      if (instruction.k == kNumberOffset) return number_;
      if (instruction.k == kArchitectureOffset) return audit_arch_;
      return std::nullopt;
    }
    if (instruction.code == (BPF_ALU | BPF_AND | BPF_K) && accumulator) {
      return *accumulator & instruction.k;
    }
    const bool changes_accumulator = BPF_CLASS(instruction.code) == BPF_LD ||
                                     BPF_CLASS(instruction.code) == BPF_ALU ||
                                     instruction.code == (BPF_MISC | BPF_TXA);
    return changes_accumulator ? std::nullopt : accumulator;
  }

  const Program& program_;
  uint32_t audit_arch_;
  uint32_t number_;
  std::set<std::pair<size_t, std::optional<uint32_t>>> seen_;
};

}  // namespace

bool may_run(const Program& program, uint32_t audit_arch, int number) {
  return Explorer(program, audit_arch, number).explore(0, std::nullopt);
}

}  // namespace qsbx
