// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/traced_host.h"

#include <fcntl.h>
#include <gnu/libc-version.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "integration/qemu/launch/qemu_binary.h"
#include "kernel/event.h"
#include "src/cli/report.h"
#include "src/machine/command_line.h"
#include "src/machine/process_command.h"

extern char** environ;

namespace qsbx {
namespace {

using std::chrono::steady_clock;

// Whether there is something to read before that moment.
bool waits_for_text(int fd, steady_clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd state = {fd, POLLIN, 0};
    const int ready = poll(&state, 1, static_cast<int>(left.count()));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

// Up to the end, or what has come until that moment.
std::string read_until(int fd, steady_clock::time_point until) {
  std::string text;
  char part[4096];
  while (waits_for_text(fd, until)) {
    const ssize_t count = read(fd, part, sizeof part);
    if (count == 0 || (count < 0 && errno != EINTR)) break;
    if (count > 0) text.append(part, static_cast<size_t>(count));
  }
  return text;
}

// It has said what it had to say, or never will.
void end(pid_t child) {
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// 0 when it cannot be started. It reads nothing, and writes to `output`.
pid_t start_for_version(const std::string& program, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  std::string version = "--version", name = program;
  char* const words[] = {name.data(), version.data(), nullptr};
  pid_t child = 0;
  const int failed = posix_spawn(&child, program.c_str(), &actions, nullptr, words, environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? child : 0;
}

// What `program --version` writes; empty when it cannot be started.
std::string version_text(const std::string& program) {
  constexpr std::chrono::seconds kLongest(10);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return "";
  OwnedFd from(ends[0]), to(ends[1]);
  const pid_t child = start_for_version(program, to.get());
  to = OwnedFd();
  if (child == 0) return "";
  std::string text = read_until(from.get(), steady_clock::now() + kLongest);
  end(child);
  return text;
}

// "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)" of "QEMU emulator version ..."; qemu-nbd begins with its
// own path.
std::string qemu_version(const std::string& program) {
  std::error_code ignored;
  const std::string name = std::filesystem::canonical(program, ignored).filename();
  if (!name.starts_with("qemu")) return "";
  const std::string text = version_text(program);
  const std::string line = text.substr(0, text.find('\n'));
  for (const std::string& before : {std::string("QEMU emulator version "),
                                    std::string("qemu-storage-daemon version "), program + " "}) {
    if (line.starts_with(before)) return line.substr(before.size());
  }
  return "";
}

// What loads our C library loads the program's, too. Empty: not known.
std::string libc_of(const std::string& program) {
  const std::string linker = dynamic_linker_of(program);
  if (linker.empty() || linker != dynamic_linker_of("/proc/self/exe")) return "";
  return std::string("glibc ") + gnu_get_libc_version();
}

std::pair<int, int> version_number(const std::string& version) {
  char* after = nullptr;
  const long major = strtol(version.c_str(), &after, 10);
  const long minor = *after == '.' ? strtol(after + 1, nullptr, 10) : 0;
  return {static_cast<int>(major), static_cast<int>(minor)};
}

// As far as the command line and the version tell.
std::set<Part> parts_of(const std::vector<std::string>& command, const std::string& version) {
  auto line = read_command_line(command);
  if (!line) {
    say("warning: the trace does not say of what parts the machine is: " + line.error().message);
    return {};
  }
  add_parts_of_version(line->machine, version_number(version));
  return line->machine.parts;
}

std::string kernel_release() {
  utsname name = {};
  return uname(&name) == 0 ? name.release : "";
}

Trace describe(const std::vector<std::string>& command, const std::string& version) {
  Trace trace;
  trace.command = command;
  trace.qemu = version;
  trace.kernel = kernel_release();
  trace.parts = parts_of(command, version);
  return trace;
}

}  // namespace

Trace describe_new_run(const std::vector<std::string>& command) {
  const auto program = find_program(command.front());
  Trace trace = describe(command, program ? qemu_version(*program) : "");
  if (program) trace.libc = libc_of(*program);
  return trace;
}

Trace describe_running(pid_t pid) {
  const auto command = command_of_process(pid);
  return describe(command ? *command : std::vector<std::string>(), "");
}

}  // namespace qsbx
