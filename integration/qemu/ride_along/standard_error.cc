// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/qemu/ride_along/standard_error.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace qsbx {
namespace {

bool is_pipe(int descriptor) {
  struct stat status = {};
  return fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

}  // namespace

Status StandardError::keep(Sandbox& sandbox) {
  const int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (kept < 0) return Done{};
  descriptor_ = kept;
  if (!is_pipe(STDERR_FILENO)) return sandbox.set_report_descriptor(STDERR_FILENO);
  say("qsbx: warning: standard error is a pipe, which a daemon lets go; send it to a file to see "
      "violations");
  return Done{};
}

void StandardError::say(const std::string& line) const {
  const std::string text = line + "\n";
  (void)!write(descriptor_, text.data(), text.size());
}

void StandardError::let_go() {
  if (descriptor_ != STDERR_FILENO) close(descriptor_);
  descriptor_ = STDERR_FILENO;
}

}  // namespace qsbx
