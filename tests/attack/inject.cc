// SPDX-License-Identifier: LGPL-2.1-or-later
//
// inject [--deliver] TID: has one thread of a running process make the calls that come on standard
// input, a line each, and answers each with a line:
//
//   memory                         0x7f0000001000      some pages of the thread that nothing lives
//   in write ADDRESS HEX              ok call NAME ARG...               returned -2         as
//   `qsbx eval` takes them: numbers, constants by name task NAME ARG...               returned 4711
//   a call that makes a process or a thread, which exits at once x32 NAME ARG... ended signal 31
//   with the bit that makes it a call of x32 i386 NUMBER ARG...             signal 11           by
//   int $0x80
//
// Other answers are "trapped N", a filter's TRAP with its data, and "ended status N". A trap's
// signal is not delivered and the thread lives, unless --deliver is there.
#include <signal.h>
#include <sys/wait.h>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "src/profile/call_words.h"
#include "src/syscalls/architecture.h"
#include "src/syscalls/syscall_table.h"
#include "tests/attack/victim.h"

namespace qsbx {
namespace {

constexpr Architecture kArchitecture = Architecture::kX86_64;

[[noreturn]] void refuse(const std::string& why) {
  std::cerr << "inject: " << why << "\n";
  exit(2);
}

template <typename T>
T or_refuse(const Result<T>& result) {
  if (!result.ok()) refuse(result.error().message);
  return *result;
}

std::vector<std::string> words_of(std::istringstream& line) {
  std::vector<std::string> words;
  for (std::string word; line >> word;) words.push_back(word);
  return words;
}

CallArguments arguments_of(const Syscall* call, const std::vector<std::string>& words) {
  CallArguments arguments = {};
  for (size_t i = 0; i < words.size() && i < arguments.size(); i++) {
    arguments[i] = or_refuse(read_call_argument(call, i, words[i], kArchitecture));
  }
  return arguments;
}

std::string text_of_end(int status) {
  if (WIFSIGNALED(status)) return "ended signal " + std::to_string(WTERMSIG(status));
  return "ended status " + std::to_string(WEXITSTATUS(status));
}

std::string text_of(const Answer& answer) {
  switch (answer.outcome) {
    case Outcome::kReturned:
      return "returned " + std::to_string(answer.value);
    case Outcome::kTrapped:
      return "trapped " + std::to_string(answer.value);
    case Outcome::kSignal:
      return "signal " + std::to_string(answer.value);
    case Outcome::kEnded:
      break;
  }
  return text_of_end(static_cast<int>(answer.value));
}

Answer make_call(Victim& victim, const std::string& kind, const std::string& name,
                 const std::vector<std::string>& words) {
  const int number = or_refuse(read_call_number(name, kArchitecture));
  if (kind == "i386") return victim.call_of_i386(number, arguments_of(nullptr, words));
  const CallArguments arguments = arguments_of(find_syscall(kArchitecture, number), words);
  if (kind == "call") return victim.call(number, arguments);
  if (kind == "task") return victim.call_that_makes_a_task(number, arguments);
  if (kind == "x32") return victim.call(number | static_cast<long>(kX32Bit), arguments);
  refuse("'" + kind + "' is nothing that it does");
}

void write_memory(const Victim& victim, std::istringstream& line) {
  std::string address, hex, bytes;
  line >> address >> hex;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  victim.write(std::stoull(address, nullptr, 0), bytes.data(), bytes.size());
}

std::string answer_to(Victim& victim, const std::string& request) {
  std::istringstream line(request);
  std::string kind, name;
  line >> kind;
  if (kind == "memory") return std::to_string(victim.memory());
  if (kind == "write") {
    write_memory(victim, line);
    return "ok";
  }
  line >> name;
  return text_of(make_call(victim, kind, name, words_of(line)));
}

void serve(Victim& victim) {
  for (std::string request; std::getline(std::cin, request);) {
    const std::string answer = answer_to(victim, request);
    std::cout << answer << std::endl;
    if (answer.starts_with("ended")) return;
  }
}

}  // namespace
}  // namespace qsbx

int main(int argc, char** argv) {
  const bool deliver = argc == 3 && std::string(argv[1]) == "--deliver";
  if (argc != 2 && !deliver) qsbx::refuse("usage: inject [--deliver] TID");
  Victim victim(static_cast<pid_t>(std::stol(argv[argc - 1])));
  if (deliver) victim.deliver_traps();
  qsbx::serve(victim);
  victim.let_go();
  return 0;
}
