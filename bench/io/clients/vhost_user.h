// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The front end of vhost-user, as much as a block device takes: QEMU's docs/interop/vhost-user.rst.
#ifndef QSBX_BENCH_IO_CLIENTS_VHOST_USER_H_
#define QSBX_BENCH_IO_CLIENTS_VHOST_USER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bench/io/clients/guest_memory.h"
#include "bench/io/clients/split_ring.h"

namespace qsbx::bench {

class VhostUser {
 public:
  explicit VhostUser(const std::string& socket);
  ~VhostUser();
  VhostUser(const VhostUser&) = delete;
  VhostUser& operator=(const VhostUser&) = delete;

  // Is readable when the device has gone away.
  int connection() const { return socket_; }

  // Throws where the device does not have all of `features`.
  void negotiate(uint64_t features);
  // The device's configuration space from its start.
  std::vector<std::byte> configuration(uint32_t size);
  void share(const GuestMemory& memory);
  // The device listens to `kick` and signals `call`.
  void start_queue(unsigned queue, const SplitRing& ring, int kick, int call);

 private:
  void send(uint32_t request, const void* payload, uint32_t size, int descriptor = -1);
  void send_number(uint32_t request, uint64_t number);
  void receive(uint32_t request, void* payload, uint32_t size);
  uint64_t ask_for_number(uint32_t request);
  uint64_t here(const GuestRange& range) const;

  int socket_;
};

}  // namespace qsbx::bench

#endif
