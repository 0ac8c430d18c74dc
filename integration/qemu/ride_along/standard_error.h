// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where people are told of the lockdown. A daemon points its own standard error at /dev/null before
// it is locked down.
#ifndef QSBX_RIDE_ALONG_STANDARD_ERROR_H_
#define QSBX_RIDE_ALONG_STANDARD_ERROR_H_

#include <unistd.h>

#include <string>

#include "src/errors/result.h"
#include "src/lockdown/sandbox.h"

namespace qsbx {

class StandardError {
 public:
  // For a daemon, before it lets go of it: what is said here, and what the sandbox reports, still
  // gets there. But whoever reads a pipe until its end waits for a daemon that keeps it, so the
  // sandbox does not report to a pipe. One that is closed stays so.
  Status keep(Sandbox& sandbox);
  void say(const std::string& line) const;
  // What keep() keeps for say(): with the lockdown that is over.
  void let_go();

 private:
  int descriptor_ = STDERR_FILENO;
};

}  // namespace qsbx

#endif
