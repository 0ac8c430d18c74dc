// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where reports go: standard error, or a descriptor of this library's own that stays where it is
// when somebody points standard error elsewhere, as QEMU does with -daemonize.
#ifndef QSBX_LOCKDOWN_REPORT_TARGET_H_
#define QSBX_LOCKDOWN_REPORT_TARGET_H_

#include <memory>

#include "src/errors/result.h"
#include "src/lockdown/report_channel.h"

namespace qsbx {

class ReportTarget {
 public:
  static std::shared_ptr<ReportTarget> standard_error();
  // Closed with the last who shares it; reports that are in force share it for ever.
  static Result<std::shared_ptr<ReportTarget>> duplicate_of(int descriptor);

  ~ReportTarget();
  ReportTarget(const ReportTarget&) = delete;
  ReportTarget& operator=(const ReportTarget&) = delete;

  int descriptor() const { return channel_.descriptor(); }
  // One for all reports that share the target, of boot and of run.
  ReportChannel& channel() { return channel_; }

 private:
  explicit ReportTarget(int descriptor) : channel_(descriptor) {}

  ReportChannel channel_;
};

}  // namespace qsbx

#endif
