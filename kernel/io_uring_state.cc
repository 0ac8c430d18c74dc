// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/io_uring_state.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string_view>

#include "kernel/folder.h"
#include "kernel/thread_state.h"

namespace qsbx {
namespace {

constexpr std::string_view kRing = "anon_inode:[io_uring]";

bool is_ring(const std::string& link) {
  char target[kRing.size() + 1];
  const ssize_t length = readlink(link.c_str(), target, sizeof target);
  return length == static_cast<ssize_t>(kRing.size()) &&
         std::string_view(target, kRing.size()) == kRing;
}

// -1 stands for no thread.
bool has_polling_thread(const std::string& fdinfo) {
  std::ifstream file(fdinfo);
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kKey = "SqThread:\t";
    if (line.starts_with(kKey)) return !line.substr(kKey.size()).starts_with('-');
  }
  return false;
}

Result<std::vector<IoUringRing>> rings_of(const std::string& process) {
  const std::string folder = process + "/fd";
  const auto numbers = numbers_in_folder(folder);
  if (!numbers) return numbers.error();
  std::vector<IoUringRing> rings;
  for (const int number : *numbers) {
    const std::string name = "/" + std::to_string(number);
    if (is_ring(folder + name))
      rings.push_back({number, has_polling_thread(process + "/fdinfo" + name)});
  }
  return rings;
}

std::string descriptors_text(const std::vector<IoUringRing>& rings) {
  std::string text;
  for (size_t i = 0; i < rings.size(); ++i) {
    if (i > 0) text += i + 1 == rings.size() ? " and " : ", ";
    text += std::to_string(rings[i].descriptor) + (rings[i].polled ? " (polled)" : "");
  }
  return text;
}

}  // namespace

bool IoUringState::polled() const {
  return polling_threads > 0 || std::ranges::any_of(rings, &IoUringRing::polled);
}

Result<IoUringState> io_uring_of(pid_t pid) {
  auto rings = rings_of("/proc/" + std::to_string(pid));
  if (!rings) return std::move(rings).error();
  const auto threads = threads_of(pid);
  if (!threads) return threads.error();
  const auto polls = [](const ThreadState& thread) { return thread.name.starts_with("iou-sqp-"); };
  return IoUringState{std::move(rings).value(),
                      static_cast<int>(std::ranges::count_if(*threads, polls))};
}

std::string to_string(const IoUringState& state) {
  const size_t count = state.rings.size();
  if (state.empty()) return "no io_uring ring";
  if (count == 0) return "an io_uring ring without a descriptor (polled)";
  if (count == 1) return "1 io_uring ring, at descriptor " + descriptors_text(state.rings);
  return std::to_string(count) + " io_uring rings, at descriptors " + descriptors_text(state.rings);
}

}  // namespace qsbx
