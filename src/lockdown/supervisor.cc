// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <string>

#include "src/lockdown/caller_memory.h"

namespace qsbx {
namespace {

// Sends an answer. What it says of a caller that went away meanwhile changes nothing.
class Answer {
 public:
  Answer(int listener, const Notification& notification, Judge& judge)
      : listener_(listener), notification_(notification), judge_(judge) {}

  void operator()(Fail answer) const { fail_call(listener_, notification_.id, answer.error); }
  void operator()(Value answer) const { answer_call(listener_, notification_.id, answer.value); }
  void operator()(LetRun) const { let_call_run(listener_, notification_.id); }

  void operator()(PassIn answer) const {
    const int number = answer_with_descriptor(listener_, notification_.id, answer.descriptor,
                                              answer.close_on_exec);
    close(answer.descriptor);
    // The caller's table is full, or this kernel cannot.
    if (number < 0 && number != -ENOENT) fail_call(listener_, notification_.id, -number);
  }

  void operator()(LookAtMemory) const {
    const WaitingCaller caller(listener_, notification_);
    std::visit(*this, judge_.by_memory(notification_, caller));
  }

 private:
  int listener_;
  const Notification& notification_;
  Judge& judge_;
};

Error cannot_supervise(int error) {
  return Error{ErrorCode::kKernel,
               std::string("cannot read the notifications of the filter: ") + strerror(error),
               error};
}

// False when the last who could call is gone. `process` is -1 from its end on; poll(2) passes over
// such.
Result<bool> wait_for_call(int listener, int& process, Judge& judge) {
  for (;;) {
    struct pollfd questions[] = {{listener, POLLIN, 0}, {process, POLLIN, 0}};
    while (poll(questions, 2, -1) < 0) {
      if (errno != EINTR) return cannot_supervise(errno);
    }
    if (questions[0].revents & POLLNVAL) return cannot_supervise(EBADF);
    if (questions[0].revents != 0) return (questions[0].revents & POLLIN) != 0;
    judge.process_ended();
    process = -1;
  }
}

}  // namespace

std::optional<std::string_view> WaitingCaller::text(uint64_t address, char* room,
                                                    size_t size) const {
  // A byte more than the text needs, for its end; a page that is missing ends the text, too.
  const std::string_view text = text_of_thread(tid_, address, room, size);
  char end = 1;
  const bool ends =
      text.size() < size && text_of_thread(tid_, address + text.size(), &end, 1).empty();
  if (!ends || end != '\0' || !is_still_waiting(listener_, id_)) return std::nullopt;
  return text;
}

bool WaitingCaller::copy(uint64_t address, void* room, size_t size) const {
  return bytes_of_thread(tid_, address, static_cast<char*>(room), size) == size &&
         is_still_waiting(listener_, id_);
}

std::optional<std::string> WaitingCaller::current_folder() const {
  char room[4096];
  const std::string link = "/proc/" + std::to_string(tid_) + "/cwd";
  const ssize_t size = readlink(link.c_str(), room, sizeof room);
  if (size <= 0 || size == sizeof room || !is_still_waiting(listener_, id_)) return std::nullopt;
  return std::string(room, static_cast<size_t>(size));
}

Status supervise(int listener, Judge& judge, int process) {
  if (listener < 0) return cannot_supervise(EBADF);  // poll(2) would wait for ever
  (void)wake_in_turns(listener);                     // speed only
  for (;;) {
    const auto more = wait_for_call(listener, process, judge);
    if (!more) return more.error();
    if (!*more) return Done{};
    Notification notification;
    const int result = receive_notification(listener, notification);
    if (result == -EINTR || result == -ENOENT) continue;
    if (result < 0) return cannot_supervise(-result);
    std::visit(Answer(listener, notification, judge), judge.by_registers(notification));
  }
}

}  // namespace qsbx
