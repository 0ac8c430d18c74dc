// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A client of NBD, the network block device:
// https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md.
#ifndef QSBX_BENCH_IO_CLIENTS_NBD_H_
#define QSBX_BENCH_IO_CLIENTS_NBD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/io/clients/block_load.h"

namespace qsbx::bench {

// Asks for the export `name` by the fixed newstyle; answers are simple replies.
class Nbd : public BlockTransport {
 public:
  Nbd(const std::string& socket, const std::string& name, const BlockParameters& parameters);
  ~Nbd() override;

  uint64_t capacity() const override { return capacity_; }
  std::span<std::byte> data(unsigned slot) override { return slots_[slot].data; }
  void submit(unsigned slot, bool write, uint64_t sector) override;
  // Everything that was submitted goes in one piece.
  void notify() override;
  void complete(std::vector<unsigned>& slots) override;

 private:
  struct Slot {
    std::vector<std::byte> data;
    bool reading;
  };

  void greet();
  void choose_export(const std::string& name);
  // Whether more of the server's answers to this follow.
  bool take_option_reply();
  void receive();
  void take(void* place, size_t size);
  unsigned take_reply();

  int socket_;
  uint64_t capacity_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::byte> outgoing_;
  // What has come and is not looked at yet.
  std::vector<std::byte> incoming_;
  size_t begin_ = 0, end_ = 0;
};

}  // namespace qsbx::bench

#endif
