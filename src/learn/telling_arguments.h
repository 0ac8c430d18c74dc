// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The arguments of a call that say what it is for, such as the command of an ioctl. Descriptors,
// addresses and lengths differ from run to run and are left out, but for a zero that stands for a
// whole file.
#ifndef QSBX_LEARN_TELLING_ARGUMENTS_H_
#define QSBX_LEARN_TELLING_ARGUMENTS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/policy/expression.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {

// By the argument's place; nullopt: it tells nothing. In place of a folder's descriptor only
// AT_FDCWD tells, so that nullopt there means a descriptor.
using TellingArguments = std::array<std::optional<uint64_t>, kMaxArguments>;

TellingArguments telling_arguments_of(Architecture architecture, int64_t number,
                                      const Arguments& arguments);

// Name and text of each that tells: "prot", "PROT_READ".
std::vector<std::pair<std::string, std::string>> texts_of(Architecture architecture, int64_t number,
                                                          const TellingArguments& telling);

// " prot=PROT_READ flags=MAP_PRIVATE"; empty when nothing tells.
std::string text_of(Architecture architecture, int64_t number, const TellingArguments& telling);

bool is_folder_descriptor(const SyscallArgument& argument);

// nullptr for a number that has no name.
const Syscall* find_traced_call(Architecture architecture, int64_t number);

// Whether the condition holds for all calls with these arguments, or for none; nullopt when it
// looks at others, too, that decide. Without any, of all calls of that number.
std::optional<bool> holds_for(const Expression& condition, const Syscall& call,
                              const std::optional<TellingArguments>& telling);

}  // namespace qsbx

#endif
