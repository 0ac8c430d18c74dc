// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/thread_roles.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "kernel/thread_filter.h"
#include "src/lockdown/in_force.h"
#include "src/lockdown/thread_spawner.h"
#include "src/machine/role_policies.h"
#include "src/machine/thread_role.h"
#include "src/profile/profile.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

constexpr pid_t kPlaceTaken = -1;

enum class State : int { kKnown, kTaking, kTaken, kFailed };

// A thread that is there before its role has a program.
struct KnownThread {
  std::atomic<pid_t> tid = 0;  // 0: the place is free; kPlaceTaken: its role is not written yet
  std::atomic<size_t> role = 0;
  std::atomic<State> state = State::kKnown;
  std::atomic<int> error = 0;
};

// More than QEMU ever has before its guest runs: 4096 is its limit for processors.
std::array<KnownThread, 8192> threads;
std::atomic<bool> too_many = false;
std::atomic<const RolePrograms*> programs_in_force = nullptr;
std::atomic<uint32_t> threads_done = 0;

// Frees the place when the thread ends, since its number may be another's then.
struct Place {
  KnownThread* thread = nullptr;
  ~Place() {
    if (thread != nullptr) thread->tid = 0;
  }
};
thread_local Place place;

pid_t this_thread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

KnownThread* free_place() {
  for (KnownThread& thread : threads) {
    pid_t none = 0;
    if (thread.tid.compare_exchange_strong(none, kPlaceTaken)) return &thread;
  }
  too_many = true;
  return nullptr;
}

// Those that have no program of their own are not asked for later.
std::optional<size_t> confined_role_of(std::string_view name) {
  const std::string role = role_of_thread(name);
  const auto& confined = confined_roles();
  if (std::ranges::find(confined, role) == confined.end()) return std::nullopt;
  return role_index(role);
}

// Born with the filter of a maker of the same role, which says so by EEXIST (role_needs.h).
bool is_in_force(int answer) { return answer == 0 || answer == -EEXIST; }

int put_on_this_thread(const struct sock_fprog& program, size_t role) {
  const int answer = put_filter_on_this_thread(&program);
  if (answer == 0 && delegates_thread_starts(roles()[role])) delegate_thread_starts();
  return answer;
}

void take(KnownThread& thread, const RolePrograms& programs) {
  State known = State::kKnown;
  if (!thread.state.compare_exchange_strong(known, State::kTaking)) return;
  const struct sock_fprog* program = programs.program(thread.role);
  const int answer = program == nullptr ? 0 : put_on_this_thread(*program, thread.role);
  thread.error = is_in_force(answer) ? 0 : -answer;
  thread.state = is_in_force(answer) ? State::kTaken : State::kFailed;
  threads_done.fetch_add(1);
  syscall(SYS_futex, &threads_done, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

// The policy of the process is in force in any case.
void warn_of(pid_t tid, std::string_view why, std::string_view what_it_has) {
  Line()
      .text("qsbx: warning: thread ")
      .decimal(tid)
      .text(" has not taken the program of its role: ")
      .text(why)
      .text("; ")
      .text(what_it_has)
      .write_to(in_force().reports.back()->descriptor());
}

// Of a thread that starts after roll_out().
void begin_with(const RolePrograms& programs, size_t role) {
  const struct sock_fprog* program = programs.program(role);
  if (program == nullptr) return;
  const int answer = put_on_this_thread(*program, role);
  if (is_in_force(answer) || in_force().reports.empty()) return;
  warn_of(this_thread(), errno_name(-answer),
          "it has the policy of the process, or of the thread that started it");
}

bool is_to_come(const KnownThread& thread) {
  const State state = thread.state;
  return thread.tid > 0 && (state == State::kKnown || state == State::kTaking);
}

// One that has ended meanwhile is not there any more.
void tell(KnownThread& thread) {
  const pid_t tid = thread.tid;
  if (tid <= 0) return;
  if (syscall(SYS_tgkill, getpid(), tid, SIGSYS) != 0 && errno == ESRCH) {
    pid_t gone = tid;
    thread.tid.compare_exchange_strong(gone, 0);
  }
}

void tell_all(const RolePrograms& programs) {
  for (KnownThread& thread : threads) {
    if (!is_to_come(thread)) continue;
    if (thread.tid == this_thread()) {
      take(thread, programs);
    } else {
      tell(thread);
    }
  }
}

// Until the count is no longer `seen`, or a tenth of a second.
void wait_for_others(uint32_t seen) {
  const struct timespec tenth = {0, 100'000'000};
  syscall(SYS_futex, &threads_done, FUTEX_WAIT_PRIVATE, seen, &tenth, nullptr, 0);
}

void warn_of_those_without() {
  if (too_many) {
    Line()
        .text("qsbx: warning: there are more threads with a role than ")
        .decimal(static_cast<int64_t>(threads.size()))
        .text("; the policy of the process is in force for the others")
        .write_to(in_force().reports.back()->descriptor());
  }
  constexpr char kHas[] = "the policy of the process is in force for it";
  for (const KnownThread& thread : threads) {
    const pid_t tid = thread.tid;
    if (is_to_come(thread)) warn_of(tid, "it does not answer to SIGSYS yet", kHas);
    if (tid > 0 && thread.state == State::kFailed) warn_of(tid, errno_name(thread.error), kHas);
  }
}

}  // namespace

void thread_starts(std::string_view name) {
  const auto role = confined_role_of(name);
  if (!role) return;
  const RolePrograms* programs = programs_in_force.load();
  if (programs != nullptr) return begin_with(*programs, *role);
  if (place.thread == nullptr) place.thread = free_place();
  if (place.thread == nullptr) return;
  place.thread->role = *role;
  place.thread->state = State::kKnown;
  place.thread->tid = this_thread();    // last: from now on the signal may come
  programs = programs_in_force.load();  // roll_out() may have passed by already
  if (programs != nullptr) take(*place.thread, *programs);
}

void roll_out(const RolePrograms& programs) {
  constexpr int kTenthsOfASecond = 100;
  programs_in_force = &programs;
  tell_all(programs);
  uint32_t seen = threads_done;
  for (int i = 0; i < kTenthsOfASecond && std::ranges::any_of(threads, is_to_come); ++i) {
    wait_for_others(seen);
    // A tracer can keep a signal from a thread.
    if (threads_done == seen) tell_all(programs);
    seen = threads_done;
  }
  warn_of_those_without();
}

bool take_role_program() {
  const RolePrograms* programs = programs_in_force.load();
  if (programs == nullptr) return false;
  const int saved_errno = errno;
  const pid_t tid = this_thread();
  const auto own =
      std::ranges::find_if(threads, [&](const KnownThread& thread) { return thread.tid == tid; });
  if (own != threads.end()) take(*own, *programs);  // unless it has begun to by itself
  errno = saved_errno;
  return true;
}

uint64_t roll_out_address() { return reinterpret_cast<uintptr_t>(&threads_done); }

}  // namespace qsbx
