// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A QEMU whose processor is halted, so that somebody else can drive a virtio device of it: its
// memory is shared, its ports are worked by the monitor, and a queue's event is signalled as KVM
// does when a guest rings the doorbell.
#ifndef QSBX_BENCH_IO_CLIENTS_HALTED_MACHINE_H_
#define QSBX_BENCH_IO_CLIENTS_HALTED_MACHINE_H_

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <string>

#include "bench/io/clients/guest_memory.h"
#include "bench/io/clients/monitor.h"
#include "bench/io/clients/queue_events.h"
#include "bench/io/clients/virtio_pci.h"

namespace qsbx::bench {

struct MachineParameters {
  std::string monitor, memory;
  pid_t process = 0;
  unsigned slot = 0;

  void add_options(CLI::App& app);
};

class HaltedMachine {
 public:
  explicit HaltedMachine(const MachineParameters& parameters);

  GuestMemory& memory() { return memory_; }
  bool is_gone() const { return monitor_.closed(); }

  VirtioPci device() { return VirtioPci(monitor_, parameters_.slot); }

  // The event of the queue that `probe` asks.
  int start(VirtioPci& device, const QueueProbe& probe);

 private:
  const MachineParameters parameters_;
  GuestMemory memory_;
  Monitor monitor_;
};

// What the device would signal is an interrupt, which nobody here hears. Its ring is looked at as
// often as QEMU, on the same processor, has nothing to do.
class PolledAnswers {
 public:
  explicit PolledAnswers(const HaltedMachine& machine) : machine_(machine) {}

  // Until the next look, the first after `looks` in vain. Throws when there will be no answer.
  void wait(uint64_t looks);

 private:
  const HaltedMachine& machine_;
  uint64_t since_ = 0;
};

}  // namespace qsbx::bench

#endif
