// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/command_loop.h"

#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>

namespace qsbx::bench {
namespace {

using nlohmann::ordered_json;

void say(const ordered_json& line) { std::cout << line.dump() << std::endl; }

uint64_t operations_of(const std::string& command) {
  std::istringstream words(command);
  std::string verb, more;
  uint64_t operations = 0;
  if (!(words >> verb >> operations) || verb != "run" || operations == 0 || words >> more) {
    throw std::runtime_error("not a command: " + command);
  }
  return operations;
}

ordered_json described(uint64_t operations, const Run& run) {
  ordered_json line{{"operations", operations}, {"seconds", run.seconds}};
  if (!run.latencies) return line;
  line["p50"] = run.latencies->at(0.5);
  line["p90"] = run.latencies->at(0.9);
  line["p99"] = run.latencies->at(0.99);
  line["max"] = run.latencies->at(1);
  return line;
}

void serve(const Load& load) {
  say({{"ready", true}});
  for (std::string command; std::getline(std::cin, command);) {
    const uint64_t operations = operations_of(command);
    say(described(operations, load(operations)));
  }
}

}  // namespace

int serve_commands(const std::function<Load()>& connect) {
  try {
    serve(connect());
    return 0;
  } catch (const std::exception& wrong) {
    say({{"error", wrong.what()}});
    return 1;
  }
}

}  // namespace qsbx::bench
