// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/proof/mutants.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace qsbx {
namespace {

constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;

Instruction constant(uint32_t value) { return BPF_STMT(BPF_LD | BPF_IMM, value); }
Instruction skip(uint32_t count) { return BPF_STMT(BPF_JMP | BPF_JA, count); }

bool is_conditional(const Instruction& instruction) {
  return BPF_CLASS(instruction.code) == BPF_JMP && BPF_OP(instruction.code) != BPF_JA;
}

bool equal(const Program& a, const Program& b) {
  return a.size() == b.size() && memcmp(a.data(), b.data(), a.size() * sizeof(Instruction)) == 0;
}

// Moves the targets of all jumps that cross `place`, by one instruction.
void stretch_jumps(Program& program, size_t place, int by) {
  const auto moved = [&](size_t from, uint32_t offset) {
    const bool crosses = from <= place && from + 1 + offset > place;
    return offset + static_cast<uint32_t>(crosses ? by : 0);
  };
  for (size_t i = 0; i < program.size(); ++i) {
    Instruction& jump = program[i];
    if (BPF_CLASS(jump.code) != BPF_JMP) continue;
    if (!is_conditional(jump)) {
      jump.k = moved(i, jump.k);
      continue;
    }
    jump.jt = static_cast<uint8_t>(moved(i, jump.jt));
    jump.jf = static_cast<uint8_t>(moved(i, jump.jf));
  }
}

// Jumps to it go to the next one.
Program without(Program program, size_t place) {
  program[place] = skip(0);
  stretch_jumps(program, place, -1);
  program.erase(program.begin() + static_cast<ptrdiff_t>(place));
  return program;
}

// Jumps to the next one pass it by.
Program with_next(Program program, size_t place, const Instruction& next) {
  stretch_jumps(program, place, 1);
  if (BPF_CLASS(program[place].code) == BPF_JMP) program[place] = skip(0);
  program.insert(program.begin() + static_cast<ptrdiff_t>(place) + 1, next);
  return program;
}

class Mutants {
 public:
  Mutants(const Program& program, size_t place) : program_(program), place_(place) {}

  const Instruction& original() const { return program_[place_]; }

  void add(const char* fault, const Instruction& changed) {
    Program mutant = program_;
    mutant[place_] = changed;
    add(fault, std::move(mutant));
  }

  void add(const char* fault, Program mutant) {
    const auto is_this = [&](const Mutant& other) { return equal(other.program, mutant); };
    if (equal(mutant, program_) || std::any_of(mutants_.begin(), mutants_.end(), is_this)) return;
    mutants_.push_back({fault, std::move(mutant)});
  }

  std::vector<Mutant> take() { return std::move(mutants_); }

 private:
  const Program& program_;
  size_t place_;
  std::vector<Mutant> mutants_;
};

// The faults that are known by name come first, so that they are counted under it.
void add_load_mutants(Mutants& mutants, const Program& program, size_t place,
                      Architecture architecture) {
  Instruction load = mutants.original();
  if (load.code != kLoad) return;
  if (load.k == kArchitectureOffset) {
    mutants.add("architecture not checked", constant(audit_architecture(architecture)));
  }
  if (load.k == kNumberOffset) {
    mutants.add("x32 let through",
                with_next(program, place, BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~kX32Bit)));
  }
  if (load.k >= kArgumentsOffset) {
    mutants.add(load.k % 8 == 0 ? "low word dropped" : "high word dropped", constant(0));
  }
  for (uint32_t offset : {load.k ^ 4, load.k + 8, load.k - 8}) {
    load.k = offset;
    mutants.add("another word", load);
  }
}

void add_jump_mutants(Mutants& mutants) {
  static constexpr uint16_t kOperations[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
  const Instruction& jump = mutants.original();
  if (!is_conditional(jump)) return;
  Instruction swapped = jump;
  std::swap(swapped.jt, swapped.jf);
  mutants.add("branches swapped", swapped);
  mutants.add("always jumps", skip(jump.jt));
  mutants.add("never jumps", skip(jump.jf));
  for (uint16_t operation : kOperations) {
    Instruction mutant = jump;
    mutant.code = static_cast<uint16_t>(BPF_JMP | operation | BPF_K);
    mutants.add("another comparison", mutant);
  }
  for (int by : {-1, 1}) {
    Instruction mutant = jump;
    mutant.jt = static_cast<uint8_t>(mutant.jt + by);
    mutants.add("jump off by one", mutant);
    mutant = jump;
    mutant.jf = static_cast<uint8_t>(mutant.jf + by);
    mutants.add("jump off by one", mutant);
  }
}

void add_constant_mutants(Mutants& mutants, size_t place) {
  Instruction mutant = mutants.original();
  const uint32_t k = mutant.k;
  if (mutant.code == kLoad) return;
  for (uint32_t changed : {k + 1, k - 1}) {
    mutant.k = changed;
    mutants.add("constant off by one", mutant);
  }
  for (uint32_t bit : {0U, 15U, 16U, 30U, 31U, static_cast<uint32_t>(place % 32)}) {
    mutant.k = k ^ 1U << bit;
    mutants.add("constant with another bit", mutant);
  }
  for (uint32_t changed : {0U, ~k}) {
    mutant.k = changed;
    mutants.add("another constant", mutant);
  }
}

void add_mask_mutants(Mutants& mutants) {
  Instruction mutant = mutants.original();
  const uint32_t k = mutant.k;
  const bool mask =
      mutant.code == (BPF_ALU | BPF_AND | BPF_K) || mutant.code == (BPF_JMP | BPF_JSET | BPF_K);
  for (uint32_t bit = 0; mask && bit < 32; ++bit) {
    mutant.k = k ^ 1U << bit;
    mutants.add("mask with another bit", mutant);
  }
}

void add_return_mutants(Mutants& mutants) {
  const bool is_return = BPF_CLASS(mutants.original().code) == BPF_RET;
  for (uint32_t action :
       {SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_LOG, SECCOMP_RET_ERRNO | 1U}) {
    mutants.add(is_return ? "another action" : "ends early", BPF_STMT(BPF_RET | BPF_K, action));
  }
}

}  // namespace

std::vector<Mutant> mutants_at(const Program& program, size_t place, Architecture architecture) {
  Mutants mutants(program, place);
  add_load_mutants(mutants, program, place, architecture);
  add_mask_mutants(mutants);
  add_jump_mutants(mutants);
  add_return_mutants(mutants);
  add_constant_mutants(mutants, place);
  mutants.add("dropped", without(program, place));
  return mutants.take();
}

}  // namespace qsbx
