// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_BENCH_IO_CLIENTS_UNIX_SOCKET_H_
#define QSBX_BENCH_IO_CLIENTS_UNIX_SOCKET_H_

#include <cstddef>
#include <string>

namespace qsbx::bench {

// All of these throw.

// A stream socket that is connected to `path`.
int connect_to(const std::string& path);
// Datagram sockets, to and at `path`.
int connect_datagrams_to(const std::string& path);
int bind_datagrams_at(const std::string& path);

void receive_all(int socket, void* place, size_t size);
void send_all(int socket, const void* data, size_t size);

}  // namespace qsbx::bench

#endif
