// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/packet_load.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>

#include <cstring>
#include <stdexcept>
#include <string>

namespace qsbx::bench {
namespace {

// A broadcast, so that whoever could know where it belongs passes it on; of a type that nobody
// answers (IEEE 802, local experiments).
constexpr ethhdr kEthernet{.h_dest = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                           .h_source = {0x52, 0x54, 0x00, 0x00, 0x00, 0x01},
                           .h_proto = __builtin_bswap16(0x88b5)};
constexpr size_t kNumber = sizeof kEthernet;
constexpr size_t kPayload = kNumber + sizeof(uint64_t);

}  // namespace

void PacketParameters::add_options(CLI::App& app) {
  app.add_option("--size", size, "Of each frame")->check(CLI::Range(64, 65535));
  app.add_option("--under-way", under_way, "Packets at once")->check(CLI::Range(1, 1024));
}

std::vector<std::byte> make_packet(unsigned size) {
  std::vector<std::byte> packet(size);
  std::memcpy(packet.data(), &kEthernet, sizeof kEthernet);
  for (size_t i = kPayload; i < size; ++i) packet[i] = static_cast<std::byte>(i * 7);
  return packet;
}

PacketLoad::PacketLoad(const PacketParameters& parameters, PacketPath& path)
    : parameters_(parameters),
      path_(path),
      packet_(make_packet(parameters.size)),
      started_(parameters.under_way) {}

Run PacketLoad::run(uint64_t operations) {
  latencies_ = {};
  const uint64_t until = received_ + operations;
  const uint64_t start = nanoseconds_now();
  while (received_ < until) {
    send_as_many_as_may_be(until);
    path_.receive([this](std::span<const std::byte> packet) { take(packet); });
  }
  return {.seconds = (nanoseconds_now() - start) / 1e9, .latencies = latencies_};
}

void PacketLoad::send_as_many_as_may_be(uint64_t until) {
  while (sent_ < until && sent_ - received_ < parameters_.under_way) {
    std::memcpy(packet_.data() + kNumber, &sent_, sizeof sent_);
    started_[sent_ % started_.size()] = nanoseconds_now();
    if (!path_.send(packet_)) break;
    ++sent_;
  }
  path_.flush();
}

void PacketLoad::take(std::span<const std::byte> packet) {
  // What was sent last stands for all: only the number is another.
  std::memcpy(packet_.data() + kNumber, &received_, sizeof received_);
  if (packet.size() != packet_.size() ||
      std::memcmp(packet.data(), packet_.data(), packet.size()) != 0) {
    throw std::runtime_error("packet " + std::to_string(received_) + " is not what was sent");
  }
  latencies_.add(nanoseconds_now() - started_[received_ % started_.size()]);
  ++received_;
}

}  // namespace qsbx::bench
