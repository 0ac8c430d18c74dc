// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Keeps a queue as full as the parameter "depth" says until so many requests are done.
#ifndef QSBX_BENCH_IO_GUEST_REQUESTS_H_
#define QSBX_BENCH_IO_GUEST_REQUESTS_H_

#include <stdint.h>

#include "virtio.h"

enum { MOST_REQUESTS = 512 };

// The parameter, which is 1 where it is absent.
uint16_t depth_parameter(void);

struct requests {
  struct queue* queue;
  uint16_t depth;
  void (*prepare)(uint16_t slot);                  // before it is offered
  void (*check)(uint16_t slot, uint32_t written);  // when the device has done with it
};

void run_requests(const struct requests* requests, uint32_t operations);

#endif
