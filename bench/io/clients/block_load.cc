// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/block_load.h"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

#include "bench/io/clients/stamps.h"

namespace qsbx::bench {
namespace {

constexpr uint64_t kReadAgain = 256;

uint64_t count_blocks(uint64_t capacity, unsigned block_size) {
  const uint64_t blocks = capacity / block_size;
  if (!std::has_single_bit(blocks) || blocks * block_size != capacity) {
    throw std::runtime_error("a disk of " + std::to_string(capacity) +
                             " bytes is not a power of two of blocks");
  }
  return blocks;
}

// A permutation of the numbers below `count`, a power of two: each step can be undone.
uint64_t shuffled(uint64_t number, uint64_t count) {
  const int half = std::max(1, std::countr_zero(count) / 2);
  for (const uint64_t odd : {0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu}) {
    number ^= number >> half;
    number = number * odd & (count - 1);
  }
  return number;
}

}  // namespace

void BlockParameters::add_options(CLI::App& app) {
  app.add_option("--depth", depth, "Requests at once")->check(CLI::Range(1, 256));
  app.add_option("--block-size", block_size, "Bytes of a request: 512, 1024, ...")
      ->check([](const std::string& text) {
        const unsigned long size = std::stoul(text);
        return size >= kSectorSize && std::has_single_bit(size) ? ""
                                                                : "not a power of two of sectors";
      });
  app.add_flag("--write", write, "Write; else read");
  app.add_flag("--random", random,
               "All blocks in an order that is as if by chance; else one after the other");
  app.add_flag("--null", null, "What is read is zero, and nothing is kept");
}

BlockLoad::BlockLoad(const BlockParameters& parameters, BlockTransport& transport)
    : parameters_(parameters),
      transport_(transport),
      blocks_(count_blocks(transport.capacity(), parameters.block_size)),
      slots_(parameters.depth),
      generations_(blocks_, 0),
      busy_(blocks_, false) {
  if (blocks_ < parameters.depth) throw std::runtime_error("more requests at once than blocks");
}

template <typename NextBlock, typename Done>
void BlockLoad::keep_busy(bool write, uint64_t operations, NextBlock next_block, Done done) {
  uint64_t started = 0;
  const auto start = [&](unsigned slot) {
    uint64_t block = next_block();
    while (busy_[block]) block = next_block();
    busy_[block] = true;
    prepare(slot, write, block);
    slots_[slot] = {block, nanoseconds_now()};
    transport_.submit(slot, write, sector_of(block));
    ++started;
  };
  for (unsigned slot = 0; slot < slots_.size() && started < operations; ++slot) start(slot);
  transport_.notify();

  std::vector<unsigned> completed;
  for (uint64_t finished = 0; finished < operations; finished += completed.size()) {
    completed.clear();
    transport_.complete(completed);
    const uint64_t now = nanoseconds_now();
    for (const unsigned slot : completed) {
      busy_[slots_[slot].block] = false;
      if (!write) check(slot);
      done(now - slots_[slot].started);
      if (started < operations) start(slot);
    }
    transport_.notify();
  }
}

Run BlockLoad::run(uint64_t operations) {
  Run run{.seconds = 0, .latencies = Latencies{}};
  const uint64_t start = nanoseconds_now();
  keep_busy(
      parameters_.write, operations, [&] { return block_at(position_++); },
      [&](uint64_t nanoseconds) { run.latencies->add(nanoseconds); });
  run.seconds = (nanoseconds_now() - start) / 1e9;
  if (parameters_.write && !parameters_.null) read_again(operations);
  return run;
}

uint64_t BlockLoad::block_at(uint64_t position) const {
  const uint64_t block = position & (blocks_ - 1);
  return parameters_.random ? shuffled(block, blocks_) : block;
}

uint64_t BlockLoad::sector_of(uint64_t block) const {
  return block * (parameters_.block_size / kSectorSize);
}

void BlockLoad::prepare(unsigned slot, bool write, uint64_t block) {
  const std::span<std::byte> data = transport_.data(slot);
  if (write) {
    stamp_sectors(data, sector_of(block), ++generations_[block]);
  } else {
    spoil_sectors(data);
  }
}

void BlockLoad::check(unsigned slot) {
  const uint64_t block = slots_[slot].block;
  const std::span<const std::byte> data = transport_.data(slot);
  const auto wrong = parameters_.null
                         ? first_without_zeros(data, sector_of(block))
                         : first_without_stamp(data, sector_of(block), generations_[block]);
  if (wrong)
    throw std::runtime_error("sector " + std::to_string(*wrong) + " is not what it should be");
}

void BlockLoad::read_again(uint64_t operations) {
  const uint64_t count = std::min({operations, kReadAgain, blocks_});
  uint64_t position = position_ - count;
  keep_busy(
      false, count, [&] { return block_at(position++); }, [](uint64_t) {});
}

}  // namespace qsbx::bench
