// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From the moment the filter is in force the thread makes no call but those of reporting_needs():
// it would have to answer any other itself. So it uses system calls and no library.
#include "src/lockdown/audit_listener.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>

#include "kernel/notification.h"
#include "kernel/thread_state.h"

namespace qsbx {
namespace {

constexpr int kNotStarted = -3;
constexpr int kNothingYet = -1;
constexpr int kStop = -2;

// A descriptor, or one of the above. Its address is part of the policy.
std::atomic<int> handover = kNothingYet;
static_assert(sizeof handover == sizeof(int) && std::atomic<int>::is_always_lock_free);

ViolationReport* report_to = nullptr;

// Names of the threads at lockdown. A file of /proc cannot be read under the filter, and only a
// thread itself may ask for its name otherwise.
struct NamedThread {
  pid_t tid;
  std::array<char, 16> name;
};
constexpr size_t kNamedThreads = 512;
std::array<NamedThread, kNamedThreads> named_threads;

void note_thread_names() {
  named_threads = {};
  const auto threads = threads_of(getpid());
  if (!threads) return;
  for (size_t i = 0; i < threads->size() && i < kNamedThreads; ++i) {
    named_threads[i].tid = (*threads)[i].tid;
    (*threads)[i].name.copy(named_threads[i].name.data(), sizeof(NamedThread::name) - 1);
  }
}

std::string_view name_of(pid_t tid) {
  for (const NamedThread& thread : named_threads) {
    if (thread.tid == tid) return thread.name.data();
  }
  return "started after lockdown";
}

void futex(int operation, int value) {
  syscall(SYS_futex, &handover, operation, value, nullptr, nullptr, 0);
}

int wait_while(int state) {
  int value;
  while ((value = handover.load()) == state) futex(FUTEX_WAIT_PRIVATE, state);
  return value;
}

void tell(int value) {
  handover = value;
  futex(FUTEX_WAKE_PRIVATE, 1);
}

// False when there is nothing more to come.
bool answer_one(int listener) {
  Notification notification;
  const int result = receive_notification(listener, notification);
  if (result == -EINTR || result == -ENOENT) return true;
  if (result < 0) return false;
  report_to->violation(notification.tid, name_of(notification.tid), notification.call,
                       CallerMemory::of_waiting_thread(notification.tid));
  let_call_run(listener, notification.id);
  return true;
}

void* listen(void*) {
  prctl(PR_SET_NAME, "qsbx-audit");
  tell(kNothingYet);
  const int listener = wait_while(kNothingYet);
  if (listener == kStop) return nullptr;
  while (answer_one(listener)) {
  }
  Line last;
  last.text("qsbx: audit: the listener was closed; no more is reported");
  report_to->channel().send(last);
  // Not a return: the library would make calls to give the stack back.
  while (true) syscall(SYS_exit, 0);
}

int create_thread(pthread_t& thread) {
  constexpr size_t kStack = size_t{256} * 1024;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread, &attributes, listen, nullptr);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return error;
}

}  // namespace

Result<AuditListener> AuditListener::start(ViolationReport& report) {
  AuditListener listener;
  report_to = &report;
  handover = kNotStarted;
  note_thread_names();
  const int error = create_thread(listener.thread_);
  if (error == 0) {
    // A filter must not come upon a thread that is still starting.
    wait_while(kNotStarted);
    return listener;
  }
  return Error{
      ErrorCode::kKernel,
      std::string("cannot start the thread that reports in mode audit: ") + strerror(error), error};
}

void AuditListener::hand_over(int descriptor) { tell(descriptor); }

void AuditListener::stop() {
  tell(kStop);
  pthread_join(thread_, nullptr);
}

uint64_t AuditListener::handover_address() { return reinterpret_cast<uintptr_t>(&handover); }

}  // namespace qsbx
