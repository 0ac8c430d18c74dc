// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Requests to the virtio-blk device of a QEMU whose processor is halted: its memory is shared, its
// ports are worked by the monitor, and its queue's event is signalled as KVM does when a guest
// rings the doorbell.
#include <linux/virtio_blk.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "bench/io/clients/block_load.h"
#include "bench/io/clients/command_loop.h"
#include "bench/io/clients/halted_machine.h"
#include "bench/io/clients/queue_events.h"
#include "bench/io/clients/stamps.h"
#include "bench/io/clients/virtio_block.h"
#include "bench/io/clients/virtio_pci.h"

namespace qsbx::bench {
namespace {

constexpr uint32_t kFeatures = uint32_t{1} << VIRTIO_RING_F_EVENT_IDX;

class PolledDoorbell : public Doorbell {
 public:
  PolledDoorbell(const HaltedMachine& machine, int event) : answers_(machine), event_(event) {}

  void ring(unsigned) override { signal_event(event_); }
  bool hears() const override { return false; }
  void wait(uint64_t waits) override { answers_.wait(waits); }

 private:
  PolledAnswers answers_;
  const int event_;
};

class VirtioPciBlock {
 public:
  VirtioPciBlock(const MachineParameters& machine, const BlockParameters& parameters)
      : machine_(machine),
        device_(machine_.device()),
        block_(machine_.memory(), parameters, 1, device_.queue_size(0)) {
    device_.negotiate(kFeatures);
    device_.start_queue(0, block_.ring(0));
    doorbell_.emplace(machine_, machine_.start(device_, probe()));
    block_.connect(*doorbell_, capacity());
    load_.emplace(parameters, block_);
  }

  Run run(uint64_t operations) { return load_->run(operations); }

 private:
  uint64_t capacity() {
    // The first word of struct virtio_blk_config.
    const uint64_t sectors = device_.configuration(0) | uint64_t{device_.configuration(4)} << 32;
    return sectors * kSectorSize;
  }

  QueueProbe probe() {
    return {.ask =
                [this] {
                  probed_.clear();
                  block_.submit(0, /*write=*/false, 0);
                  block_.publish();
                },
            .answered =
                [this] {
                  block_.take_used(probed_);
                  return !probed_.empty();
                }};
  }

  HaltedMachine machine_;
  VirtioPci device_;
  VirtioBlock block_;
  std::optional<PolledDoorbell> doorbell_;
  std::vector<unsigned> probed_;
  std::optional<BlockLoad> load_;
};

}  // namespace
}  // namespace qsbx::bench

int main(int argc, char** argv) {
  using namespace qsbx::bench;
  CLI::App app("Requests to the virtio-blk device of a QEMU whose processor is halted");
  MachineParameters machine;
  BlockParameters parameters;
  machine.add_options(app);
  parameters.add_options(app);
  CLI11_PARSE(app, argc, argv);
  return serve_commands([&] {
    const auto client = std::make_shared<VirtioPciBlock>(machine, parameters);
    return [client](uint64_t operations) { return client->run(operations); };
  });
}
