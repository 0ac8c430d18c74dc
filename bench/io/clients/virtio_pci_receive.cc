// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Packets that come to the netdev of a QEMU whose processor is halted, and which its virtio-net
// device writes into the memory of the machine.
#include <CLI/CLI.hpp>
#include <memory>
#include <stdexcept>
#include <vector>

#include "bench/io/clients/command_loop.h"
#include "bench/io/clients/halted_machine.h"
#include "bench/io/clients/packet_load.h"
#include "bench/io/clients/packet_sockets.h"
#include "bench/io/clients/split_ring.h"
#include "bench/io/clients/virtio_net.h"

namespace qsbx::bench {
namespace {

class ReceivePath : public PacketPath {
 public:
  ReceivePath(const MachineParameters& machine, const PacketParameters& packets,
              std::unique_ptr<PacketSender> sender)
      : sender_(std::move(sender)),
        machine_(machine),
        device_(machine_.device()),
        ring_(machine_.memory(), device_.queue_size(kReceiveQueue)),
        nothing_sent_(machine_.memory(), device_.queue_size(kTransmitQueue)),
        answers_(machine_) {
    if (packets.under_way >= ring_.size()) throw std::runtime_error("more packets than buffers");
    for (uint16_t slot = 0; slot < ring_.size(); ++slot) add_buffer(slot, packets.size);
    device_.negotiate(kNetFeatures);
    device_.start_queue(kReceiveQueue, ring_);
    device_.start_queue(kTransmitQueue, nothing_sent_);
    show_buffers();
    device_.start();
  }

  bool send(std::span<const std::byte> packet) override { return sender_->send(packet); }
  void flush() override { sender_->flush(); }

  void receive(const TakePacket& take) override {
    auto used = ring_.take();
    for (uint64_t looks = 0; !used; used = ring_.take()) answers_.wait(looks++);
    for (; used; used = ring_.take()) {
      take_out_of(*used, take);
      ring_.offer(used->head);
    }
    show_buffers();
  }

 private:
  // Header and packet in one. What does not fit the device drops.
  void add_buffer(uint16_t slot, unsigned size) {
    buffers_.push_back(machine_.memory().take(kNetHeaderSize + size));
    ring_.describe(slot, buffers_[slot], VRING_DESC_F_WRITE);
    ring_.offer(slot);
  }

  // The device asks to be told only when it has run out of buffers, which it does not: there are
  // more than packets under way.
  void show_buffers() { ring_.publish(); }

  void take_out_of(const SplitRing::Used& used, const TakePacket& take) {
    if (used.length < kNetHeaderSize || used.length > buffers_[used.head].bytes.size()) {
      throw std::runtime_error("the device says that it wrote " + std::to_string(used.length) +
                               " bytes");
    }
    take(buffers_[used.head].bytes.subspan(kNetHeaderSize, used.length - kNetHeaderSize));
  }

  std::unique_ptr<PacketSender> sender_;
  HaltedMachine machine_;
  VirtioPci device_;
  SplitRing ring_, nothing_sent_;
  PolledAnswers answers_;
  std::vector<GuestRange> buffers_;
};

}  // namespace
}  // namespace qsbx::bench

int main(int argc, char** argv) {
  using namespace qsbx::bench;
  CLI::App app("Packets to the virtio-net device of a QEMU whose processor is halted");
  MachineParameters machine;
  PacketParameters packets;
  IntoQemu into;
  machine.add_options(app);
  packets.add_options(app);
  into.add_options(app);
  CLI11_PARSE(app, argc, argv);
  return serve_commands([&] {
    const auto path = std::make_shared<ReceivePath>(machine, packets, into.sender());
    const auto load = std::make_shared<PacketLoad>(packets, *path);
    return [path, load](uint64_t operations) { return load->run(operations); };
  });
}
