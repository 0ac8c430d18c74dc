// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How a listener comes from the process that is locked down to its broker:
//
//   locked down                          broker
//   allow_reading(link)                  serve_broker(socket, list)
//   (install a filter, get a listener)
//   give_listener(link, listener, 2)     takes it, says so, and answers until the last caller ends
//
// It has to be another process, and the one that is locked down keeps no copy: who holds a listener
// lets its own calls run.
#ifndef QSBX_LOCKDOWN_BROKER_LINK_H_
#define QSBX_LOCKDOWN_BROKER_LINK_H_

#include <sys/types.h>

#include "src/errors/result.h"
#include "src/lockdown/open_list.h"

namespace qsbx {

struct BrokerLink {
  int socket = -1;    // SOCK_SEQPACKET
  pid_t process = 0;  // the broker
};

// The broker is no ancestor, so Yama (ptrace_scope 1) has to be told that it may read.
void allow_reading(const BrokerLink& link);

// Closes `listener` and the socket, in any case. Fails when there is no broker any more, it cannot
// work, or does not answer within ten seconds: then what the filter hands over fails with ENOSYS.
// A broker that was stopped has the listener until it goes on or ends, and who calls waits for
// that.
Status give_listener(const BrokerLink& link, int listener, int report_descriptor);

// Waits for the listener, and answers its calls until nobody is left to make any; reports go where
// the other end says. Returns at once when the other end ends before. The socket is closed.
Status serve_broker(int socket, const OpenList& list);

}  // namespace qsbx

#endif
