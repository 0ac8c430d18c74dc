// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The C library's functions that QEMU gets from here instead; all that this library exports.
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <vector>

#include "integration/qemu/ride_along/first_thread.h"
#include "integration/qemu/ride_along/monitor_end.h"
#include "integration/qemu/ride_along/serving_start.h"
#include "integration/qemu/ride_along/thread_names.h"
#include "src/lockdown/thread_roles.h"
#include "src/lockdown/thread_spawner.h"

namespace {

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// Where SIGSYS is blocked, the kernel kills at a violation without running the handler that reports
// it. QEMU blocks all signals in its threads.
template <typename Function>
int without_sigsys(Function* real, int how, const sigset_t* set, sigset_t* old) {
  if (set == nullptr || how == SIG_UNBLOCK) return real(how, set, old);
  sigset_t changed = *set;
  sigdelset(&changed, SIGSYS);
  return real(how, &changed, old);
}

using std::chrono::steady_clock;

// This thread may not say something yet (MonitorEnd::may_say()). Nothing keeps GLib from trying at
// once again, all the time, on a processor that the lockdown could use: what it writes to can be
// written. So it looks at all else first, for a while.
__attribute__((tls_model("initial-exec"))) thread_local steady_clock::time_point says_nothing_until;
constexpr std::chrono::milliseconds kPause(1);

ssize_t try_again() {
  says_nothing_until = steady_clock::now() + kPause;
  errno = EAGAIN;
  return -1;
}

int poll_all_but_writing(decltype(poll)* real, pollfd* all, nfds_t count, int timeout) {
  std::vector<pollfd> others(all, all + count);
  for (pollfd& one : others) one.events = static_cast<short>(one.events & ~POLLOUT);
  const int pause = static_cast<int>(kPause.count());
  const bool shorter = timeout >= 0 && timeout < pause;
  const int ready = real(others.data(), count, shorter ? timeout : pause);
  for (nfds_t i = 0; i < count; ++i) all[i].revents = others[i].revents;
  return ready;
}

}  // namespace

#define QSBX_INTERPOSED extern "C" __attribute__((visibility("default")))

QSBX_INTERPOSED int pthread_sigmask(int how, const sigset_t* set, sigset_t* old) noexcept {
  static auto* const real = next<decltype(pthread_sigmask)>("pthread_sigmask");
  return without_sigsys(real, how, set, old);
}

QSBX_INTERPOSED int sigprocmask(int how, const sigset_t* set, sigset_t* old) noexcept {
  static auto* const real = next<decltype(sigprocmask)>("sigprocmask");
  return without_sigsys(real, how, set, old);
}

QSBX_INTERPOSED int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                   void* (*routine)(void*), void* argument) noexcept {
  qsbx::ThreadStart start = {routine, argument};
  if (qsbx::names_tell_roles.load()) {
    start = qsbx::with_name_if_first(start, __builtin_return_address(0));
  }
  return qsbx::start_thread(thread, attributes, start.routine, start.argument);
}

// QEMU's threads give themselves their names, with -name debug-threads=on.
QSBX_INTERPOSED int pthread_setname_np(pthread_t thread, const char* name) noexcept {
  static auto* const real = next<decltype(pthread_setname_np)>("pthread_setname_np");
  const int result = real(thread, name);
  const bool is_own = pthread_equal(thread, pthread_self()) != 0;
  if (is_own && qsbx::names_tell_roles.load()) qsbx::thread_starts(name);
  return result;
}

QSBX_INTERPOSED ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* const real = next<decltype(sendmsg)>("sendmsg");
  if (qsbx::monitor_end().is(fd)) return qsbx::monitor_end().send(fd, message, flags, real);
  if (!qsbx::monitor_end().may_say(fd, message->msg_iov, message->msg_iovlen)) {
    return try_again();
  }
  return real(fd, message, flags);
}

QSBX_INTERPOSED ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static auto* const real = next<decltype(recvmsg)>("recvmsg");
  if (qsbx::monitor_end().is(fd)) return qsbx::monitor_end().receive(fd, message, flags, real);
  const ssize_t size = real(fd, message, flags);
  qsbx::monitor_end().hear(fd, message->msg_iov, message->msg_iovlen, size);
  return size;
}

// GLib's main loops wait with it, which run QEMU's monitors.
QSBX_INTERPOSED int poll(pollfd* all, nfds_t count, int timeout) {
  static auto* const real = next<decltype(poll)>("poll");
  if (says_nothing_until == steady_clock::time_point()) return real(all, count, timeout);
  if (steady_clock::now() < says_nothing_until) {
    const int ready = poll_all_but_writing(real, all, count, timeout);
    if (ready != 0) return ready;
  }
  says_nothing_until = {};
  return real(all, count, timeout);
}

// Monitors that are no sockets answer with it.
QSBX_INTERPOSED ssize_t writev(int fd, const iovec* parts, int count) {
  static auto* const real = next<decltype(writev)>("writev");
  const auto end = qsbx::MonitorEnd::kFiles;
  if (!qsbx::monitor_end().may_say(end, parts, static_cast<size_t>(count))) {
    return try_again();
  }
  return real(fd, parts, count);
}

QSBX_INTERPOSED ssize_t readv(int fd, const iovec* parts, int count) {
  static auto* const real = next<decltype(readv)>("readv");
  const ssize_t size = real(fd, parts, count);
  const auto end = qsbx::MonitorEnd::kFiles;
  qsbx::monitor_end().hear(end, parts, static_cast<size_t>(count), size);
  return size;
}

QSBX_INTERPOSED int close(int fd) {
  static auto* const real = next<decltype(close)>("close");
  if (fd >= 0 && qsbx::monitor_end().is(fd)) qsbx::monitor_end().forget();
  return real(fd);
}

// GLib's. Of the storage programs' own code only the main loop calls it for the default context,
// before it waits (util/main-loop.c: os_host_main_loop_wait).
struct _GMainContext;

QSBX_INTERPOSED int g_main_context_acquire(_GMainContext* context) {
  static auto* const real = next<int(_GMainContext*)>("g_main_context_acquire");
  static auto* const main_context = next<_GMainContext*()>("g_main_context_default");
  if (context == nullptr || context == main_context()) qsbx::serving_start().main_loop_turns();
  return real(context);
}
