// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_BENCH_IO_CLIENTS_CHECKED_H_
#define QSBX_BENCH_IO_CLIENTS_CHECKED_H_

#include <errno.h>

#include <system_error>

namespace qsbx::bench {

// What a system call answered, unless it failed: then errno is thrown, with what was tried.
template <typename Answer>
Answer checked(Answer answer, const char* what) {
  if (answer < 0) throw std::system_error(errno, std::generic_category(), what);
  return answer;
}

}  // namespace qsbx::bench

#endif
