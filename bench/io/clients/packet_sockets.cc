// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/packet_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

#include "bench/io/clients/block_load.h"
#include "bench/io/clients/checked.h"
#include "bench/io/clients/unix_socket.h"

namespace qsbx::bench {
namespace {

constexpr size_t kLargest = 65536;
constexpr unsigned kAtOnce = 32;
using Length = uint32_t;

void limit_wait(int socket) {
  const timeval limit{.tv_sec = kSecondsToAnswer, .tv_usec = 0};
  checked(setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), "setsockopt");
}

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() { close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  operator int() const { return descriptor_; }

 private:
  int descriptor_;
};

class DatagramReceiver : public PacketReceiver {
 public:
  explicit DatagramReceiver(int socket) : socket_(socket), memory_(kAtOnce * kLargest) {
    limit_wait(socket_);
    for (unsigned i = 0; i < kAtOnce; ++i) {
      parts_[i] = {memory_.data() + i * kLargest, kLargest};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  void receive(const TakePacket& take) override {
    const int count =
        checked(recvmmsg(socket_, messages_.data(), messages_.size(), MSG_WAITFORONE, nullptr),
                "no packet");
    for (int i = 0; i < count; ++i) {
      take({memory_.data() + i * kLargest, messages_[i].msg_len});
    }
  }

 private:
  Socket socket_;
  std::vector<std::byte> memory_;
  std::array<iovec, kAtOnce> parts_;
  std::array<mmsghdr, kAtOnce> messages_{};
};

class DatagramSender : public PacketSender {
 public:
  explicit DatagramSender(int socket) : socket_(socket) {}

  bool send(std::span<const std::byte> packet) override {
    const ssize_t sent = ::send(socket_, packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return true;
    if (errno == EAGAIN) return false;
    throw std::system_error(errno, std::generic_category(), "packet");
  }

  void flush() override {}

 private:
  Socket socket_;
};

class StreamReceiver : public PacketReceiver {
 public:
  explicit StreamReceiver(const std::string& path)
      : socket_(connect_to(path)), incoming_(4 * kLargest) {
    limit_wait(socket_);
  }

  void receive(const TakePacket& take) override {
    size_t taken = 0;
    while (taken == 0) {
      const ssize_t size =
          checked(recv(socket_, incoming_.data() + end_, incoming_.size() - end_, 0), "no packet");
      if (size == 0) throw std::runtime_error("QEMU has closed the connection");
      end_ += size;
      taken = take_packets(take);
    }
    std::memmove(incoming_.data(), incoming_.data() + taken, end_ - taken);
    end_ -= taken;
  }

 private:
  // How many bytes the packets had that have come as a whole.
  size_t take_packets(const TakePacket& take) {
    size_t begin = 0;
    while (end_ - begin >= sizeof(Length)) {
      Length length;
      std::memcpy(&length, incoming_.data() + begin, sizeof length);
      const size_t size = ntohl(length);
      if (size > kLargest) throw std::runtime_error("a packet that says it is too long");
      if (end_ - begin - sizeof length < size) break;
      take({incoming_.data() + begin + sizeof length, size});
      begin += sizeof length + size;
    }
    return begin;
  }

  Socket socket_;
  std::vector<std::byte> incoming_;
  size_t end_ = 0;
};

class StreamSender : public PacketSender {
 public:
  explicit StreamSender(const std::string& path) : socket_(connect_to(path)) {}

  // As much as a socket holds in any case: so the other end may wait for this one, and this one
  // does not for it.
  bool send(std::span<const std::byte> packet) override {
    if (!outgoing_.empty() && outgoing_.size() + packet.size() > kLargest) return false;
    const Length length = htonl(packet.size());
    const auto* const start = reinterpret_cast<const std::byte*>(&length);
    outgoing_.insert(outgoing_.end(), start, start + sizeof length);
    outgoing_.insert(outgoing_.end(), packet.begin(), packet.end());
    return true;
  }

  void flush() override {
    if (outgoing_.empty()) return;
    send_all(socket_, outgoing_.data(), outgoing_.size());
    outgoing_.clear();
  }

 private:
  Socket socket_;
  std::vector<std::byte> outgoing_;
};

void add_end_options(CLI::App& app, const std::string& name, std::string& socket, int& packets,
                     bool& stream) {
  auto* const end = app.add_option_group("the netdev that QEMU has");
  end->add_option(name, socket, "Its socket: QEMU's, or where QEMU sends to");
  end->add_option("--packets", packets, "The descriptor of a packet socket at its tap");
  end->require_option(1);
  app.add_flag("--stream", stream, "Netdevs that are no taps are of type stream; else dgram");
}

}  // namespace

std::unique_ptr<PacketReceiver> receive_datagrams(const std::string& path) {
  return receive_packets(bind_datagrams_at(path));
}

std::unique_ptr<PacketReceiver> receive_packets(int socket) {
  return std::make_unique<DatagramReceiver>(socket);
}

std::unique_ptr<PacketReceiver> receive_stream(const std::string& path) {
  return std::make_unique<StreamReceiver>(path);
}

std::unique_ptr<PacketSender> send_datagrams(const std::string& path) {
  return send_packets(connect_datagrams_to(path));
}

std::unique_ptr<PacketSender> send_packets(int socket) {
  return std::make_unique<DatagramSender>(socket);
}

std::unique_ptr<PacketSender> send_stream(const std::string& path) {
  return std::make_unique<StreamSender>(path);
}

void OutOfQemu::add_options(CLI::App& app) {
  add_end_options(app, "--out-of", socket, packets, stream);
}

std::unique_ptr<PacketReceiver> OutOfQemu::receiver() const {
  if (packets >= 0) return receive_packets(packets);
  return stream ? receive_stream(socket) : receive_datagrams(socket);
}

void IntoQemu::add_options(CLI::App& app) {
  add_end_options(app, "--into", socket, packets, stream);
}

std::unique_ptr<PacketSender> IntoQemu::sender() const {
  if (packets >= 0) return send_packets(packets);
  return stream ? send_stream(socket) : send_datagrams(socket);
}

}  // namespace qsbx::bench
