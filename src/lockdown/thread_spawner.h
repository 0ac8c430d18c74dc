// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Threads of roles that start none themselves. A thread is born with the filters of the one that
// starts it, and a virtual processor, or call_rcu, may come to start a worker of the block layer:
// when it waits for a request, it does the work of the main loop meanwhile (util/aio-wait.h). So
// that neither needs what workers need, a thread of the library's own starts it, under the policy
// of the process.
#ifndef QSBX_LOCKDOWN_THREAD_SPAWNER_H_
#define QSBX_LOCKDOWN_THREAD_SPAWNER_H_

#include <pthread.h>

#include "src/errors/result.h"

namespace qsbx {

// Before the policy of the process is in force. Does nothing when it runs already.
Status start_spawner();

// From now on start_thread() has the spawner start what the calling thread asks for.
void delegate_thread_starts();

// pthread_create(3), by the calling thread or by the spawner, whose CPU affinity the thread gets
// then.
int start_thread(pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*),
                 void* argument);

}  // namespace qsbx

#endif
