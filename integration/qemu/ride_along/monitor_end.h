// SPDX-License-Identifier: LGPL-2.1-or-later
//
// QEMU's end of the extra monitor, as its own calls on that socket show it.
//
// QEMU tells its monitors that the guest resumes before it lets the vCPUs go, from the thread that
// starts them. Held in that very send until the lockdown is in force, it cannot let the guest run
// too early, whoever starts it: this library, the user's own monitor, a debugger, the end of an
// incoming migration.
//
// After lockdown these calls no longer reach the kernel, so that the policy need not grant them.
#ifndef QSBX_RIDE_ALONG_MONITOR_END_H_
#define QSBX_RIDE_ALONG_MONITOR_END_H_

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace qsbx {

class MonitorEnd {
 public:
  using Send = ssize_t (*)(int, const msghdr*, int);
  using Receive = ssize_t (*)(int, msghdr*, int);

  // QEMU talks on `fd`. `greeted` is called once, before its first word, in the process that runs
  // the guest (-daemonize forks before).
  void attach(int fd, void (*greeted)());

  bool is(int fd) const { return fd == fd_.load(std::memory_order_relaxed); }
  ssize_t send(int fd, const msghdr* message, int flags, Send real);
  ssize_t receive(int fd, msghdr* message, int flags, Receive real);
  void forget() { fd_.store(-1); }  // QEMU closed it; the number may come back as something else

  // What QEMU says and hears elsewhere; `who` is a socket, or kFiles. may_say() is false where QEMU
  // is to try again: an answer to a command that may have changed the machine waits until the
  // machine has been read again.
  static constexpr int kFiles = -1;
  bool may_say(int who, const iovec* parts, size_t count);
  void hear(int who, const iovec* parts, size_t count, ssize_t size);
  void hold_answers(bool hold) { holds_answers_.store(hold); }
  // No other monitor says a word, its greeting included: whoever waits for that, as the protocol
  // has it, cannot start the guest before QEMU would tell us.
  void keep_others_silent(bool silent) { others_are_silent_.store(silent); }

  // Answers so far to commands that may have changed the machine, and those before the last read.
  uint64_t changes() const { return changes_.load(); }
  void set_known(uint64_t changes) { known_.store(changes); }
  bool is_stale() const { return known_.load() < changes_.load(); }
  // Commands so far that may have changed the machine, beginning with number `first`. A command is
  // here before its answer counts as a change.
  std::vector<std::string> commands(size_t first);

  // Something else was sent, perhaps the answer to a command that changed the machine.
  bool take_other_traffic() { return other_traffic_.exchange(false); }

  void let_guest_run();
  void end_instead();  // the thread that is about to start the guest ends the process instead

 private:
  enum class Gate { kClosed, kOpen, kEnding };

  // A monitor of the user's.
  struct OtherMonitor {
    std::string heard;      // of a command that is not complete
    bool changes = false;   // what it heard since it last spoke names a change
    bool answered = false;  // it has spoken since
    bool spoken = false;    // it has been let say something
    uint64_t held = 0;      // the change that the answer being held tells of
    size_t held_size = 0;
  };

  void hold();
  bool has_spoken(int who) const;

  std::atomic<int> fd_ = -1;
  std::atomic<bool> greeted_ = false;
  std::atomic<bool> over_ = false;
  std::atomic<bool> other_traffic_ = false;
  std::atomic<bool> holds_answers_ = false;
  std::atomic<bool> others_are_silent_ = false;
  std::atomic<uint64_t> changes_ = 0;
  std::atomic<uint64_t> known_ = 0;
  std::mutex others_mutex_;
  std::map<int, OtherMonitor> others_;
  std::vector<std::string> commands_;
  void (*on_greeting_)() = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  Gate gate_ = Gate::kClosed;
};

MonitorEnd& monitor_end();

}  // namespace qsbx

#endif
