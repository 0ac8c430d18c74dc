// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Packets through a QEMU, so many under way at once, each numbered: none may be lost, changed or
// overtaken.
#ifndef QSBX_BENCH_IO_CLIENTS_PACKET_LOAD_H_
#define QSBX_BENCH_IO_CLIENTS_PACKET_LOAD_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "bench/io/clients/command_loop.h"

namespace qsbx::bench {

struct PacketParameters {
  // Of the Ethernet frame, without its checksum.
  unsigned size = 64;
  unsigned under_way = 8;

  void add_options(CLI::App& app);
};

// A packet that everybody passes on; its number is 0.
std::vector<std::byte> make_packet(unsigned size);

using TakePacket = std::function<void(std::span<const std::byte> packet)>;

// The way into QEMU and out of it.
class PacketPath {
 public:
  virtual ~PacketPath() = default;

  // False when there is no room for it now. It may wait for flush().
  virtual bool send(std::span<const std::byte> packet) = 0;
  virtual void flush() = 0;

  // Waits for a packet, and takes it and those that are there with it. Throws when none comes.
  virtual void receive(const TakePacket& take) = 0;
};

class PacketLoad {
 public:
  PacketLoad(const PacketParameters& parameters, PacketPath& path);

  Run run(uint64_t operations);

 private:
  void send_as_many_as_may_be(uint64_t until);
  void take(std::span<const std::byte> packet);

  const PacketParameters parameters_;
  PacketPath& path_;
  std::vector<std::byte> packet_;
  std::vector<uint64_t> started_;  // by number, of those under way
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
  Latencies latencies_;
};

}  // namespace qsbx::bench

#endif
