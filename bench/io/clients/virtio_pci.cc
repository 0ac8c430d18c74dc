// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/virtio_pci.h"

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include <stdexcept>

namespace qsbx::bench {
namespace {

// PCI configuration mechanism #1.
constexpr uint16_t kAddressPort = 0xcf8;
constexpr uint16_t kDataPort = 0xcfc;
constexpr uint32_t kEnable = uint32_t{1} << 31;
// Where nothing else of the machine is.
constexpr uint16_t kPorts = 0xc000;

constexpr uint32_t kVirtioVendor = 0x1af4;

// The rings have to lie as this interface wants them, since it takes one address for all three.
uint32_t page_of(const SplitRing& ring) {
  const uint64_t start = ring.descriptors().address;
  const uint64_t available = start + ring.size() * sizeof(vring_desc);
  const uint64_t used = (available + ring.available().bytes.size() + VIRTIO_PCI_VRING_ALIGN - 1) &
                        ~uint64_t{VIRTIO_PCI_VRING_ALIGN - 1};
  if (ring.available().address != available || ring.used().address != used) {
    throw std::runtime_error("a ring does not lie as the legacy interface has it");
  }
  return start >> VIRTIO_PCI_QUEUE_ADDR_SHIFT;
}

}  // namespace

VirtioPci::VirtioPci(Monitor& monitor, unsigned slot) : monitor_(monitor) {
  set_up_ports(slot);
  write(VIRTIO_PCI_STATUS, 1, 0);
  write(VIRTIO_PCI_STATUS, 1, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
}

void VirtioPci::negotiate(uint32_t features) {
  if ((read(VIRTIO_PCI_HOST_FEATURES, 4) & features) != features) {
    throw std::runtime_error("the device lacks a feature");
  }
  write(VIRTIO_PCI_GUEST_FEATURES, 4, features);
}

uint16_t VirtioPci::queue_size(unsigned queue) {
  write(VIRTIO_PCI_QUEUE_SEL, 2, queue);
  return static_cast<uint16_t>(read(VIRTIO_PCI_QUEUE_NUM, 2));
}

void VirtioPci::start_queue(unsigned queue, const SplitRing& ring) {
  const uint16_t size = queue_size(queue);
  if (size != ring.size()) {
    throw std::runtime_error("the device has queues of " + std::to_string(size));
  }
  write(VIRTIO_PCI_QUEUE_PFN, 4, page_of(ring));
}

void VirtioPci::start() {
  write(VIRTIO_PCI_STATUS, 1,
        VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
}

uint32_t VirtioPci::configuration(uint16_t offset) {
  return read(VIRTIO_PCI_CONFIG_OFF(/*msix_enabled=*/0) + offset, 4);
}

uint32_t VirtioPci::read(uint16_t place, int size) {
  return monitor_.read_port(kPorts + place, size);
}

void VirtioPci::write(uint16_t place, int size, uint32_t value) {
  monitor_.write_port(kPorts + place, size, value);
}

void VirtioPci::select_configuration(unsigned slot, unsigned offset) {
  monitor_.write_port(kAddressPort, 4, kEnable | slot << 11 | offset);
}

void VirtioPci::set_up_ports(unsigned slot) {
  select_configuration(slot, PCI_VENDOR_ID);
  if ((monitor_.read_port(kDataPort, 4) & 0xffff) != kVirtioVendor) {
    throw std::runtime_error("no virtio device in slot " + std::to_string(slot));
  }
  select_configuration(slot, PCI_BASE_ADDRESS_0);
  monitor_.write_port(kDataPort, 4, kPorts);
  select_configuration(slot, PCI_COMMAND);
  monitor_.write_port(kDataPort, 4, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

}  // namespace qsbx::bench
