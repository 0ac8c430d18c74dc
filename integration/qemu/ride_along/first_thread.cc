// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/qemu/ride_along/first_thread.h"

#include <dlfcn.h>
#include <sys/auxv.h>

#include <atomic>

#include "src/lockdown/thread_roles.h"

namespace qsbx {
namespace {

std::atomic<bool> started = false;
ThreadStart first;  // written once, before that thread exists

const void* base_of_object(const void* address) {
  Dl_info object = {};
  return dladdr(address, &object) == 0 ? nullptr : object.dli_fbase;
}

bool is_in_program(const void* address) {
  const void* program = base_of_object(reinterpret_cast<const void*>(getauxval(AT_PHDR)));
  return program != nullptr && base_of_object(address) == program;
}

void* begin_as_call_rcu(void*) {
  thread_starts("call_rcu");
  return first.routine(first.argument);
}

}  // namespace

ThreadStart with_name_if_first(ThreadStart start, const void* caller) {
  if (started || !is_in_program(caller) || started.exchange(true)) return start;
  first = start;
  return {begin_as_call_rcu, nullptr};
}

}  // namespace qsbx
