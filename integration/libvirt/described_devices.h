// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What each element below <devices> adds to a machine; see described_machine.h.
#ifndef QSBX_INTEGRATION_LIBVIRT_DESCRIBED_DEVICES_H_
#define QSBX_INTEGRATION_LIBVIRT_DESCRIBED_DEVICES_H_

#include "integration/libvirt/described_machine.h"
#include "integration/libvirt/element.h"

namespace qsbx {

// All of them, and what libvirt adds by itself.
Status read_described_devices(const Element& devices, DescribedMachine& machine);

Status read_described_disk(const Element& disk, DescribedMachine& machine);
Status read_described_interface(const Element& interface, DescribedMachine& machine);
Status read_described_controller(const Element& controller, DescribedMachine& machine);

// <serial>, <parallel>, <console> and <channel>.
Status read_described_port(const Element& port, DescribedMachine& machine);
// What is behind a character device: its attribute `type`, with what that needs.
Status read_described_chardev(const Element& device, const std::string& type,
                              DescribedMachine& machine);

// <memory> of <devices>, and of a cell of <numa>: which object backs it.
std::string memory_backend_of(const Element& memory, const DescribedMachine& machine);

}  // namespace qsbx

#endif
