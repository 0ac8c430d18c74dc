// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/thread_spawner.h"

#include <dlfcn.h>
#include <signal.h>
#include <string.h>

#include <condition_variable>
#include <mutex>

namespace qsbx {
namespace {

struct Request {
  pthread_t* thread;
  const pthread_attr_t* attributes;
  void* (*routine)(void*);
  void* argument;
  int result = 0;
  bool done = false;
};

// Where the spawner waits for the one request that there is at a time, and its asker for the
// answer.
struct Counter {
  std::mutex mutex;
  std::condition_variable changed;
  Request* request = nullptr;
  bool open = false;
};

// Never destroyed: the spawner waits here while the process exits.
Counter& counter() {
  static Counter& instance = *new Counter;
  return instance;
}

// Set in a signal handler, where a thread-local variable of any other kind might be allocated.
__attribute__((tls_model("initial-exec"))) thread_local bool delegates = false;

// The one of the C library, whatever a library that rides along puts before it.
decltype(pthread_create)* real_pthread_create() {
  static auto* const real =
      reinterpret_cast<decltype(pthread_create)*>(dlsym(RTLD_NEXT, "pthread_create"));
  return real != nullptr ? real : pthread_create;
}

void* spawn(void*) {
  pthread_setname_np(pthread_self(), "qsbx-spawner");
  Counter& here = counter();
  std::unique_lock lock(here.mutex);
  here.open = true;
  here.changed.notify_all();
  for (;;) {
    here.changed.wait(lock, [&] { return here.request != nullptr && !here.request->done; });
    Request& request = *here.request;
    request.result = real_pthread_create()(request.thread, request.attributes, request.routine,
                                           request.argument);
    request.done = true;
    here.changed.notify_all();
  }
}

// As QEMU's threads have it, which inherit it: nothing is delivered but what a thread does itself.
sigset_t signals_of_threads() {
  sigset_t blocked;
  sigfillset(&blocked);
  for (const int signal : {SIGSEGV, SIGFPE, SIGILL, SIGSYS}) sigdelset(&blocked, signal);
  return blocked;
}

}  // namespace

Status start_spawner() {
  Counter& here = counter();
  std::unique_lock lock(here.mutex);
  if (here.open) return Done{};
  const sigset_t blocked = signals_of_threads();
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  pthread_t thread;
  const int error = real_pthread_create()(&thread, nullptr, spawn, nullptr);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) {
    return Error{ErrorCode::kThread,
                 std::string("no thread that starts others for confined roles: ") + strerror(error),
                 error};
  }
  pthread_detach(thread);
  // As long as it starts, the C library has all signals blocked in it.
  here.changed.wait(lock, [&] { return here.open; });
  return Done{};
}

void delegate_thread_starts() { delegates = true; }

int start_thread(pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*),
                 void* argument) {
  if (!delegates) return real_pthread_create()(thread, attributes, routine, argument);
  Counter& here = counter();
  Request request = {thread, attributes, routine, argument};
  std::unique_lock lock(here.mutex);
  here.changed.wait(lock, [&] { return here.request == nullptr; });
  here.request = &request;
  here.changed.notify_all();
  here.changed.wait(lock, [&] { return request.done; });
  here.request = nullptr;
  here.changed.notify_all();
  return request.result;
}

}  // namespace qsbx
