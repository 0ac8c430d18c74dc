// SPDX-License-Identifier: LGPL-2.1-or-later
//
// QEMU's first thread is call_rcu: a constructor starts it (util/rcu.c: rcu_init), maybe before
// QEMU has read that its threads shall have names.
#ifndef QSBX_RIDE_ALONG_FIRST_THREAD_H_
#define QSBX_RIDE_ALONG_FIRST_THREAD_H_

namespace qsbx {

// What pthread_create() is asked to run.
struct ThreadStart {
  void* (*routine)(void*);
  void* argument;
};

// The first that the program itself starts, not a library, begins by telling its name; what others
// begin with is not changed. `caller` is an address in the code that calls pthread_create().
ThreadStart with_name_if_first(ThreadStart start, const void* caller);

}  // namespace qsbx

#endif
