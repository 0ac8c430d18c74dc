// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/report_target.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

namespace qsbx {

std::shared_ptr<ReportTarget> ReportTarget::standard_error() {
  return std::shared_ptr<ReportTarget>(new ReportTarget(STDERR_FILENO));
}

Result<std::shared_ptr<ReportTarget>> ReportTarget::duplicate_of(int descriptor) {
  const int duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (duplicate >= 0) return std::shared_ptr<ReportTarget>(new ReportTarget(duplicate));
  const int error = errno;
  return Error{ErrorCode::kUsage,
               "reports cannot go to descriptor " + std::to_string(descriptor) + ": " +
                   strerror(error) + "; give one that is open",
               error};
}

ReportTarget::~ReportTarget() {
  if (descriptor() > STDERR_FILENO) close(descriptor());
}

}  // namespace qsbx
