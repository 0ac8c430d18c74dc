// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_LOCKDOWN_STOPWATCH_H_
#define QSBX_LOCKDOWN_STOPWATCH_H_

#include <chrono>
#include <cstdint>

namespace qsbx {

class Stopwatch {
 public:
  int64_t microseconds() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

}  // namespace qsbx

#endif
