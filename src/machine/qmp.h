// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A conversation with QEMU over QMP, its machine protocol:
//
//   QmpSocket socket(fd);
//   QmpClient qmp(socket);
//   if (auto ready = qmp.negotiate(timeout); !ready) return ready.error();
//   auto status = qmp.execute({"query-status"});
//
// Errors: kUsage when QEMU refuses a command, with its own words; kState when the conversation is
// over (QEMU has gone, says nothing, or says what is not QMP), and nothing more can be asked; EPIPE
// then tells that QEMU has gone.
#ifndef QSBX_MACHINE_QMP_H_
#define QSBX_MACHINE_QMP_H_

#include <chrono>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

using Deadline = std::chrono::steady_clock::time_point;

// Where the lines go and come from.
class QmpTransport {
 public:
  virtual ~QmpTransport() = default;
  virtual Status write(std::string_view text) = 0;
  // The next line, without its end.
  virtual Result<std::string> read_line(Deadline deadline) = 0;
};

// A connected stream socket, owned by the caller.
class QmpSocket : public QmpTransport {
 public:
  explicit QmpSocket(int fd) : fd_(fd) {}

  Status write(std::string_view text) override;
  Result<std::string> read_line(Deadline deadline) override;

 private:
  Status fill(Deadline deadline);

  int fd_;
  std::string buffer_;
  size_t searched_ = 0;  // so much of the buffer is known to hold no line end
};

struct QmpCommand {
  std::string name;
  nlohmann::json arguments = nlohmann::json::object();
};

class QmpClient {
 public:
  // Each answer has to come within `patience`.
  explicit QmpClient(QmpTransport& transport,
                     std::chrono::milliseconds patience = std::chrono::seconds(30));

  // Waits for QEMU's greeting, and asks it to leave negotiation mode. QEMU greets when its monitor
  // is made, and answers when its devices are.
  Status greet(Deadline deadline);

  // The same, unless that is done, and waits for the answer.
  Status negotiate(Deadline greeting_deadline);

  // QEMU's, with "major" and "minor", as the greeting had it; not an object before that.
  const nlohmann::json& version() const { return version_; }

  Result<nlohmann::json> execute(const QmpCommand& command);

  // The answers in the order of the commands. Asks without waiting for each answer.
  std::vector<Result<nlohmann::json>> execute_all(const std::vector<QmpCommand>& commands);

  // Once this event has come, QEMU answers nothing until the caller has dealt with it. Questions
  // that are open then, and later ones, fail with kState and EINTR; await_event() gives the event.
  void give_way_to(const std::string& event) { urgent_event_ = event; }

  // Sends a command whose answer may come much later: await_event() skips it, and keeps a refusal.
  Status send(const QmpCommand& command);

  // Waits for the next event, answers to send() included: then the name is "refused" or
  // "answered". Events that came in between other answers come first. nullopt: none in time.
  struct Event {
    std::string name;
    std::string refusal;
  };
  Result<std::optional<Event>> await_event(Deadline deadline);

 private:
  Result<nlohmann::json> read_message(Deadline deadline);
  Result<nlohmann::json> await_answer();
  Result<nlohmann::json> await_answer_unless_over();
  Result<nlohmann::json> answer_in(const nlohmann::json& message) const;
  Result<Event> event_in(const nlohmann::json& message);

  QmpTransport& transport_;
  std::chrono::milliseconds patience_;
  bool greeted_ = false;
  nlohmann::json version_;
  int sent_ahead_ = 0;  // commands of send() that have no answer yet
  std::deque<Event> events_;
  std::string urgent_event_;
  std::optional<Error> over_;  // no question has an answer any more
};

}  // namespace qsbx

#endif
