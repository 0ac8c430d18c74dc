// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One more filter for the calling thread alone, from a program that lies ready in memory: by a
// signal handler, or by a thread that has just started, under a filter that grants this very call.
#ifndef QSBX_KERNEL_THREAD_FILTER_H_
#define QSBX_KERNEL_THREAD_FILTER_H_

#include <linux/filter.h>

#include <cstddef>

namespace qsbx {

// 0 or -errno, as seccomp(2) without flags gives. Needs no_new_privs, which a filter of the whole
// process has set. Allocates nothing; safe in a signal handler.
int put_filter_on_this_thread(const struct sock_fprog* program);

// Makes pages as they are for ever: neither writable nor unmapped nor replaced (mseal, Linux 6.10).
// False where the kernel cannot. `address` and `size` in whole pages.
bool seal_pages(void* address, size_t size);

}  // namespace qsbx

#endif
