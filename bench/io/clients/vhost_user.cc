// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/vhost_user.h"

#include <linux/vhost_types.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "bench/io/clients/checked.h"
#include "bench/io/clients/unix_socket.h"

namespace qsbx::bench {
namespace {

enum Request : uint32_t {
  kGetFeatures = 1,
  kSetFeatures = 2,
  kSetOwner = 3,
  kSetMemTable = 5,
  kSetVringNum = 8,
  kSetVringAddr = 9,
  kSetVringBase = 10,
  kSetVringKick = 12,
  kSetVringCall = 13,
  kGetProtocolFeatures = 15,
  kSetProtocolFeatures = 16,
  kSetVringEnable = 18,
  kGetConfig = 24,
};

constexpr uint32_t kVersion = 1;
constexpr uint32_t kReply = 1 << 2;
constexpr uint64_t kHasProtocolFeatures = uint64_t{1} << 30;
constexpr uint64_t kProtocolConfig = uint64_t{1} << 9;

struct Header {
  uint32_t request, flags, size;
};

struct MemoryTable {
  uint32_t regions, padding;
  uint64_t guest_address, size, user_address, offset;
};

struct Configuration {
  uint32_t offset, size, flags;
};

}  // namespace

VhostUser::VhostUser(const std::string& socket) : socket_(connect_to(socket)) {}

VhostUser::~VhostUser() { close(socket_); }

void VhostUser::negotiate(uint64_t features) {
  const uint64_t wanted = features | kHasProtocolFeatures;
  if ((ask_for_number(kGetFeatures) & wanted) != wanted) {
    throw std::runtime_error("the device lacks a feature");
  }
  if (!(ask_for_number(kGetProtocolFeatures) & kProtocolConfig)) {
    throw std::runtime_error("the device does not show its configuration");
  }
  send_number(kSetProtocolFeatures, kProtocolConfig);
  send(kSetOwner, nullptr, 0);
  send_number(kSetFeatures, wanted);
}

std::vector<std::byte> VhostUser::configuration(uint32_t size) {
  const Configuration asked{.offset = 0, .size = size, .flags = 0};
  std::vector<std::byte> payload(sizeof asked + size);
  std::memcpy(payload.data(), &asked, sizeof asked);
  send(kGetConfig, payload.data(), payload.size());
  receive(kGetConfig, payload.data(), payload.size());
  return {payload.begin() + sizeof asked, payload.end()};
}

void VhostUser::share(const GuestMemory& memory) {
  const auto here = reinterpret_cast<uintptr_t>(memory.all().data());
  const MemoryTable table{.regions = 1,
                          .padding = 0,
                          .guest_address = 0,
                          .size = memory.all().size(),
                          .user_address = here,
                          .offset = 0};
  send(kSetMemTable, &table, sizeof table, memory.descriptor());
}

// Rings are told by where they are mapped here, buffers by where the guest has them.
void VhostUser::start_queue(unsigned queue, const SplitRing& ring, int kick, int call) {
  const vhost_vring_state size{queue, ring.size()}, base{queue, 0}, enabled{queue, 1};
  const vhost_vring_addr addresses{.index = queue,
                                   .flags = 0,
                                   .desc_user_addr = here(ring.descriptors()),
                                   .used_user_addr = here(ring.used()),
                                   .avail_user_addr = here(ring.available()),
                                   .log_guest_addr = 0};
  const uint64_t number = queue;
  send(kSetVringNum, &size, sizeof size);
  send(kSetVringAddr, &addresses, sizeof addresses);
  send(kSetVringBase, &base, sizeof base);
  send(kSetVringCall, &number, sizeof number, call);
  send(kSetVringKick, &number, sizeof number, kick);
  send(kSetVringEnable, &enabled, sizeof enabled);
}

void VhostUser::send(uint32_t request, const void* payload, uint32_t size, int descriptor) {
  Header header{.request = request, .flags = kVersion, .size = size};
  iovec parts[] = {{&header, sizeof header}, {const_cast<void*>(payload), size}};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  if (descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const passed = CMSG_FIRSTHDR(&message);
    *passed = {
        .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    std::memcpy(CMSG_DATA(passed), &descriptor, sizeof descriptor);
  }
  const ssize_t sent = checked(sendmsg(socket_, &message, MSG_NOSIGNAL), "vhost-user");
  if (size_t(sent) != sizeof header + size) throw std::runtime_error("vhost-user: sent in part");
}

void VhostUser::send_number(uint32_t request, uint64_t number) {
  send(request, &number, sizeof number);
}

void VhostUser::receive(uint32_t request, void* payload, uint32_t size) {
  Header header;
  receive_all(socket_, &header, sizeof header);
  if (header.request != request || !(header.flags & kReply) || header.size != size) {
    throw std::runtime_error("vhost-user: not the answer that was asked for");
  }
  receive_all(socket_, payload, size);
}

uint64_t VhostUser::ask_for_number(uint32_t request) {
  uint64_t number;
  send(request, nullptr, 0);
  receive(request, &number, sizeof number);
  return number;
}

uint64_t VhostUser::here(const GuestRange& range) const {
  return reinterpret_cast<uintptr_t>(range.bytes.data());
}

}  // namespace qsbx::bench
