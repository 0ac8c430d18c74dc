// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/nbd.h"

#include <endian.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "bench/io/clients/checked.h"
#include "bench/io/clients/stamps.h"
#include "bench/io/clients/unix_socket.h"

namespace qsbx::bench {
namespace {

constexpr uint64_t kServerMagic = 0x4e42444d41474943;
constexpr uint64_t kOptionMagic = 0x49484156454f5054;
constexpr uint64_t kOptionReplyMagic = 0x3e889045565a9;
constexpr uint32_t kRequestMagic = 0x25609513;
constexpr uint32_t kReplyMagic = 0x67446698;

constexpr uint16_t kServerIsFixedNewstyle = 1;
constexpr uint32_t kClientIsFixedNewstyle = 1;
constexpr uint32_t kOptionGo = 7;
constexpr uint32_t kReplyAck = 1;
constexpr uint32_t kReplyInfo = 3;
constexpr uint16_t kInfoExport = 0;
constexpr uint16_t kRead = 0, kWrite = 1;

constexpr size_t kIncoming = 256 << 10;

struct [[gnu::packed]] Greeting {
  uint64_t server_magic, option_magic;
  uint16_t flags;
};

struct [[gnu::packed]] OptionHeader {
  uint64_t magic;
  uint32_t option, size;
};

struct [[gnu::packed]] OptionReply {
  uint64_t magic;
  uint32_t option, type, size;
};

struct [[gnu::packed]] ExportInfo {
  uint16_t type;
  uint64_t size;
  uint16_t flags;
};

struct [[gnu::packed]] Request {
  uint32_t magic;
  uint16_t flags, type;
  uint64_t cookie, offset;
  uint32_t size;
};

struct [[gnu::packed]] Reply {
  uint32_t magic, error;
  uint64_t cookie;
};

template <typename Thing>
void append(std::vector<std::byte>& bytes, const Thing& thing) {
  const auto* const start = reinterpret_cast<const std::byte*>(&thing);
  bytes.insert(bytes.end(), start, start + sizeof thing);
}

}  // namespace

Nbd::Nbd(const std::string& socket, const std::string& name, const BlockParameters& parameters)
    : socket_(connect_to(socket)), incoming_(kIncoming) {
  slots_.resize(parameters.depth, {std::vector<std::byte>(parameters.block_size), false});
  const timeval limit{.tv_sec = kSecondsToAnswer, .tv_usec = 0};
  checked(setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), "setsockopt");
  greet();
  choose_export(name);
}

Nbd::~Nbd() { close(socket_); }

void Nbd::greet() {
  Greeting greeting;
  take(&greeting, sizeof greeting);
  if (be64toh(greeting.server_magic) != kServerMagic ||
      be64toh(greeting.option_magic) != kOptionMagic ||
      !(be16toh(greeting.flags) & kServerIsFixedNewstyle)) {
    throw std::runtime_error("NBD: no server of the fixed newstyle");
  }
  append(outgoing_, htobe32(kClientIsFixedNewstyle));
}

void Nbd::choose_export(const std::string& name) {
  const uint16_t no_information = 0;
  const auto name_size = static_cast<uint32_t>(name.size());
  append(outgoing_,
         OptionHeader{.magic = htobe64(kOptionMagic),
                      .option = htobe32(kOptionGo),
                      .size = htobe32(sizeof name_size + name_size + sizeof no_information)});
  append(outgoing_, htobe32(name_size));
  for (const char letter : name) append(outgoing_, letter);
  append(outgoing_, no_information);
  notify();
  while (take_option_reply()) continue;
  if (capacity_ == 0) throw std::runtime_error("NBD: the server does not say how large it is");
}

bool Nbd::take_option_reply() {
  OptionReply reply;
  take(&reply, sizeof reply);
  const uint32_t type = be32toh(reply.type);
  if (be64toh(reply.magic) != kOptionReplyMagic || (type != kReplyAck && type != kReplyInfo)) {
    throw std::runtime_error("NBD: the server refuses the export");
  }
  std::vector<std::byte> payload(be32toh(reply.size));
  take(payload.data(), payload.size());
  ExportInfo info;
  if (payload.size() == sizeof info) {
    std::memcpy(&info, payload.data(), sizeof info);
    if (be16toh(info.type) == kInfoExport) capacity_ = be64toh(info.size);
  }
  return type != kReplyAck;
}

void Nbd::submit(unsigned slot, bool write, uint64_t sector) {
  Slot& one = slots_[slot];
  one.reading = !write;
  append(outgoing_, Request{.magic = htobe32(kRequestMagic),
                            .flags = 0,
                            .type = htobe16(write ? kWrite : kRead),
                            .cookie = slot,
                            .offset = htobe64(sector * kSectorSize),
                            .size = htobe32(one.data.size())});
  if (write) outgoing_.insert(outgoing_.end(), one.data.begin(), one.data.end());
}

void Nbd::notify() {
  if (outgoing_.empty()) return;
  send_all(socket_, outgoing_.data(), outgoing_.size());
  outgoing_.clear();
}

// All that have come by then.
void Nbd::complete(std::vector<unsigned>& slots) {
  do {
    slots.push_back(take_reply());
  } while (end_ - begin_ >= sizeof(Reply));
}

unsigned Nbd::take_reply() {
  Reply reply;
  take(&reply, sizeof reply);
  if (be32toh(reply.magic) != kReplyMagic || reply.cookie >= slots_.size()) {
    throw std::runtime_error("NBD: not a reply to a request");
  }
  if (reply.error) {
    throw std::runtime_error("NBD: a request failed with error " +
                             std::to_string(be32toh(reply.error)));
  }
  Slot& slot = slots_[reply.cookie];
  if (slot.reading) take(slot.data.data(), slot.data.size());
  return reply.cookie;
}

void Nbd::take(void* place, size_t size) {
  auto* to = static_cast<std::byte*>(place);
  while (size > 0) {
    if (begin_ == end_) receive();
    const size_t part = std::min(size, end_ - begin_);
    std::memcpy(to, incoming_.data() + begin_, part);
    begin_ += part;
    to += part;
    size -= part;
  }
}

void Nbd::receive() {
  const ssize_t received = checked(recv(socket_, incoming_.data(), incoming_.size(), 0), "NBD");
  if (received == 0) throw std::runtime_error("NBD: the server has closed the connection");
  begin_ = 0;
  end_ = received;
}

}  // namespace qsbx::bench
