// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/qmp.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace qsbx {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

// A line of this length is no QMP: the longest answers, of hundreds of block nodes, have some 100
// KB.
constexpr size_t kLongestLine = 64 << 20;

// So many commands on their way at once: each is short, so that they fit into any socket's buffer.
constexpr size_t kBatch = 32;

Error broken(std::string message, int saved_errno = 0) {
  if (saved_errno != 0) message += std::string(": ") + std::strerror(saved_errno);
  return Error{ErrorCode::kState, std::move(message), saved_errno};
}

// The other end has gone.
bool is_gone(int number) { return number == ECONNRESET || number == EPIPE; }

// Rounded up: with what is left below a millisecond poll() would come back at once, time and again.
int milliseconds_until(Deadline deadline) {
  auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 3'600'000));
}

std::string string_in(const Json& object, const char* key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Error refusal_in(const Json& message) {
  const Json& error = message["error"];
  std::string words = error.is_object() ? string_in(error, "desc") : std::string();
  return Error{ErrorCode::kUsage, words.empty() ? "QEMU refused without a reason" : words};
}

// {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": ""} is QEMU's own.
Json version_in(const Json& greeting) {
  if (!greeting.is_object()) return {};
  const Json version = greeting.value("version", Json::object());
  return version.is_object() ? version.value("qemu", Json::object()) : Json();
}

// Without an "id": answers come in the order of the commands, and QEMU reads byte by byte.
std::string text_of(const QmpCommand& command) {
  Json message = {{"execute", command.name}};
  if (!command.arguments.empty()) message["arguments"] = command.arguments;
  return message.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Status QmpSocket::write(std::string_view text) {
  while (!text.empty()) {
    ssize_t sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return broken("cannot write to QEMU's monitor", errno);
    text.remove_prefix(static_cast<size_t>(sent));
  }
  return Done{};
}

Status QmpSocket::fill(Deadline deadline) {
  pollfd wanted = {fd_, POLLIN, 0};
  int ready = poll(&wanted, 1, milliseconds_until(deadline));
  if (ready == 0 && std::chrono::steady_clock::now() < deadline) return Done{};
  if (ready == 0) return broken("QEMU's monitor does not answer", ETIMEDOUT);
  char chunk[16384];
  ssize_t got = ready < 0 ? -1 : recv(fd_, chunk, sizeof chunk, 0);
  if (got < 0 && errno == EINTR) return Done{};
  if (got < 0 && is_gone(errno)) got = 0;
  if (got < 0) return broken("cannot read from QEMU's monitor", errno);
  if (got == 0) return broken("QEMU closed its monitor", EPIPE);
  buffer_.append(chunk, static_cast<size_t>(got));
  return Done{};
}

Result<std::string> QmpSocket::read_line(Deadline deadline) {
  for (;;) {
    size_t end = buffer_.find('\n', searched_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      searched_ = 0;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    searched_ = buffer_.size();
    if (buffer_.size() > kLongestLine) return broken("QEMU's monitor sent a line without end");
    if (auto filled = fill(deadline); !filled) return filled.error();
  }
}

QmpClient::QmpClient(QmpTransport& transport, milliseconds patience)
    : transport_(transport), patience_(patience) {}

Result<Json> QmpClient::read_message(Deadline deadline) {
  auto line = transport_.read_line(deadline);
  if (!line) return line.error();
  Json message = Json::parse(*line, nullptr, false);
  if (!message.is_object()) {
    return broken("QEMU's monitor sent what is not QMP: " + line->substr(0, 60));
  }
  return message;
}

Status QmpClient::greet(Deadline deadline) {
  auto greeting = read_message(deadline);
  if (!greeting) return greeting.error();
  const auto version = greeting->find("QMP");
  if (version == greeting->end()) return broken("QEMU's monitor did not greet as QMP does");
  version_ = version_in(*version);
  greeted_ = true;
  return transport_.write(text_of({"qmp_capabilities"}));
}

Status QmpClient::negotiate(Deadline greeting_deadline) {
  if (!greeted_) {
    if (auto greeted = greet(greeting_deadline); !greeted) return greeted;
  }
  auto ready = await_answer_unless_over();
  if (!ready) return ready.error();
  return Done{};
}

Result<Json> QmpClient::answer_in(const Json& message) const {
  if (message.contains("error")) return refusal_in(message);
  if (auto value = message.find("return"); value != message.end()) return *value;
  return broken("QEMU's monitor sent neither an answer nor an event");
}

Result<Json> QmpClient::await_answer() {
  Deadline deadline = std::chrono::steady_clock::now() + patience_;
  for (;;) {
    auto message = read_message(deadline);
    if (!message) return message.error();
    const bool is_event = !string_in(*message, "event").empty();
    if (!is_event && sent_ahead_ == 0) return answer_in(*message);
    auto event = event_in(*message);
    if (!event) return event.error();
    events_.push_back(*event);
    if (event->name == urgent_event_) return broken("QEMU waits after " + event->name, EINTR);
  }
}

Result<Json> QmpClient::execute(const QmpCommand& command) {
  return std::move(execute_all({command}).front());
}

Result<Json> QmpClient::await_answer_unless_over() {
  if (over_) return *over_;
  auto answer = await_answer();
  if (!answer && answer.error().code == ErrorCode::kState) over_ = answer.error();
  return answer;
}

std::vector<Result<Json>> QmpClient::execute_all(const std::vector<QmpCommand>& commands) {
  std::vector<Result<Json>> answers;
  for (size_t begin = 0; begin < commands.size(); begin += kBatch) {
    const size_t end = std::min(begin + kBatch, commands.size());
    std::string text;
    for (size_t i = begin; i < end; ++i) text += text_of(commands[i]);
    if (!over_) {
      if (auto written = transport_.write(text); !written) over_ = written.error();
    }
    for (size_t i = begin; i < end; ++i) answers.push_back(await_answer_unless_over());
  }
  return answers;
}

Status QmpClient::send(const QmpCommand& command) {
  ++sent_ahead_;
  return transport_.write(text_of(command));
}

Result<QmpClient::Event> QmpClient::event_in(const Json& message) {
  if (std::string name = string_in(message, "event"); !name.empty()) return Event{name, {}};
  sent_ahead_ = std::max(sent_ahead_ - 1, 0);
  auto answer = answer_in(message);
  if (answer) return Event{"answered", {}};
  if (answer.error().code == ErrorCode::kState) return answer.error();
  return Event{"refused", answer.error().message};
}

Result<std::optional<QmpClient::Event>> QmpClient::await_event(Deadline deadline) {
  if (!events_.empty()) {
    Event event = events_.front();
    events_.pop_front();
    return std::optional(event);
  }
  auto message = read_message(deadline);
  if (!message && message.error().saved_errno == ETIMEDOUT) return std::optional<Event>();
  if (!message) return message.error();
  auto event = event_in(*message);
  if (!event) return event.error();
  return std::optional(*event);
}

}  // namespace qsbx
