// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How long single operations took, in ticks of the time stamp counter.
#ifndef QSBX_BENCH_IO_GUEST_LATENCIES_H_
#define QSBX_BENCH_IO_GUEST_LATENCIES_H_

#include <stdint.h>

void forget_latencies(void);
void add_latency(uint64_t ticks);

// The latency that so many thousandths have not exceeded, to about three percent; 0 where there is
// none.
uint64_t latency_quantile(uint32_t thousandths);
uint64_t longest_latency(void);

#endif
