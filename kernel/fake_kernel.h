// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A kernel for tests: records the calls, changes nothing, and fails the Nth one.
#ifndef QSBX_KERNEL_FAKE_KERNEL_H_
#define QSBX_KERNEL_FAKE_KERNEL_H_

#include <vector>

#include "kernel/kernel.h"

namespace qsbx {

class FakeKernel : public Kernel {
 public:
  struct CallRecord {
    enum class Kind { kSeccomp, kSetNoNewPrivs, kGetNoNewPrivs };
    Kind kind;
    unsigned operation = 0;
    unsigned flags = 0;
    bool installs = false;  // a filter, not a question
  };

  // The call number `nth`, from 1, gives `result` (usually -errno; a thread ID when TSYNC finds a
  // stranger).
  void fail(int nth, int result);

  // Flags of seccomp(2) that this kernel does not know.
  void forget_flags(unsigned flags) { unknown_flags_ = flags; }

  const std::vector<CallRecord>& calls() const { return calls_; }
  int installed() const { return installed_; }
  bool no_new_privs() const { return no_new_privs_; }

  int seccomp(unsigned operation, unsigned flags, void* argument) override;
  int set_no_new_privs() override;
  int get_no_new_privs() override;

 private:
  // The result to fail with, or 0.
  int note(CallRecord record);
  int set_filter(unsigned flags, void* argument);

  std::vector<CallRecord> calls_;
  int nth_ = 0;
  int result_ = 0;
  unsigned unknown_flags_ = 0;
  int installed_ = 0;
  bool no_new_privs_ = false;
};

}  // namespace qsbx

#endif
