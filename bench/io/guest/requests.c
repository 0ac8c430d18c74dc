// SPDX-License-Identifier: LGPL-2.1-or-later
#include "requests.h"

#include "latencies.h"
#include "line.h"
#include "machine.h"
#include "parameters.h"

static uint64_t offered_at[MOST_REQUESTS];

uint16_t depth_parameter(void) {
  const uint32_t depth = number_parameter("depth", 1);
  if (depth == 0 || depth > MOST_REQUESTS) {
    fail_at("the depth cannot be", depth);
  }
  return (uint16_t)depth;
}

static void offer_prepared(const struct requests* requests, uint16_t slot) {
  requests->prepare(slot);
  offered_at[slot] = time_stamp();
  offer(requests->queue, slot);
}

static void finish(const struct requests* requests, struct completion completion) {
  add_latency(time_stamp() - offered_at[completion.slot]);
  requests->check(completion.slot, completion.written);
}

static void fill(const struct requests* requests, uint32_t count) {
  for (uint16_t slot = 0; slot < count; slot++) {
    offer_prepared(requests, slot);
  }
  notify(requests->queue);
}

// What is done by now, at least one, makes room for as many new ones, of which the device is
// notified together.
void run_requests(const struct requests* requests, uint32_t operations) {
  uint32_t offered = operations < requests->depth ? operations : requests->depth;
  fill(requests, offered);
  for (uint32_t done = 0; done < operations;) {
    const uint32_t offered_before = offered;
    struct completion completion = await_completion(requests->queue);
    do {
      finish(requests, completion);
      done++;
      if (offered < operations) {
        offer_prepared(requests, completion.slot);
        offered++;
      }
    } while (take_completion(requests->queue, &completion));
    if (offered != offered_before) {
      notify(requests->queue);
    }
  }
}
