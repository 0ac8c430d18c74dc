// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/telling_arguments.h"

#include <algorithm>

#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

// In place of a folder's, which is to a condition as any other.
constexpr uint64_t kSomeDescriptor = 3;

uint64_t relevant_bits(const SyscallArgument& argument, uint64_t value) {
  return argument.bits == 64 ? value : value & ((uint64_t{1} << argument.bits) - 1);
}

bool is_current_folder(Architecture architecture, uint64_t value) {
  return find_constant(architecture, "at_fd", "AT_FDCWD").value_or(0) ==
         static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(value)));
}

// The size of a socket's address says of which family it is.
bool is_address_length(const SyscallArgument& argument) {
  return !argument.is_pointer && (argument.name == "addrlen" || argument.name == "addr_len");
}

// A zero says that a file is emptied, or that the advice is for all of it.
bool is_whole_file(const Syscall& call, const SyscallArgument& argument, uint64_t value) {
  if (value != 0) return false;
  if (call.name == "ftruncate") return argument.name == "length";
  return call.name == "fadvise64" && (argument.name == "offset" || argument.name == "len");
}

// Whether a value of an argument that has names says what the call is for: a descriptor or a
// pointer in its place does not, nor do permissions, which stand in the register whether a file is
// made or not.
bool is_telling(Architecture architecture, const SyscallArgument& argument, uint64_t value) {
  if (is_address_length(argument)) return true;
  if (argument.constants.empty() || argument.is_pointer) return false;
  if (argument.constants == "file_mode" || argument.constants == "ipc_key") return false;
  if (argument.constants == "fcntl_arg") return value <= UINT32_MAX;
  if (is_folder_descriptor(argument)) return is_current_folder(architecture, value);
  return true;
}

// What a comparison may look at of an argument; nullopt when that is not known.
std::optional<uint64_t> known_value(const Syscall& call, const Operand& operand,
                                    const std::optional<TellingArguments>& telling) {
  if (!telling) return std::nullopt;
  const auto index = static_cast<size_t>(operand.argument);
  if ((*telling)[index]) return (*telling)[index];
  const bool is_folder =
      index < call.arguments.size() && is_folder_descriptor(call.arguments[index]);
  return is_folder ? std::optional(kSomeDescriptor) : std::nullopt;
}

class PartialEvaluation {
 public:
  PartialEvaluation(const Syscall& call, const std::optional<TellingArguments>& telling)
      : call_(call), telling_(telling) {}

  std::optional<bool> of(const Expression& condition) const {
    const ExpressionNode& node = condition.node();
    switch (node.kind) {
      case ExpressionNode::Kind::kConstant:
        return node.constant;
      case ExpressionNode::Kind::kCompare:
      case ExpressionNode::Kind::kIn:
        return test(condition, node.operand);
      case ExpressionNode::Kind::kAll:
        return joined(node.terms, true);
      case ExpressionNode::Kind::kAny:
        return joined(node.terms, false);
      case ExpressionNode::Kind::kNot:
        return negated(of(node.terms.front()));
    }
    return std::nullopt;
  }

 private:
  std::optional<bool> test(const Expression& condition, const Operand& operand) const {
    if (condition.node().descriptors) return true;  // any, and recordings have no kinds
    const std::optional<uint64_t> value = known_value(call_, operand, telling_);
    if (!value) return std::nullopt;
    Arguments arguments = {};
    arguments[static_cast<size_t>(operand.argument)] = *value;
    return holds(condition, arguments);
  }

  // One term that is not `neutral` decides; one that is not known leaves all open.
  std::optional<bool> joined(const std::vector<Expression>& terms, bool neutral) const {
    std::optional<bool> all = neutral;
    for (const Expression& term : terms) {
      const std::optional<bool> one = of(term);
      if (one == !neutral) return !neutral;
      if (!one) all = std::nullopt;
    }
    return all;
  }

  static std::optional<bool> negated(std::optional<bool> value) {
    return value ? std::optional(!*value) : std::nullopt;
  }

  const Syscall& call_;
  const std::optional<TellingArguments>& telling_;
};

}  // namespace

bool is_folder_descriptor(const SyscallArgument& argument) { return argument.constants == "at_fd"; }

const Syscall* find_traced_call(Architecture architecture, int64_t number) {
  if (number < 0 || number > INT32_MAX) return nullptr;
  return find_syscall(architecture, static_cast<int>(number));
}

TellingArguments telling_arguments_of(Architecture architecture, int64_t number,
                                      const Arguments& arguments) {
  TellingArguments telling;
  const Syscall* call = find_traced_call(architecture, number);
  if (call == nullptr) return telling;
  for (size_t i = 0; i < call->arguments.size(); ++i) {
    const SyscallArgument& argument = call->arguments[i];
    const uint64_t value = relevant_bits(argument, arguments[i]);
    if (is_telling(architecture, argument, value) || is_whole_file(*call, argument, value))
      telling[i] = value;
  }
  return telling;
}

std::vector<std::pair<std::string, std::string>> texts_of(Architecture architecture, int64_t number,
                                                          const TellingArguments& telling) {
  std::vector<std::pair<std::string, std::string>> texts;
  const Syscall* call = find_traced_call(architecture, number);
  if (call == nullptr) return texts;
  for (size_t i = 0; i < call->arguments.size(); ++i) {
    const SyscallArgument& argument = call->arguments[i];
    if (!telling[i]) continue;
    texts.emplace_back(argument.name,
                       describe_value(architecture, argument.constants, *telling[i]));
  }
  return texts;
}

std::string text_of(Architecture architecture, int64_t number, const TellingArguments& telling) {
  std::string text;
  for (const auto& [name, value] : texts_of(architecture, number, telling)) {
    text += " " + name + "=" + value;
  }
  return text;
}

std::optional<bool> holds_for(const Expression& condition, const Syscall& call,
                              const std::optional<TellingArguments>& telling) {
  return PartialEvaluation(call, telling).of(condition);
}

}  // namespace qsbx
