// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/call_words.h"

#include <optional>

#include "src/profile/lexer.h"
#include "src/syscalls/constants.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

Error usage(const std::string& message) { return Error{ErrorCode::kUsage, message}; }

Error unknown_constant(std::string_view name, const Syscall& call, const SyscallArgument& argument,
                       Architecture architecture) {
  const std::string where = std::string(argument.name) + " of " + std::string(call.name);
  if (argument.constants.empty()) {
    return usage("'" + std::string(name) + "' is no number, and " + where +
                 " has no constants by name");
  }
  const std::string nearest = nearest_constant_name(architecture, argument.constants, name);
  return usage("'" + std::string(name) + "' is neither a number nor a constant for " + where +
               (nearest.empty() ? "" : " (did you mean '" + nearest + "'?)"));
}

// One argument of one call, without a Syscall for numbers that no table has.
class ArgumentReader {
 public:
  ArgumentReader(const Syscall* call, size_t index, Architecture architecture)
      : call_(call), index_(index), architecture_(architecture) {}

  Result<uint64_t> read(std::string_view text) const {
    uint64_t value = 0;
    while (true) {
      const size_t bar = text.find('|');
      Result<uint64_t> one = read_one(text.substr(0, bar));
      if (!one.ok()) return one;
      value |= *one;
      if (bar == std::string_view::npos) return value;
      text.remove_prefix(bar + 1);
    }
  }

 private:
  Result<uint64_t> read_one(std::string_view text) const {
    const bool turned = text.starts_with("~");
    const bool negative = text.starts_with("-");
    Result<uint64_t> value = read_atom(text.substr(turned || negative ? 1 : 0));
    if (!value.ok()) return value;
    return turned ? ~*value : negative ? uint64_t{0} - *value : *value;
  }

  Result<uint64_t> read_atom(std::string_view text) const {
    if (const std::optional<uint64_t> number = number_from(text)) return *number;
    if (call_ == nullptr) {
      return usage("'" + std::string(text) +
                   "' is no number, and a call that has no name has no "
                   "constants either");
    }
    const SyscallArgument& argument = call_->arguments[index_];
    const auto constant = find_constant(architecture_, argument.constants, text);
    if (constant) return *constant;
    return unknown_constant(text, *call_, argument, architecture_);
  }

  const Syscall* call_;
  size_t index_;
  Architecture architecture_;
};

Status check_argument_count(const Syscall* call, const std::string& name, size_t count) {
  const size_t most = call == nullptr ? kMaxArguments : call->arguments.size();
  if (count <= most) return Done{};
  return usage(name + " takes " + std::to_string(most) + (most == 1 ? " argument" : " arguments") +
               ", and " + std::to_string(count) + " are given");
}

}  // namespace

Result<int> read_call_number(const std::string& word, Architecture architecture) {
  if (const Syscall* call = find_syscall(architecture, word)) return call->number;
  const bool negative = word.starts_with("-");
  const auto number = number_from(std::string_view(word).substr(negative ? 1 : 0));
  if (number && *number <= UINT32_MAX) {
    const uint32_t bits = static_cast<uint32_t>(*number);
    return static_cast<int>(negative ? 0 - bits : bits);
  }
  if (syscall_name_exists(word)) {
    return usage(word + " does not exist on " + std::string(architecture_name(architecture)));
  }
  const std::string nearest = nearest_syscall_name(word);
  return usage("'" + word + "' is no system call" +
               (nearest.empty() ? "" : " (did you mean '" + nearest + "'?)"));
}

Result<uint64_t> read_call_argument(const Syscall* call, size_t index, std::string_view text,
                                    Architecture architecture) {
  return ArgumentReader(call, index, architecture).read(text);
}

Result<Call> read_call(const std::string& name, const std::vector<std::string>& arguments,
                       Architecture architecture) {
  const Result<int> number = read_call_number(name, architecture);
  if (!number.ok()) return number.error();
  const Syscall* description = find_syscall(architecture, *number);
  Status fits = check_argument_count(description, name, arguments.size());
  if (!fits.ok()) return fits.error();
  Call call{audit_architecture(architecture), *number, {}};
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Result<uint64_t> value = read_call_argument(description, i, arguments[i], architecture);
    if (!value.ok()) return value.error();
    call.arguments[i] = *value;
  }
  return call;
}

}  // namespace qsbx
