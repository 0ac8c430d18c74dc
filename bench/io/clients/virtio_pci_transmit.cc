// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Packets that the virtio-net device of a QEMU whose processor is halted sends to its netdev, and
// whoever is there receives.
#include <CLI/CLI.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/io/clients/command_loop.h"
#include "bench/io/clients/halted_machine.h"
#include "bench/io/clients/packet_load.h"
#include "bench/io/clients/packet_sockets.h"
#include "bench/io/clients/split_ring.h"
#include "bench/io/clients/virtio_net.h"

namespace qsbx::bench {
namespace {

// Header and packet.
constexpr uint16_t kDescriptors = 2;

class TransmitPath : public PacketPath {
 public:
  TransmitPath(const MachineParameters& machine, const PacketParameters& packets,
               std::unique_ptr<PacketReceiver> receiver)
      : receiver_(std::move(receiver)),
        machine_(machine),
        device_(machine_.device()),
        nothing_received_(machine_.memory(), device_.queue_size(kReceiveQueue)),
        ring_(machine_.memory(), device_.queue_size(kTransmitQueue)),
        header_(machine_.memory().take(kNetHeaderSize)) {
    for (unsigned slot = 0; slot < ring_.size() / kDescriptors; ++slot)
      add_slot(slot, packets.size);
    device_.negotiate(kNetFeatures);
    device_.start_queue(kReceiveQueue, nothing_received_);
    device_.start_queue(kTransmitQueue, ring_);
    event_ = machine_.start(device_, probe());
  }

  bool send(std::span<const std::byte> packet) override {
    take_used();
    if (free_.empty()) return false;
    const unsigned slot = free_.back();
    free_.pop_back();
    std::memcpy(packets_[slot].bytes.data(), packet.data(), packet.size());
    ring_.offer(slot * kDescriptors);
    return true;
  }

  void flush() override {
    if (ring_.publish()) signal_event(event_);
  }

  void receive(const TakePacket& take) override { receiver_->receive(take); }

 private:
  // Without offloads a header of zeros does for all.
  void add_slot(unsigned slot, unsigned size) {
    packets_.push_back(machine_.memory().take(size));
    const uint16_t head = slot * kDescriptors, packet = head + 1;
    ring_.describe(head, header_, VRING_DESC_F_NEXT, packet);
    ring_.describe(packet, packets_[slot], 0);
    free_.push_back(slot);
  }

  void take_used() {
    while (const auto used = ring_.take()) free_.push_back(used->head / kDescriptors);
  }

  // With a packet, which the other end gets, too.
  QueueProbe probe() {
    return {.ask =
                [this] {
                  send(make_packet(packets_[0].bytes.size()));
                  ring_.publish();
                },
            .answered =
                [this] {
                  take_used();
                  if (free_.size() < packets_.size()) return false;
                  receiver_->receive([](std::span<const std::byte>) {});
                  return true;
                }};
  }

  std::unique_ptr<PacketReceiver> receiver_;
  HaltedMachine machine_;
  VirtioPci device_;
  SplitRing nothing_received_, ring_;
  const GuestRange header_;
  std::vector<GuestRange> packets_;
  std::vector<unsigned> free_;
  int event_ = -1;
};

}  // namespace
}  // namespace qsbx::bench

int main(int argc, char** argv) {
  using namespace qsbx::bench;
  CLI::App app("Packets from the virtio-net device of a QEMU whose processor is halted");
  MachineParameters machine;
  PacketParameters packets;
  OutOfQemu out_of;
  machine.add_options(app);
  packets.add_options(app);
  out_of.add_options(app);
  CLI11_PARSE(app, argc, argv);
  return serve_commands([&] {
    const auto path = std::make_shared<TransmitPath>(machine, packets, out_of.receiver());
    const auto load = std::make_shared<PacketLoad>(packets, *path);
    return [path, load](uint64_t operations) { return load->run(operations); };
  });
}
