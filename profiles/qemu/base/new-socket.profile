# A socket that a command asks for, listening or connected: Unix or internet streams. A filter sees the family, not the
# address: whoever takes QEMU over can reach every server that its user can, and offer services on every port above 1023.
profile new-socket
include base/spoken-socket
include base/lookup

[main, vcpu, iothread, monitor, rcu, migration, other]
# util/qemu-sockets.c: unix_listen_saddr, inet_listen_saddr, unix_connect_saddr, inet_connect_addr
socket: family in { AF_UNIX, AF_INET, AF_INET6 } && (type & SOCK_TYPE_MASK) == SOCK_STREAM && protocol in { 0, IPPROTO_TCP }
# The sizes of sockaddr_un, sockaddr_in and sockaddr_in6.
# lint QSBX-383: the server that a command names may have a Unix socket (unix_connect_saddr)
{ bind, connect }: addrlen in { 16, 28, 110 }
listen: 1                                     # a server: unix_listen_saddr, inet_listen_saddr
# An address that was in use a moment ago; IPv6 beside IPv4.
setsockopt: (level == SOL_SOCKET && optname == SO_REUSEADDR) || (level == IPPROTO_IPV6 && optname == IPV6_V6ONLY)
