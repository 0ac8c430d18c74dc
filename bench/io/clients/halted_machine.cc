// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/halted_machine.h"

#include <sched.h>

#include <stdexcept>

#include "bench/io/clients/block_load.h"
#include "bench/io/clients/latencies.h"

namespace qsbx::bench {
namespace {

// Whether QEMU is gone is a call, and has no place between a request and its answer.
constexpr uint64_t kLooksUntilDoubt = 1 << 14;

}  // namespace

void MachineParameters::add_options(CLI::App& app) {
  app.add_option("--monitor", monitor, "Where QEMU's QMP server listens")->required();
  app.add_option("--memory", memory, "The file that is its memory")->required();
  app.add_option("--pid", process, "QEMU")->required();
  app.add_option("--slot", slot, "Of the device on the first PCI bus")->required();
}

HaltedMachine::HaltedMachine(const MachineParameters& parameters)
    : parameters_(parameters),
      memory_(GuestMemory::of_file(parameters.memory)),
      monitor_(parameters.monitor) {}

// QEMU makes the events of a device's queues when the device is started.
int HaltedMachine::start(VirtioPci& device, const QueueProbe& probe) {
  const std::set<int> before = events_of(parameters_.process);
  device.start();
  std::set<int> events;
  for (const int event : events_of(parameters_.process)) {
    if (!before.contains(event)) events.insert(event);
  }
  return find_event(parameters_.process, events, probe);
}

void PolledAnswers::wait(uint64_t looks) {
  if (looks == 0) since_ = nanoseconds_now();
  sched_yield();
  if ((looks + 1) % kLooksUntilDoubt != 0) return;
  if (machine_.is_gone()) throw std::runtime_error("QEMU has gone away");
  if (nanoseconds_now() - since_ > kSecondsToAnswer * uint64_t{1'000'000'000}) {
    throw std::runtime_error("the device does not answer");
  }
}

}  // namespace qsbx::bench
