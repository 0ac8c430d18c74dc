// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Requests to a disk, as many at once as are asked for: a new one is made as soon as one is done.
#ifndef QSBX_BENCH_IO_CLIENTS_BLOCK_LOAD_H_
#define QSBX_BENCH_IO_CLIENTS_BLOCK_LOAD_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bench/io/clients/command_loop.h"

namespace qsbx::bench {

// Whoever takes longer will not answer any more.
constexpr int kSecondsToAnswer = 30;

struct BlockParameters {
  unsigned depth = 1;
  unsigned block_size = 4096;
  bool write = false;
  bool random = false;
  // The disk is of driver null-co: what is read is zero, and what is written is gone.
  bool null = false;

  void add_options(CLI::App& app);
};

// How requests get to a disk. A slot is a place for one request and its data.
class BlockTransport {
 public:
  virtual ~BlockTransport() = default;

  // Bytes of the disk.
  virtual uint64_t capacity() const = 0;

  // What `slot` writes, or has read.
  virtual std::span<std::byte> data(unsigned slot) = 0;

  // Makes ready a request for all of data(slot); it may wait for notify().
  virtual void submit(unsigned slot, bool write, uint64_t sector) = 0;
  virtual void notify() = 0;

  // Waits until requests are done and appends their slots. Throws where one has failed.
  virtual void complete(std::vector<unsigned>& slots) = 0;
};

class BlockLoad {
 public:
  // Throws where the disk is not a power of two of blocks.
  BlockLoad(const BlockParameters& parameters, BlockTransport& transport);

  // What was written is read again afterwards, the last few blocks of it, out of the time that is
  // measured.
  Run run(uint64_t operations);

 private:
  struct Slot {
    uint64_t block;
    uint64_t started;
  };

  // Calls `done(slot, nanoseconds)` for each of the requests for blocks that `next_block()` says.
  template <typename NextBlock, typename Done>
  void keep_busy(bool write, uint64_t operations, NextBlock next_block, Done done);

  uint64_t block_at(uint64_t position) const;
  uint64_t sector_of(uint64_t block) const;
  void prepare(unsigned slot, bool write, uint64_t block);
  void check(unsigned slot);
  void read_again(uint64_t operations);

  const BlockParameters parameters_;
  BlockTransport& transport_;
  const uint64_t blocks_;
  std::vector<Slot> slots_;
  std::vector<uint16_t> generations_;  // by block
  // By block, too: of two requests at once it could not be said which is done first.
  std::vector<bool> busy_;
  uint64_t position_ = 0;
};

}  // namespace qsbx::bench

#endif
