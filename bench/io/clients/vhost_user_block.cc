// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Requests to a vhost-user-blk device, as a guest's driver makes them, without a guest.
#include <linux/virtio_config.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "bench/io/clients/block_load.h"
#include "bench/io/clients/checked.h"
#include "bench/io/clients/command_loop.h"
#include "bench/io/clients/guest_memory.h"
#include "bench/io/clients/queue_events.h"
#include "bench/io/clients/stamps.h"
#include "bench/io/clients/vhost_user.h"
#include "bench/io/clients/virtio_block.h"

namespace qsbx::bench {
namespace {

constexpr uint64_t kFeatures = uint64_t{1} << VIRTIO_F_VERSION_1 | uint64_t{1}
                                                                       << VIRTIO_RING_F_EVENT_IDX;
// What QEMU's own device has if nothing else is said.
constexpr uint16_t kRingSize = 256;
constexpr size_t kMemory = size_t{16} << 20;

// One to kick each queue, and one that all of them signal.
class EventDoorbell : public Doorbell {
 public:
  explicit EventDoorbell(unsigned queues) : call_(checked(eventfd(0, EFD_CLOEXEC), "eventfd")) {
    while (kicks_.size() < queues) kicks_.push_back(checked(eventfd(0, EFD_CLOEXEC), "eventfd"));
  }

  int kick(unsigned queue) const { return kicks_[queue]; }
  int call() const { return call_; }

  void ring(unsigned queue) override { signal_event(kicks_[queue]); }
  bool hears() const override { return true; }

  // The device that goes away never signals.
  void watch(int connection) { connection_ = connection; }

  void wait(uint64_t) override {
    pollfd events[] = {{call_, POLLIN, 0}, {connection_, POLLIN, 0}};
    if (checked(poll(events, 2, kSecondsToAnswer * 1000), "poll") == 0) {
      throw std::runtime_error("the device does not answer");
    }
    if (!(events[0].revents & POLLIN)) throw std::runtime_error("the device has gone away");
    uint64_t signals;
    checked(read(call_, &signals, sizeof signals), "call");
  }

 private:
  int call_;
  std::vector<int> kicks_;
  int connection_ = -1;
};

class VhostUserBlock {
 public:
  VhostUserBlock(const std::string& socket, const BlockParameters& parameters, unsigned queues)
      : memory_(GuestMemory::make(kMemory)),
        doorbell_(queues),
        block_(memory_, parameters, queues, kRingSize),
        device_(socket) {
    device_.negotiate(kFeatures);
    block_.connect(doorbell_, capacity());
    doorbell_.watch(device_.connection());
    device_.share(memory_);
    for (unsigned queue = 0; queue < queues; ++queue) {
      device_.start_queue(queue, block_.ring(queue), doorbell_.kick(queue), doorbell_.call());
    }
    load_.emplace(parameters, block_);
  }

  Run run(uint64_t operations) { return load_->run(operations); }

 private:
  uint64_t capacity() {
    // The first word of struct virtio_blk_config.
    uint64_t sectors;
    std::memcpy(&sectors, device_.configuration(sizeof sectors).data(), sizeof sectors);
    return sectors * kSectorSize;
  }

  GuestMemory memory_;
  EventDoorbell doorbell_;
  VirtioBlock block_;
  VhostUser device_;
  std::optional<BlockLoad> load_;
};

}  // namespace
}  // namespace qsbx::bench

int main(int argc, char** argv) {
  using namespace qsbx::bench;
  CLI::App app("Requests to a vhost-user-blk device");
  std::string socket;
  unsigned queues = 1;
  BlockParameters parameters;
  app.add_option("--socket", socket, "Where the device listens")->required();
  app.add_option("--queues", queues, "Over which the requests are spread")
      ->check(CLI::Range(1, 16));
  parameters.add_options(app);
  CLI11_PARSE(app, argc, argv);
  return serve_commands([&] {
    const auto client = std::make_shared<VhostUserBlock>(socket, parameters, queues);
    return [client](uint64_t operations) { return client->run(operations); };
  });
}
