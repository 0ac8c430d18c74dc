// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/learn/random_trace.h"

#include <vector>

#include "src/syscalls/constants.h"

namespace qsbx::testing {
namespace {

constexpr const char* kCalls[] = {"openat", "ioctl",      "fcntl", "mmap",    "socket",
                                  "futex",  "setsockopt", "close", "connect", "linkat"};

uint64_t up_to(Random& random, uint64_t most) {
  return std::uniform_int_distribution<uint64_t>(0, most)(random);
}

// Of the first few names of a group, so that values meet.
std::vector<uint64_t> few_values(const ConstantGroup& group) {
  constexpr size_t kFew = 5;
  std::vector<uint64_t> values;
  for (const Constant& constant : group.constants) {
    if (constant.is_printed && values.size() < kFew) values.push_back(constant.value);
  }
  return values;
}

uint64_t random_constant(Random& random, const ConstantGroup& group) {
  const std::vector<uint64_t> few = few_values(group);
  if (group.kind == ConstantKind::kEnumeration) return few[up_to(random, few.size() - 1)];
  uint64_t value = 0;
  for (const uint64_t flag : few) {
    if (up_to(random, 2) == 0) value |= flag;
  }
  return value;
}

uint64_t random_argument(Random& random, const SyscallArgument& argument,
                         Architecture architecture) {
  const uint64_t rubbish = argument.bits == 64 ? 0 : random() << argument.bits;
  const ConstantGroup* group = find_constant_group(architecture, argument.constants);
  const bool is_named = group != nullptr && up_to(random, 7) != 0;
  const uint64_t value = is_named ? random_constant(random, *group) : up_to(random, 7);
  const uint64_t low = argument.bits == 64 ? value : value & ((uint64_t{1} << argument.bits) - 1);
  return low | rubbish;
}

}  // namespace

RandomCall random_traced_call(Random& random, Architecture architecture) {
  constexpr const char* kRoles[] = {"main", "vcpu", "worker"};
  const Syscall* call = find_syscall(architecture, kCalls[up_to(random, std::size(kCalls) - 1)]);
  RandomCall made = {kRoles[up_to(random, 2)], call->number, {}};
  for (size_t i = 0; i < kMaxArguments; ++i) {
    made.arguments[i] = i < call->arguments.size()
                            ? random_argument(random, call->arguments[i], architecture)
                            : random();
  }
  return made;
}

void add(Trace& trace, Phase phase, const RandomCall& call, uint64_t times) {
  const TellingArguments telling =
      telling_arguments_of(trace.architecture, call.number, call.arguments);
  trace.calls[{phase, call.role, call.number}].add(telling, times);
}

Trace random_trace(Random& random, Architecture architecture) {
  Trace trace;
  trace.name = "run " + std::to_string(up_to(random, 1000));
  trace.command = {"qemu-system-x86_64", "-name", "a \"b\"\n"};
  trace.architecture = architecture;
  trace.kernel = "6.18";
  trace.parts = {{"accelerator", "tcg"}, {"device", "virtio-blk-pci"}};
  if (up_to(random, 1) == 0) trace.lost = up_to(random, 2);
  trace.devices_ready = up_to(random, 1) == 0;
  for (uint64_t i = up_to(random, 200); i != 0; --i) {
    const Phase phase = up_to(random, 3) == 0 ? Phase::kBoot : Phase::kRun;
    add(trace, phase, random_traced_call(random, architecture), 1 + up_to(random, 1000));
  }
  return trace;
}

}  // namespace qsbx::testing
