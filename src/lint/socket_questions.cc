// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/finding_ids.h"
#include "src/lint/questions.h"

namespace qsbx {

const Questions& socket_questions() {
  static const Questions kQuestions = {
      {finding::kUnusualFamily, "socket: !(family in { AF_UNIX, AF_INET, AF_INET6 })",
       "sockets of families that few programs use: they reach the kernel's configuration and its "
       "least tested protocols",
       "name the families: family in { AF_INET, AF_INET6 }"},
      {finding::kUnusualFamily, "socketpair: family != AF_UNIX",
       "sockets of families that few programs use", "add family == AF_UNIX"},
      // All sockets of AF_NETLINK are raw by name, and carry messages to the kernel.
      {finding::kRawSocket,
       "socket: family != AF_NETLINK && (type & SOCK_TYPE_MASK) in { SOCK_RAW, SOCK_PACKET }",
       "raw sockets: forged packets, and those of others, where the process may have them",
       "name the types: (type & SOCK_TYPE_MASK) in { SOCK_STREAM, SOCK_DGRAM }"},
      // The sizes of sockaddr_in and sockaddr_in6.
      {finding::kAnyAddress, "connect: !(addrlen in { 16, 28 })",
       "an address of any family, so that every service of the host with a Unix socket is reached",
       "add addrlen in { 16, 28 }, the sizes of internet addresses"},
  };
  return kQuestions;
}

}  // namespace qsbx
