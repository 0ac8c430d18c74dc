// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/monitor.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/io/clients/checked.h"
#include "bench/io/clients/unix_socket.h"

namespace qsbx::bench {
namespace {

using nlohmann::json;

// As the human monitor's commands i and o have it.
std::string size_letter(int size) { return size == 1 ? "b" : size == 2 ? "h" : "w"; }

}  // namespace

Monitor::Monitor(const std::string& socket) : socket_(connect_to(socket)) {
  read_line();  // the greeting
  execute(json{{"execute", "qmp_capabilities"}}.dump());
}

Monitor::~Monitor() { close(socket_); }

bool Monitor::closed() const {
  pollfd hung_up{socket_, 0, 0};
  return checked(poll(&hung_up, 1, 0), "poll") > 0;
}

uint32_t Monitor::read_port(uint16_t port, int size) {
  const std::string answer = ask("i/" + size_letter(size) + " " + std::to_string(port));
  const size_t equals = answer.find("= ");
  if (equals == std::string::npos) throw std::runtime_error("the monitor says: " + answer);
  return std::stoul(answer.substr(equals + 2), nullptr, 16);
}

void Monitor::write_port(uint16_t port, int size, uint32_t value) {
  const std::string answer =
      ask("o/" + size_letter(size) + " " + std::to_string(port) + " " + std::to_string(value));
  if (!answer.empty()) throw std::runtime_error("the monitor says: " + answer);
}

std::string Monitor::ask(const std::string& command) {
  const json request{{"execute", "human-monitor-command"},
                     {"arguments", {{"command-line", command}}}};
  return json::parse(execute(request.dump())).at("return");
}

std::string Monitor::execute(const std::string& request) {
  send_all(socket_, request.data(), request.size());
  for (;;) {
    const std::string line = read_line();
    const json answer = json::parse(line);
    if (answer.contains("error")) throw std::runtime_error("the monitor says: " + line);
    if (answer.contains("return")) return line;  // else it is an event
  }
}

std::string Monitor::read_line() {
  size_t end;
  while ((end = received_.find('\n')) == std::string::npos) {
    char some[4096];
    const ssize_t size = checked(recv(socket_, some, sizeof some, 0), "monitor");
    if (size == 0) throw std::runtime_error("the monitor has gone away");
    received_.append(some, size);
  }
  const std::string line = received_.substr(0, end);
  received_.erase(0, end + 1);
  return line;
}

}  // namespace qsbx::bench
