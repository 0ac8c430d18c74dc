// SPDX-License-Identifier: LGPL-2.1-or-later
//
// QEMU's netdevs "dgram" and "stream" from the other end, over Unix sockets; and what a tap sends.
#ifndef QSBX_BENCH_IO_CLIENTS_PACKET_SOCKETS_H_
#define QSBX_BENCH_IO_CLIENTS_PACKET_SOCKETS_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/io/clients/packet_load.h"

namespace qsbx::bench {

// Takes packets from QEMU; where none comes for a while, receive() throws.
class PacketReceiver {
 public:
  virtual ~PacketReceiver() = default;
  virtual void receive(const TakePacket& take) = 0;
};

// A socket that is made at `path`: each message is a packet.
std::unique_ptr<PacketReceiver> receive_datagrams(const std::string& path);

// A packet socket or another that has each packet for a message; this takes it over.
std::unique_ptr<PacketReceiver> receive_packets(int socket);

// A connection to `path`, where QEMU listens: each packet comes behind its length.
std::unique_ptr<PacketReceiver> receive_stream(const std::string& path);

// Gives packets to QEMU.
class PacketSender {
 public:
  virtual ~PacketSender() = default;
  // As PacketPath has them.
  virtual bool send(std::span<const std::byte> packet) = 0;
  virtual void flush() = 0;
};

// As messages to the socket that QEMU has at `path`.
std::unique_ptr<PacketSender> send_datagrams(const std::string& path);

// By a packet socket or another that has each packet for a message; this takes it over.
std::unique_ptr<PacketSender> send_packets(int socket);

// By a connection to `path`, where QEMU listens: each packet goes behind its length.
std::unique_ptr<PacketSender> send_stream(const std::string& path);

// The options that say where packets come out.
struct OutOfQemu {
  std::string socket;
  bool stream = false;
  int packets = -1;

  void add_options(CLI::App& app);
  std::unique_ptr<PacketReceiver> receiver() const;
};

// The options that say where packets go in.
struct IntoQemu {
  std::string socket;
  bool stream = false;
  int packets = -1;

  void add_options(CLI::App& app);
  std::unique_ptr<PacketSender> sender() const;
};

}  // namespace qsbx::bench

#endif
