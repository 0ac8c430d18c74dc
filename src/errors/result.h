// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How a function says that it could not do its work. Nothing in this project throws across a
// function that returns a Result.
#ifndef QSBX_ERRORS_RESULT_H_
#define QSBX_ERRORS_RESULT_H_

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "src/errors/diagnostic.h"

namespace qsbx {

// One for each thing a caller may want to tell apart. The C API shows them as QsbxError, in this
// order.
enum class ErrorCode {
  kProfile,        // profile text is wrong; `diagnostics` says where
  kProfileSet,     // the profile folder is missing, unreadable, or changed while it was read
  kUnknownDevice,  // no profile covers a part of the machine
  kPolicy,  // profiles contradict each other, or the policy is empty or wider than the phase before
  kProgram,    // the policy does not fit into a program that the kernel takes
  kNotProven,  // program and policy differ: a defect of ours
  kKernel,     // the kernel refused; `saved_errno` says why
  kThread,     // a thread cannot be brought under the filter
  kState,      // called out of turn, such as a second lockdown
  kUsage,      // an argument that means nothing
};

struct Error {
  ErrorCode code;
  std::string message;
  int saved_errno = 0;
  std::vector<Diagnostic> diagnostics = {};

  // The message and, on lines of their own, the diagnostics.
  std::string to_string() const;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Only after ok() has said yes.
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

  // Only after ok() has said no.
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace qsbx

#endif
