// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/unix_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <stdexcept>

#include "bench/io/clients/checked.h"

namespace qsbx::bench {

namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

using Attach = int (*)(int, const sockaddr*, socklen_t);

int attached(int type, Attach attach, const std::string& path) {
  const sockaddr_un address = address_of(path);
  const int descriptor = checked(socket(AF_UNIX, type | SOCK_CLOEXEC, 0), "socket");
  checked(attach(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address),
          path.c_str());
  return descriptor;
}

}  // namespace

int connect_to(const std::string& path) { return attached(SOCK_STREAM, connect, path); }

int connect_datagrams_to(const std::string& path) { return attached(SOCK_DGRAM, connect, path); }

int bind_datagrams_at(const std::string& path) { return attached(SOCK_DGRAM, bind, path); }

void receive_all(int socket, void* place, size_t size) {
  const ssize_t received = checked(recv(socket, place, size, MSG_WAITALL), "recv");
  if (size_t(received) != size) throw std::runtime_error("the other end has closed the connection");
}

void send_all(int socket, const void* data, size_t size) {
  const ssize_t sent = checked(send(socket, data, size, MSG_NOSIGNAL), "send");
  if (size_t(sent) != size) throw std::runtime_error("sent in part");
}

}  // namespace qsbx::bench
