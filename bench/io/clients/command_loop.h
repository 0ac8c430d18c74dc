// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a client says and is told, a line each:
//
//   it says    {"ready":true}                         when it is connected
//   it reads   run 1000                               on standard input
//   it says    {"operations":1000,"seconds":0.0123,"p50":11520,"p90":...,"p99":...,"max":...}
//   it says    {"error":"block 17 has ..."}           and ends with status 1, whenever something is
//   wrong
//
// and ends with status 0 when its input does. The four latencies are nanoseconds of single
// operations, and absent where an operation has none.
#ifndef QSBX_BENCH_IO_CLIENTS_COMMAND_LOOP_H_
#define QSBX_BENCH_IO_CLIENTS_COMMAND_LOOP_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "bench/io/clients/latencies.h"

namespace qsbx::bench {

struct Run {
  double seconds;
  std::optional<Latencies> latencies;
};

// Does so many operations; throws what is wrong.
using Load = std::function<Run(uint64_t operations)>;

// The exit status. `connect` makes the load; it may throw, too.
int serve_commands(const std::function<Load()>& connect);

}  // namespace qsbx::bench

#endif
