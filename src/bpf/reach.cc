// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/bpf/reach.h"

#include <algorithm>
#include <map>
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

using Steps = std::optional<StepRange>;

Steps either(const Steps& a, const Steps& b) {
  if (!a || !b) return a ? a : b;
  return StepRange{std::min(a->least, b->least), std::max(a->most, b->most)};
}

class Explorer {
 public:
  Explorer(const Program& program, uint32_t audit_arch, int number)
      : program_(program), audit_arch_(audit_arch), number_(static_cast<uint32_t>(number)) {}

  // From there to an end that lets the call run.
  Steps explore(size_t at, std::optional<uint32_t> accumulator) {
    const auto [place, is_new] = found_.try_emplace({at, accumulator});
    if (!is_new) return place->second;
    Steps steps = beyond(at, accumulator);
    if (steps) steps = StepRange{steps->least + 1, steps->most + 1};
    return place->second = steps;
  }

 private:
  Steps beyond(size_t at, std::optional<uint32_t> accumulator) {
    const Instruction& instruction = program_[at];
    switch (BPF_CLASS(instruction.code)) {
      case BPF_RET: {
        const bool runs = BPF_RVAL(instruction.code) == BPF_A || lets_run(instruction.k);
        return runs ? Steps(StepRange{}) : std::nullopt;
      }
      case BPF_JMP:
        if (is_decided(instruction, accumulator)) {
          return explore(at + 1 + decided(instruction, accumulator), accumulator);
        }
        return either(explore(at + 1 + instruction.jt, accumulator),
                      explore(at + 1 + instruction.jf, accumulator));
      default:
        return explore(at + 1, after(instruction, accumulator));
    }
  }

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
  std::map<std::pair<size_t, std::optional<uint32_t>>, Steps> found_;
};

}  // namespace

std::optional<StepRange> steps_to_run(const Program& program, uint32_t audit_arch, int number) {
  return Explorer(program, audit_arch, number).explore(0, std::nullopt);
}

bool may_run(const Program& program, uint32_t audit_arch, int number) {
  return steps_to_run(program, audit_arch, number).has_value();
}

}  // namespace qsbx
