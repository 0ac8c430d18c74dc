// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Filters cannot be taken back, so whatever installs one runs in a child of the test.
#ifndef QSBX_TESTS_LOCKDOWN_CHILD_H_
#define QSBX_TESTS_LOCKDOWN_CHILD_H_

#include <functional>
#include <string>

namespace qsbx {

struct ChildEnd {
  int status;          // of waitpid(2)
  std::string errors;  // its standard error

  bool exited_with(int code) const;
  bool killed_by(int signal) const;
  int count(const std::string& text) const;  // how many lines of `errors` have it
};

// The body's value is the exit status. A child that has not ended after patience(20) seconds is
// killed by SIGALRM (tests/support/scaled.h).
ChildEnd run_in_child(const std::function<int()>& body);

}  // namespace qsbx

#endif
