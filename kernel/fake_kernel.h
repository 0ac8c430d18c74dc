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
    enum class Kind {
      kSeccomp,
      kSetNoNewPrivs,
      kGetNoNewPrivs,
      kSetSeccompMode,
      kGetSeccompMode,
      kLandlockCreateRuleset,
      kLandlockAddRule,
      kLandlockRestrictSelf,
      kPerfEventOpen,
      kPerfEventControl,
      kNotificationControl,
      kIoUringSetup,
      kIdentify,
    };
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

  // The version of Landlock that it has.
  void set_landlock_abi(int abi) { landlock_abi_ = abi; }

  const std::vector<CallRecord>& calls() const { return calls_; }
  int installed() const { return installed_; }
  // 0 none, 1 strict, 2 filter.
  int seccomp_mode() const { return seccomp_mode_; }
  bool has_landlock_domain() const { return has_landlock_domain_; }
  bool no_new_privs() const { return no_new_privs_; }

  int seccomp(unsigned operation, unsigned flags, void* argument) override;
  int set_no_new_privs() override;
  int get_no_new_privs() override;
  int notification_control(int listener, unsigned long request, void* argument) override;
  int set_seccomp_mode(unsigned long mode, void* argument) override;
  int get_seccomp_mode() override;
  int landlock_create_ruleset(const void* attributes, size_t size, unsigned flags) override;
  int landlock_add_rule(int ruleset, int type, const void* attributes) override;
  int landlock_restrict_self(int ruleset, unsigned flags) override;
  int perf_event_open(void* attributes, pid_t pid, int cpu, unsigned long flags) override;
  int perf_event_control(int event, unsigned long request, void* argument) override;
  int io_uring_setup(unsigned entries, void* parameters) override;
  int identify(struct utsname* name) override;

 private:
  // The result to fail with, or 0.
  int note(CallRecord record);
  int set_filter(unsigned flags, void* argument);
  int set_strict();

  std::vector<CallRecord> calls_;
  int nth_ = 0;
  int result_ = 0;
  unsigned unknown_flags_ = 0;
  int installed_ = 0;
  int seccomp_mode_ = 0;
  int landlock_abi_ = 1;
  bool has_landlock_domain_ = false;
  bool no_new_privs_ = false;
};

}  // namespace qsbx

#endif
