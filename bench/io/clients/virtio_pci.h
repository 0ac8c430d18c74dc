// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The legacy interface of a virtio device on PCI (virtio 1.2, section 4.1.4.8), which is all ports:
// a monitor can work it. The processor of the machine has nothing to do, and may be halted.
#ifndef QSBX_BENCH_IO_CLIENTS_VIRTIO_PCI_H_
#define QSBX_BENCH_IO_CLIENTS_VIRTIO_PCI_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bench/io/clients/monitor.h"
#include "bench/io/clients/split_ring.h"

namespace qsbx::bench {

class VirtioPci {
 public:
  // The device in `slot` of the first bus of a machine "pc", which no firmware has set up.
  VirtioPci(Monitor& monitor, unsigned slot);

  // Throws where the device does not have all of `features`.
  void negotiate(uint32_t features);
  // How large its ring has to be: this interface leaves no choice.
  uint16_t queue_size(unsigned queue);
  void start_queue(unsigned queue, const SplitRing& ring);
  // The device begins to listen.
  void start();

  uint32_t configuration(uint16_t offset);

 private:
  uint32_t read(uint16_t place, int size);
  void write(uint16_t place, int size, uint32_t value);
  void select_configuration(unsigned slot, unsigned offset);
  void set_up_ports(unsigned slot);

  Monitor& monitor_;
};

}  // namespace qsbx::bench

#endif
