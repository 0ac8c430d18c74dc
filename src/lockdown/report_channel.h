// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Between those who have something to report, signal handlers among them, and whoever reads it:
//
//     ReportChannel channel(STDERR_FILENO);
//     channel.send(line);     // from any thread; never waits for the reader
//
// Lines that the reader has no room for stay here, the oldest first, and go out with a later
// violation; what finds no room here either is counted, and the count goes out behind the lines.
// Only one thread writes at a time, so that what poll(2) has promised still holds at the write;
// the others leave their lines to it. Should another program fill a pipe between the two, that one
// thread waits for the reader, and nobody else.
#ifndef QSBX_LOCKDOWN_REPORT_CHANNEL_H_
#define QSBX_LOCKDOWN_REPORT_CHANNEL_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "src/lockdown/line.h"

namespace qsbx {

class ReportChannel {
 public:
  static constexpr uint32_t kLines = 64;

  explicit ReportChannel(int descriptor);
  ~ReportChannel();
  ReportChannel(const ReportChannel&) = delete;
  ReportChannel& operator=(const ReportChannel&) = delete;

  // Takes the line, or counts it as dropped, and writes what can be written. Keeps errno.
  void send(Line& line);

  // Writes what has been left here, as far as there is room for it now. Keeps errno.
  void send_rest();

  // The same, for a process that is about to end: lets another thread that is writing finish, for
  // some milliseconds.
  void send_rest_before_the_end();

  int descriptor() const { return descriptor_; }

 private:
  enum class Outcome { kNothingLeft, kNoRoom, kAnotherWrites };

  struct Slot {
    // As in a queue of Vyukov's: equal to a ticket, free for it; one more, its line is here. Less
    // the slot's index, so that a channel of zeros is empty.
    std::atomic<uint32_t> turn;
    uint32_t size;
    char text[Line::kCapacity + 1];
  };

  // In a mapping of its own, which is empty again in a process that has forked: the lines are told
  // by the parent, and whoever was writing there does not write here.
  struct State {
    std::atomic<bool> writing;
    std::atomic<uint32_t> tail;  // the next ticket
    std::atomic<uint32_t> head;  // the oldest line; only who writes changes it
    std::atomic<uint32_t> dropped;
    uint32_t told;  // bytes of the oldest line that are out
    std::array<Slot, kLines> slots;
  };

  bool put(std::string_view line);
  Slot& slot(uint32_t ticket) { return state_->slots[ticket % kLines]; }
  bool has_rest() const;
  bool has_line_at_head() const;
  bool write_oldest();
  Outcome write_what_is_there();
  // False when the reader has no room.
  bool write_lines();
  bool write_count_of_dropped();

  int descriptor_;
  // A terminal takes part of a line and waits with the rest, so it gets some bytes at a time.
  size_t at_once_;
  State* state_;  // nullptr where there was no memory: every line is written or lost at once
};

}  // namespace qsbx

#endif
