// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/bpf/program.h"

#include <cstdio>

#include "src/syscalls/constants.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

constexpr uint32_t kEndOfArguments = kArgumentsOffset + 8 * kMaxArguments;

std::string word_name(uint32_t offset) {
  if (offset == kNumberOffset) return "number";
  if (offset == kArchitectureOffset) return "architecture";
  if (offset < kArgumentsOffset || offset >= kEndOfArguments) {
    return "word " + std::to_string(offset);
  }
  const uint32_t argument = (offset - kArgumentsOffset) / 8;
  const bool high = (offset - kArgumentsOffset) % 8 != 0;
  return "argument " + std::to_string(argument) + (high ? " high" : " low");
}

const char* jump_name(uint16_t code) {
  switch (BPF_OP(code)) {
    case BPF_JEQ:
      return "jeq";
    case BPF_JGT:
      return "jgt";
    case BPF_JGE:
      return "jge";
    case BPF_JSET:
      return "jset";
    default:
      return "j?";
  }
}

std::string hexadecimal(uint32_t value) {
  char text[16];
  snprintf(text, sizeof text, "0x%x", value);
  return text;
}

// What the accumulator holds, as far as the listing needs it to name constants.
std::string constant_name(const std::string& accumulator, uint32_t value,
                          Architecture architecture) {
  if (accumulator == "number") {
    const Syscall* call = find_syscall(architecture, static_cast<int>(value));
    return call == nullptr ? "" : std::string(" (").append(call->name).append(")");
  }
  if (accumulator == "architecture" && value == audit_architecture(architecture)) {
    return std::string(" (").append(architecture_name(architecture)).append(")");
  }
  return "";
}

class Lister {
 public:
  explicit Lister(Architecture architecture) : architecture_(architecture) {}

  std::string line(size_t index, const Instruction& instruction) {
    char number[32];
    snprintf(number, sizeof number, "%4zu: ", index);
    return number + text(index, instruction) + "\n";
  }

 private:
  std::string text(size_t index, const Instruction& instruction) {
    switch (BPF_CLASS(instruction.code)) {
      case BPF_LD:
        accumulator_ = word_name(instruction.k);
        return "ld    " + accumulator_;
      case BPF_ALU:
        return (BPF_OP(instruction.code) == BPF_AND ? "and   " : "alu   ") +
               hexadecimal(instruction.k);
      case BPF_JMP:
        return jump(index, instruction);
      case BPF_RET:
        return "ret   " + action_name(instruction.k);
      default:
        return "code  " + hexadecimal(instruction.code) + " " + hexadecimal(instruction.k);
    }
  }

  std::string jump(size_t index, const Instruction& instruction) const {
    if (BPF_OP(instruction.code) == BPF_JA) {
      return "ja    " + std::to_string(index + 1 + instruction.k);
    }
    std::string text = std::string(jump_name(instruction.code));
    text.resize(6, ' ');
    if (accumulator_ == "number") {
      text.append("#").append(std::to_string(instruction.k));
    } else {
      text.append(hexadecimal(instruction.k));
    }
    text += constant_name(accumulator_, instruction.k, architecture_);
    if (text.size() < 37) text.resize(37, ' ');
    return text + " true: " + std::to_string(index + 1 + instruction.jt) +
           "  false: " + std::to_string(index + 1 + instruction.jf);
  }

  Architecture architecture_;
  std::string accumulator_;
};

}  // namespace

std::string listing(const Program& program, Architecture architecture) {
  Lister lister(architecture);
  std::string text;
  for (size_t i = 0; i < program.size(); i++) text += lister.line(i, program[i]);
  return text;
}

std::string action_name(uint32_t action) {
  const std::string data = "(" + std::to_string(action & SECCOMP_RET_DATA) + ")";
  switch (action & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_KILL_PROCESS:
      return "KILL_PROCESS";
    case SECCOMP_RET_KILL_THREAD:
      return "KILL_THREAD";
    case SECCOMP_RET_TRAP:
      return "TRAP";
    case SECCOMP_RET_ERRNO:
      return "ERRNO" + data;
    case SECCOMP_RET_USER_NOTIF:
      return "USER_NOTIF";
    case SECCOMP_RET_TRACE:
      return "TRACE" + data;
    case SECCOMP_RET_LOG:
      return "LOG";
    case SECCOMP_RET_ALLOW:
      return "ALLOW";
    default:
      return hexadecimal(action);
  }
}

}  // namespace qsbx
