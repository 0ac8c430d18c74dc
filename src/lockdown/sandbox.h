// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the C API does, in C++: profiles, a machine and a mode go in; boot() and lockdown() put the
// policies in force for the whole process.
#ifndef QSBX_LOCKDOWN_SANDBOX_H_
#define QSBX_LOCKDOWN_SANDBOX_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "kernel/filter.h"
#include "kernel/io_uring_state.h"
#include "src/errors/result.h"
#include "src/lockdown/binding.h"
#include "src/lockdown/broker_link.h"
#include "src/lockdown/role_programs.h"
#include "src/lockdown/violation_report.h"
#include "src/machine/machine.h"
#include "src/machine/role_policies.h"
#include "src/machine/selection.h"
#include "src/policy/actions.h"
#include "src/profile/profile_set.h"
#include "src/verify/verify.h"

namespace qsbx {

// How long each step took, in microseconds; 0 for a step that has not happened.
struct LockdownTimings {
  int64_t read = 0;
  int64_t compose = 0;
  int64_t compile = 0;
  int64_t verify = 0;
  int64_t install = 0;
};

Result<Mode> mode_from_string(std::string_view text);

// $QSBX_PROFILES or else the installed folder.
std::string default_profile_folder();

class Sandbox {
 public:
  explicit Sandbox(Kernel& kernel = running_kernel()) : kernel_(kernel) {}

  Status load_profiles(const std::string& directory = "");  // empty: the default folder
  void use_profiles(ProfileSet set);

  void set_mode(Mode mode);
  Mode mode() const { return mode_; }
  void set_kernel_log(bool log) { kernel_log_ = log; }
  // Whether threads get programs of their own, by their roles (docs/roles.md); not in mode audit.
  void set_roles(bool roles);
  // Reports go to a duplicate of `descriptor`, instead of standard error.
  Status set_report_descriptor(int descriptor);
  // Where they go.
  int report_descriptor() const { return report_target_->descriptor(); }

  // Whether a profile that is loaded applies to the part.
  bool covers(const Part& part) const { return set_ && has_profile(part, *set_); }
  Status add_part(std::string_view kind, std::string_view name);
  void clear_parts();
  Status allow_feature(std::string_view feature);
  const Machine& machine() const { return machine_; }

  // Composes, compiles and verifies what lockdown() will install, unless that is done; lockdown()
  // does it anew when the process has other descriptors by then of those that rules are bound to.
  Status prepare();
  // The descriptors that rules are bound to, once prepared.
  Descriptors bound() const { return prepared_ ? prepared_->binding.bound : Descriptors(); }
  // "enforce: 47 system calls from 14 profiles (...)"; empty before prepare().
  std::string describe() const;
  // Of the policy that prepare() made; 0 before.
  size_t granted_calls() const;

  // Opens that the policy does not grant are handed over to that process from lockdown() on, which
  // takes the link; not in mode audit. In the process that will be locked down.
  void set_broker(const BrokerLink& broker);

  // The same of what boot() will install. In mode audit that is nothing.
  Status prepare_boot();
  Status boot();
  Status lockdown();

  const LockdownTimings& timings() const { return timings_; }

  // The io_uring rings that were there at the last install; unknown when they could not be read.
  const std::optional<IoUringState>& rings() const { return rings_; }

 private:
  // All that an install needs, made beforehand.
  struct Prepared {
    pid_t process;  // a process that forks afterwards (-daemonize) is another one
    Selection selection;
    std::shared_ptr<const Policy> policy;
    VerifiedProgram program;
    std::optional<VerifiedProgram> handing_over;  // of opens, below `program`
    std::shared_ptr<ViolationReport> report;
    std::shared_ptr<RolePrograms> role_programs = nullptr;  // null without roles
    Binding binding = {};
  };

  Status require_profiles() const;
  Result<Selection> select();
  Result<VerifiedProgram> compile_and_verify(const Policy& policy, const Actions& actions,
                                             const Descriptors& bound = {});
  Result<std::optional<VerifiedProgram>> prepare_handing_over(const Policy& policy, Phase phase);
  Result<Prepared> prepare_policy(Selection selection, Result<Policy> composed, Phase phase,
                                  const std::set<std::string>& features, Binding binding = {});
  Result<Policy> compose_bound(const Selection& selection, Binding& binding);
  static bool is_for_this_process(const std::optional<Prepared>& prepared);
  void forget_prepared();
  void set_prepared_aside();
  bool take_up_again(const Selection& selection);
  void forget_what_is_outdated();
  Result<std::vector<RolePolicy>> select_roles(const Selection& selection,
                                               const Descriptors& bound);
  Result<std::shared_ptr<RolePrograms>> reserve_role_programs(const std::vector<RolePolicy>& roles,
                                                              Result<Policy>& process);
  Status prepare_roles(Prepared& prepared, const std::vector<RolePolicy>& roles);
  Result<VerifiedProgram> role_program(const Prepared& prepared, const RolePolicy& role);
  void report_rings(const Policy& policy);
  Status install(const Prepared& prepared);
  Status close_role_programs();
  Status hand_opens_over(const VerifiedProgram& program);
  Status install_with_handler(const Prepared& prepared, const FilterOptions& options);
  Status install_with_listener(const Prepared& prepared, const FilterOptions& options);

  Kernel& kernel_;
  std::optional<ProfileSet> set_;
  Machine machine_;
  Mode mode_ = Mode::kEnforce;
  bool kernel_log_ = false;
  bool roles_ = false;
  std::shared_ptr<ReportTarget> report_target_ = ReportTarget::standard_error();
  std::optional<Prepared> prepared_;
  std::optional<Prepared> set_aside_;      // for parts as they were; only one of the two is there
  std::optional<Prepared> boot_prepared_;  // in force once boot() has installed it
  std::string description_;
  size_t granted_calls_ = 0;
  LockdownTimings timings_;
  LockdownTimings spent_;  // on compiling and verifying what is being prepared
  std::string warned_of_;  // in mode audit: what has no profile
  std::optional<IoUringState> rings_;
  std::optional<BrokerLink> broker_;
};

}  // namespace qsbx

#endif
