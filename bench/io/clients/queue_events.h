// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The events by which a QEMU is told that a queue has something new (ioeventfd). KVM signals them
// when a guest writes to the queue's doorbell; here somebody else does, with a copy of QEMU's
// descriptor.
#ifndef QSBX_BENCH_IO_CLIENTS_QUEUE_EVENTS_H_
#define QSBX_BENCH_IO_CLIENTS_QUEUE_EVENTS_H_

#include <sys/types.h>

#include <functional>
#include <set>

namespace qsbx::bench {

// The descriptors of `process` that are event descriptors.
std::set<int> events_of(pid_t process);

void signal_event(int event);

// By requests it is found out which event is a queue's.
struct QueueProbe {
  // Puts a request into the queue, and tells nobody.
  std::function<void()> ask;
  // Whether it has been answered; asked again and again.
  std::function<bool()> answered;
};

// Of `events` of `process`, a copy of the one that is the queue's. Needs the right to trace. Throws
// where none is.
int find_event(pid_t process, const std::set<int>& events, const QueueProbe& probe);

}  // namespace qsbx::bench

#endif
