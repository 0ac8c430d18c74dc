// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/thread_state.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>

namespace qsbx {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

int number_of(std::string_view text, int base = 10) {
  int number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

bool mask_has(std::string_view hexadecimal, int signal) {
  uint64_t mask = 0;
  std::from_chars(hexadecimal.data(), hexadecimal.data() + hexadecimal.size(), mask, 16);
  return (mask >> (signal - 1)) & 1;
}

void take_field(std::string_view key, std::string_view value, ThreadState& state) {
  if (key == "Name") state.name = value;
  if (key == "Seccomp") state.seccomp_mode = number_of(value);
  if (key == "Seccomp_filters") state.filters = number_of(value);
  if (key == "NoNewPrivs") state.no_new_privs = value == "1";
  if (key == "SigBlk") state.blocks_sigsys = mask_has(value, SIGSYS);
}

// nullopt when the thread has ended meanwhile.
std::optional<ThreadState> read_status(const std::string& path, pid_t tid) {
  std::ifstream status(path);
  if (!status) return std::nullopt;
  ThreadState state = {tid, "", 0, -1, false, false};
  bool is_there = false;  // one that ends between open() and read() has nothing to read
  for (std::string line; std::getline(status, line); is_there = true) {
    const std::string_view text = line;
    const size_t colon = text.find(":\t");
    if (colon != text.npos) take_field(text.substr(0, colon), text.substr(colon + 2), state);
  }
  if (!is_there) return std::nullopt;
  return state;
}

Error cannot_read(const std::string& path, int error) {
  return {ErrorCode::kKernel, "cannot read " + path + ": " + strerror(error), error};
}

}  // namespace

Result<std::vector<ThreadState>> threads_of(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  const std::unique_ptr<DIR, CloseDirectory> directory(opendir(folder.c_str()));
  if (!directory) return cannot_read(folder, errno);
  std::vector<ThreadState> threads;
  while (const dirent* entry = readdir(directory.get())) {
    const pid_t tid = number_of(entry->d_name);
    if (tid <= 0) continue;
    if (auto state = read_status(folder + "/" + entry->d_name + "/status", tid)) {
      threads.push_back(*std::move(state));
    }
  }
  if (threads.empty()) return cannot_read(folder, ESRCH);
  std::ranges::sort(threads, {}, &ThreadState::tid);
  return threads;
}

std::string threads_beside_this() {
  const auto threads = threads_of(getpid());
  if (!threads) {
    return "the threads of this process cannot be counted (" + threads.error().message + ")";
  }
  if (threads->size() == 1) return "";
  return "this process has " + std::to_string(threads->size()) + " threads";
}

}  // namespace qsbx
