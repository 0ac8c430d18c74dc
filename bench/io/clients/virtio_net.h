// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What both directions of a virtio-net device have in common (virtio 1.2, section 5.1), driven by
// its legacy interface.
#ifndef QSBX_BENCH_IO_CLIENTS_VIRTIO_NET_H_
#define QSBX_BENCH_IO_CLIENTS_VIRTIO_NET_H_

#include <cstddef>
#include <cstdint>

#include "bench/io/clients/split_ring.h"

namespace qsbx::bench {

constexpr uint32_t kNetFeatures = uint32_t{1} << VIRTIO_RING_F_EVENT_IDX;
constexpr unsigned kReceiveQueue = 0, kTransmitQueue = 1;
// Section 5.1.6.1: without merged buffers and all that a packet could be left for.
constexpr size_t kNetHeaderSize = 10;

}  // namespace qsbx::bench

#endif
