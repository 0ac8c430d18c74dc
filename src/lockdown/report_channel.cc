// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/report_channel.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace qsbx {
namespace {

constexpr size_t kPieceForTerminals = 64;

class KeepErrno {
 public:
  ~KeepErrno() { errno = saved_; }

 private:
  int saved_ = errno;
};

// A Line would be too large beside the one that the caller has on a small signal stack.
class DroppedText {
 public:
  explicit DroppedText(uint32_t count) {
    add("qsbx: ");
    const auto digits = std::to_chars(buffer_ + size_, buffer_ + sizeof buffer_, count);
    size_ = static_cast<size_t>(digits.ptr - buffer_);
    add(" reports were dropped, since they were not read fast enough");
  }

  std::string_view view() const { return {buffer_, size_}; }

 private:
  void add(std::string_view text) { size_ += text.copy(buffer_ + size_, sizeof buffer_ - size_); }

  char buffer_[96];
  size_t size_ = 0;
};

// Between two looks at what another thread does; no system call, which a policy might not grant.
void pause_a_little() {
  for (int i = 0; i < 100; ++i) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    asm volatile("yield");
#endif
  }
}

}  // namespace

ReportChannel::ReportChannel(int descriptor)
    : descriptor_(descriptor),
      at_once_(isatty(descriptor) ? kPieceForTerminals : Line::kCapacity + 1),
      state_(nullptr) {
  void* pages =
      mmap(nullptr, sizeof(State), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return;
  madvise(pages, sizeof(State), MADV_WIPEONFORK);
  state_ = static_cast<State*>(pages);
}

ReportChannel::~ReportChannel() {
  if (state_ != nullptr) munmap(state_, sizeof(State));
}

bool ReportChannel::put(std::string_view line) {
  uint32_t ticket = state_->tail.load();
  while (true) {
    Slot& place = slot(ticket);
    const uint32_t index = ticket % kLines;
    const int32_t ahead = static_cast<int32_t>(place.turn.load() + index - ticket);
    if (ahead < 0) return false;  // the line of a round before is still here
    if (ahead > 0 || !state_->tail.compare_exchange_weak(ticket, ticket + 1)) {
      ticket = state_->tail.load();
      continue;
    }
    memcpy(place.text, line.data(), line.size());
    place.text[line.size()] = '\n';
    place.size = static_cast<uint32_t>(line.size()) + 1;
    place.turn = ticket + 1 - index;
    return true;
  }
}

bool ReportChannel::has_line_at_head() const {
  const uint32_t head = state_->head.load();
  const uint32_t index = head % kLines;
  return state_->slots[index].turn.load() + index == head + 1;
}

bool ReportChannel::has_rest() const {
  return state_ != nullptr && (state_->dropped.load() != 0 || has_line_at_head());
}

bool ReportChannel::write_oldest() {
  const Slot& oldest = slot(state_->head);
  while (state_->told < oldest.size) {
    const size_t size = std::min<size_t>(oldest.size - state_->told, at_once_);
    const ssize_t written = write_at_once(descriptor_, oldest.text + state_->told, size);
    if (written == 0) return false;
    // Where nobody reads any more there is nobody to keep it for.
    if (written < 0) return true;
    state_->told += static_cast<uint32_t>(written);
  }
  return true;
}

bool ReportChannel::write_lines() {
  while (has_line_at_head()) {
    if (!write_oldest()) return false;
    const uint32_t head = state_->head;
    state_->told = 0;
    state_->head = head + 1;
    slot(head).turn = head + kLines - head % kLines;
  }
  return true;
}

bool ReportChannel::write_count_of_dropped() {
  const uint32_t dropped = state_->dropped.exchange(0);
  if (dropped == 0) return true;
  DroppedText text(dropped);
  if (put(text.view())) return write_lines();
  state_->dropped += dropped;
  return false;
}

ReportChannel::Outcome ReportChannel::write_what_is_there() {
  // What comes while the last line is being written finds somebody writing, and is left to it.
  while (has_rest()) {
    if (state_->writing.exchange(true)) return Outcome::kAnotherWrites;
    const bool room = write_lines() && write_count_of_dropped();
    state_->writing = false;
    if (!room) return Outcome::kNoRoom;
  }
  return Outcome::kNothingLeft;
}

void ReportChannel::send(Line& line) {
  const KeepErrno keep;
  if (state_ == nullptr) {
    line.write_to(descriptor_);
    return;
  }
  if (put(line.view())) {
    write_what_is_there();
    return;
  }
  // The reader may have caught up since the lines were left here.
  write_what_is_there();
  if (!put(line.view())) ++state_->dropped;
  write_what_is_there();
}

void ReportChannel::send_rest() {
  const KeepErrno keep;
  if (has_rest()) write_what_is_there();
}

void ReportChannel::send_rest_before_the_end() {
  const KeepErrno keep;
  constexpr int kLooks = 10'000;
  for (int look = 0; look < kLooks && has_rest(); ++look) {
    if (write_what_is_there() != Outcome::kAnotherWrites) return;
    pause_a_little();
  }
}

}  // namespace qsbx
