// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_BENCH_EXPECT_H_
#define QSBX_BENCH_EXPECT_H_

#include <errno.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "src/errors/result.h"

namespace qsbx::bench {

// The value, or the end of the benchmark with status 2 and a message, which begins with the name of
// the program and `what`, if that is given.
template <typename T>
T expect(Result<T> result, const std::string& what = "") {
  if (!result.ok()) {
    fprintf(stderr, "%s: %s%s%s\n", program_invocation_short_name, what.c_str(),
            what.empty() ? "" : ": ", result.error().to_string().c_str());
    exit(2);
  }
  return std::move(result).value();
}

}  // namespace qsbx::bench

#endif
